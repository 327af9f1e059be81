//! X's chat events on the wire: Apache Thrift structs in the binary protocol, without a message
//! header.
//!
//! Reading borrows from the input and is bounded before anything is believed: lengths, element
//! counts, depth and text encoding are checked here, so that no later code has to. It is also
//! strict: a known field of another wire type, a known field given twice and bytes after the
//! struct are refused. Unknown fields are skipped.
//!
//! Public for servers, sandboxes and tools. Clients use
//! [`EncodedEvent`](crate::EncodedEvent) and [`KeyChange`](crate::KeyChange).

mod action;
mod attachment;
mod content;
mod entity;
mod error;
mod event;
mod group;
mod group_parts;
mod key_change;
mod message;
mod notice;
mod ratchet_tree;
mod reader;
mod reply;
mod settings;
mod writer;

pub use action::{
    ConversationDeleteEvent, ConversationDeleteOptions, MarkConversationReadEvent,
    MarkConversationUnreadEvent, MessageDeleteEvent,
};
pub use attachment::{MediaAttachment, MediaDimensions, MessageAttachment};
pub use content::{
    MessageContents, MessageEdit, MessageEntryContents, MessageEntryHolder, MessageReaction,
};
pub use entity::RichTextEntity;
pub use error::WireError;
pub use event::{MessageEvent, MessageEventDetail, MessageEventSignature};
pub use group::{
    GroupChange, GroupChangeEvent, GroupCreate, GroupInviteEnable, GroupMemberAddChange,
};
pub use group_parts::{GroupAvatarUrlChange, GroupTitleChange, IdList, SingleId};
pub(crate) use key_change::EntryWriter;
pub use key_change::{ConversationKeyChangeEvent, ConversationParticipantKey};
pub use message::MessageCreateEvent;
pub use notice::{MemberAccountDeleteEvent, MessageFailureEvent, MessageTypingEvent};
pub use reader::{MAX_DEPTH, MAX_ELEMENTS, MAX_LIST_LENGTH, MAX_STRING_LENGTH};
pub use reply::ReplyingToPreview;
pub use settings::{ConversationMetadataChange, ConversationMetadataChangeEvent};
