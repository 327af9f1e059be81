#![cfg_attr(feature = "sqlite", doc = include_str!("../README.md"))]
#![cfg_attr(
    not(feature = "sqlite"),
    doc = "The key side of end-to-end encrypted chat. With the feature `sqlite`, which its examples \
           need, the README stands here."
)]
#![forbid(unsafe_code)]

mod identity_export;
mod lock;
#[cfg(doctest)]
mod misuse;
mod recognise;
#[cfg(feature = "qr")]
mod safety_qr;
mod secret_json;
pub mod session;
pub mod store;
pub mod vault;

pub use identity_export::{IdentityExport, IdentityExportError};
pub use lock::{PassphraseCost, PassphraseCostError};
pub use recognise::recognise;
#[cfg(feature = "qr")]
pub use safety_qr::{SafetyQr, SafetyQrError};
pub use session::{
    ConversationState, Incoming, MediaProgress, MediaToSend, NewGroup, ReceiveCursor, Sent,
    Session, SessionBuilder, SessionError, SessionEvent, TrustPolicy,
};
#[cfg(feature = "postgres")]
pub use store::PostgresStore;
#[cfg(feature = "sqlite")]
pub use store::SqliteStore;
pub use store::{MemoryStore, Store};
pub use vault::{StoreKey, Vault};

#[doc(no_inline)]
pub use sealpost_crypto as crypto;
#[doc(inline)]
pub use sealpost_crypto::*;
#[doc(no_inline)]
pub use sealpost_transport as transport;
#[doc(inline)]
pub use sealpost_transport::{
    Accepted, ClaimedText, ClaimedUsers, Client, ClientBuilder, ConversationDetails,
    ConversationInfo, ConversationKind, ConversationsPage, ConversationsQuery, Credentials,
    Deliverable, Delivered, Delivery, DeliveryError, DeliveryPermit, DeliveryPermitError,
    DownloadError, Error, EventRow, EventsPage, EventsQuery, GroupCreated, InvalidArgument,
    MediaDetails, MediaDownload, MediaUpload, MemberDifference, MembersAdded, MessageSent,
    OAuth1Credentials, Operation, PageLimit, PaginationToken, PagingError, Problem, ProblemKind,
    Progress, PublicKeyListing, PublicKeysByUser, RateLimit, Registered, Rejection, ReportedError,
    RequestId, ResponseInfo, RetryPolicy, SecretString, SegmentAppended, SegmentForm, SegmentIndex,
    SegmentSize, StatusCode, TimeoutPhase, TotalBytes, Unconfirmed, UnreadableRow, UploadError,
    UploadOptions, UploadSession, UploadSessionId, UploadedMedia, UserInfo, UserKeys, Verdict,
};
