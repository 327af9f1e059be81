//! Identifiers: each role its own type, parsed once, printed in one canonical form.

mod conversation;
mod decimal;
mod error;
mod media;
mod message;
mod user;

pub use conversation::{Conversation, ConversationError, ConversationId, ConversationPath};
pub use error::{IdError, IdKind, IdProblem};
pub use media::MediaHashKey;
pub use message::MessageId;
pub use user::{SequenceId, UserId};

pub(crate) use decimal::{decimal_id, parse as parse_decimal};
