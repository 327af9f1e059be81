#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod recognise;

pub use recognise::recognise;

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
    Delivered, Delivery, DeliveryError, DownloadError, Error, EventRow, EventsPage, EventsQuery,
    GroupCreated, InvalidArgument, MediaDetails, MediaDownload, MediaUpload, MemberDifference,
    MembersAdded, MessageSent, OAuth1Credentials, Operation, PageLimit, PaginationToken,
    PagingError, Problem, ProblemKind, Progress, PublicKeyListing, PublicKeysByUser, RateLimit,
    Registered, Rejection, ReportedError, RequestId, ResponseInfo, RetryPolicy, SecretString,
    SegmentAppended, SegmentForm, SegmentIndex, SegmentSize, StatusCode, TimeoutPhase, TotalBytes,
    Unconfirmed, UnreadableRow, UploadError, UploadOptions, UploadSession, UploadSessionId,
    UploadedMedia, UserInfo, UserKeys, Verdict,
};
