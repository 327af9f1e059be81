//! The text form of an event, and what it turns out to be.

use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use super::{
    Envelope, EventError, EventField, GroupCreateEvent, KeyChangeEvent, MemberAddEvent, Notice,
};
use crate::action::{Action, ActionEvent};
use crate::content::MessageEvent;
use crate::encoding::decode_base64;
use crate::text::serde_as_text;
use crate::wire::{self, GroupChange, GroupChangeEvent, MessageEventDetail};
use crate::{ConversationId, PublicKeyVersion, SequenceId, Unsigned, UserId};

/// One event as `GET /2/chat/conversations/{id}/events`, a webhook or a stream delivers it:
/// base64 of a Thrift `MessageEvent`. Its length is bounded; nothing else is known about it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct EncodedEvent(String);

impl EncodedEvent {
    /// The most characters an encoded event may have: a key change for 10,000 participants of
    /// either suite has less than a quarter of it.
    pub const MAX_LENGTH: usize = 16 * 1024 * 1024;

    /// Takes an event's text.
    ///
    /// # Errors
    /// [`EventError::TooLong`].
    pub fn new(text: impl Into<String>) -> Result<Self, EventError> {
        let text = text.into();
        if text.len() > Self::MAX_LENGTH {
            return Err(EventError::TooLong { limit: Self::MAX_LENGTH });
        }
        Ok(Self(text))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Decodes the event and reads its fields. Nothing is opened or verified yet.
    ///
    /// # Errors
    /// [`EventError`] names the field.
    pub fn parse(&self) -> Result<ChatEvent, EventError> {
        let bytes = decode_base64(&self.0)?;
        let event = wire::MessageEvent::decode(&bytes)?;
        let detail = event.detail.as_ref().ok_or(EventError::Missing(EventField::Detail))?;
        match detail {
            MessageEventDetail::MessageCreate(message) => {
                MessageEvent::from_wire(&event, message).map(ChatEvent::Message)
            }
            MessageEventDetail::ConversationKeyChange(change) => {
                KeyChangeEvent::from_wire(&event, change).map(ChatEvent::KeyChange)
            }
            MessageEventDetail::GroupChange(GroupChangeEvent {
                group_change: Some(GroupChange::Create(create)),
                ..
            }) => GroupCreateEvent::from_wire(&event, create).map(ChatEvent::GroupCreate),
            MessageEventDetail::GroupChange(GroupChangeEvent {
                group_change: Some(GroupChange::MemberAdd(add)),
                ..
            }) => MemberAddEvent::from_wire(&event, add).map(ChatEvent::MemberAdd),
            detail => match Action::from_wire(detail)? {
                Some(action) => ActionEvent::from_wire(&event, action).map(ChatEvent::Action),
                None => Ok(match Notice::from_wire(&event)? {
                    Some(notice) => ChatEvent::Notice(Unsigned::new(notice)),
                    None => ChatEvent::Other,
                }),
            },
        }
    }
}

impl FromStr for EncodedEvent {
    type Err = EventError;

    fn from_str(text: &str) -> Result<Self, EventError> {
        Self::new(text)
    }
}

impl fmt::Display for EncodedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for EncodedEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "EncodedEvent({} characters)", self.0.len())
    }
}

serde_as_text!(EncodedEvent, "an event: base64 text of at most 16 MiB");

/// What an event is about.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ChatEvent {
    /// A message.
    Message(MessageEvent),
    /// A new conversation key.
    KeyChange(KeyChangeEvent),
    /// A new group.
    GroupCreate(GroupCreateEvent),
    /// New members of a group.
    MemberAdd(MemberAddEvent),
    /// Any other action that is signed.
    Action(ActionEvent),
    /// Something that the server says and nobody signs.
    Notice(Unsigned<Notice>),
    /// Something that this version does not know.
    Other,
}

/// What a signed event claims, whatever kind it is of; `None` for one that nobody signs.
impl ChatEvent {
    const fn envelope(&self) -> Option<&Envelope> {
        match self {
            Self::Message(event) => Some(event.envelope()),
            Self::KeyChange(event) => Some(event.envelope()),
            Self::GroupCreate(event) => Some(event.envelope()),
            Self::MemberAdd(event) => Some(event.envelope()),
            Self::Action(event) => Some(event.envelope()),
            Self::Notice(_) | Self::Other => None,
        }
    }

    /// The conversation it claims to be of.
    #[must_use]
    pub fn conversation_id(&self) -> Option<ConversationId> {
        self.envelope().map(|envelope| envelope.context.conversation)
    }

    /// The server's number of the event. Nobody signed it.
    #[must_use]
    pub fn sequence_id(&self) -> Option<SequenceId> {
        self.envelope()?.sequence_id
    }

    /// Who claims to have signed it, with which version of their keys.
    #[must_use]
    pub fn signer(&self) -> Option<(UserId, PublicKeyVersion)> {
        let context = &self.envelope()?.context;
        Some((context.sender, context.sender_key_version))
    }
}
