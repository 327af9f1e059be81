//! Messages and metadata under a conversation key: what they say, encrypting and signing them,
//! verifying and decrypting them.

mod attachment;
mod entity;
mod error;
mod event;
mod kind;
mod message;
mod metadata;
mod reaction;
mod reply;
mod sending_key;
mod short_text;
mod signed;
mod text;

pub use attachment::{Attachment, Dimensions, MediaAttachment, MediaKind};
pub use entity::{Entity, EntityKind};
pub use error::{ContentError, ContentField, DecryptError, EncryptError};
pub use event::{MessageEvent, VerifiedMessage};
pub use kind::Content;
pub use message::Message;
pub use metadata::{EncryptedField, FieldError, MetadataField};
pub use reaction::{Edit, Reaction};
pub use reply::{PreviewProblem, Quote, ReplyPreview, UnverifiedReply};
pub use short_text::{AttachmentId, Emoji};
pub use signed::SignedMessage;
pub use text::Text;

#[cfg(test)]
mod reply_tests;
#[cfg(test)]
mod tests;
