//! The same calls for programs without an async runtime, under the same names.
//!
//! ```no_run
//! use sealpost_transport::{Client, Credentials};
//!
//! # fn example(token: String, bob: sealpost_crypto::UserId)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! let client = Client::builder().credentials(Credentials::bearer(token.into())).build_blocking()?;
//! let keys = client.user_public_keys(&bob)?;
//! # Ok(())
//! # }
//! ```
//!
//! Calls run on the calling thread; one thread of this module's own watches the sockets and timers
//! of all of them. They may be made on the thread of an async runtime, and block it. What is not a
//! call of the client, such as a sign-in, is awaited with [`block_on`].

mod client;
mod delivery;
mod media;
mod pages;
mod runtime;

pub use client::Client;
pub use delivery::Delivery;
pub use media::MediaDownload;
pub use pages::Pages;

use crate::builder::BuildError;

/// Waits for a future of this crate, on the runtime the blocking calls use.
///
/// # Errors
/// [`BuildError::Runtime`] when the runtime cannot be started.
pub fn block_on<F: Future>(future: F) -> Result<F::Output, BuildError> {
    Ok(runtime::wait(start()?, future))
}

fn start() -> Result<&'static tokio::runtime::Runtime, BuildError> {
    runtime::runtime().map_err(BuildError::Runtime)
}
