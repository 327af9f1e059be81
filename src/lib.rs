#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod recognise;
pub mod store;

pub use recognise::recognise;

#[doc(no_inline)]
pub use sealpost_crypto as crypto;
#[doc(inline)]
pub use sealpost_crypto::*;
#[doc(no_inline)]
pub use sealpost_transport as transport;
#[doc(inline)]
pub use sealpost_transport::{
    Accepted, Client, ClientBuilder, Credentials, Delivered, Delivery, DeliveryError, Error,
    EventRow, EventsPage, EventsQuery, GroupCreated, InvalidArgument, MembersAdded,
    OAuth1Credentials, PaginationToken, Problem, ProblemKind, Progress, PublicKeyListing,
    RateLimit, Registered, Rejection, ReportedError, RequestId, ResponseInfo, RetryPolicy,
    SecretString, StatusCode, TimeoutPhase, Unconfirmed, UnreadableRow, Verdict,
};
