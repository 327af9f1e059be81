//! Finished requests, in the strict form of X's OpenAPI description 2.167.

mod action;
mod delete;
mod error;
mod message;
mod prepared;
mod registration;
#[cfg(feature = "serde")]
mod saved;
mod text;

pub use action::ActionParts;
pub use delete::{DeleteParts, MAX_DELETIONS, MessageDelete, PreparedDelete};
pub use error::{RequestError, RequestText, RequestTextError, RequestTextProblem};
pub use message::{MessageParts, MessageSend, PreparedMessage};
pub use prepared::{Prepared, RequestKind};
pub use registration::RegistrationRequest;
pub use text::{
    ConversationToken, EncodedMessageCreateEvent, EncodedMessageEventDetail,
    EncodedMessageEventSignature, SignaturePayload,
};

pub(crate) use action::{ActionDetail, ActionJson};
