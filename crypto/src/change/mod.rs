//! A key change on its way out: draft, sealed, signed, prepared. Each step is a type of its own,
//! so none can be left out, repeated or taken in another order.

mod draft;
mod error;
mod kind;
mod prepared;
mod recover;
#[cfg(feature = "serde")]
mod saved;
mod sealed;
mod signed;

pub use draft::{KeyChange, MAX_RECIPIENTS};
pub use error::SealError;
pub use kind::{ChangeKind, KeysOnly};
pub use prepared::PreparedKeyChange;
pub use recover::RecoverError;
pub use sealed::SealedKeyChange;
pub use signed::{ActionSignature, SignedKeyChange};
