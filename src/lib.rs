#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[doc(no_inline)]
pub use sealpost_crypto as crypto;
#[doc(inline)]
pub use sealpost_crypto::*;
#[doc(no_inline)]
pub use sealpost_transport as transport;
#[doc(inline)]
pub use sealpost_transport::{
    Accepted, Client, ClientBuilder, Credentials, EventsPage, EventsQuery, OAuth1Credentials,
    Registered, SecretString,
};
