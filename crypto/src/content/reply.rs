//! What a reply says of the message it answers. It travels inside the encrypted content, so only
//! readers can check it: without a check anybody could put words into somebody else's mouth.

use alloc::boxed::Box;
use alloc::string::{String, ToString as _};
use core::fmt;

use super::event::{MessageEvent, Reading};
use super::{Attachment, Content, Entity, VerifiedMessage};
use crate::event::EventError;
use crate::wire::{self, ReplyingToPreview};
use crate::{MessageId, ReadError, SequenceId, UserId};

/// The message that a reply answers.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums)] // it is verified, or it is not
pub enum ReplyPreview {
    /// The reply carries the signed original, and it holds.
    Verified(Box<Quote>),
    /// Nothing proves what the reply says. The reply itself is verified all the same.
    Unverified(UnverifiedReply),
}

/// A quoted message, verified.
#[derive(Clone, PartialEq, Eq)]
pub struct Quote {
    pub(super) original: VerifiedMessage,
    pub(super) edit: Option<VerifiedMessage>,
    excerpt: String,
}

/// What a reply says of the message it answers, on the replier's word alone.
///
/// # Security
/// Do not show the claimed text as the claimed sender's. Look the message up by
/// [`message_id`](Self::message_id) among those you verified yourself.
#[derive(Clone, PartialEq, Eq)]
pub struct UnverifiedReply {
    problem: PreviewProblem,
    message_id: Option<MessageId>,
    sequence_id: Option<SequenceId>,
    claimed_sender: Option<UserId>,
    claimed_text: Option<String>,
}

/// Why a quote is not verified.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PreviewProblem {
    /// The reply does not carry the original. Old clients wrote such replies.
    #[error("the reply carries no proof")]
    NoProof,
    /// The quote stands inside a quoted message; only the outermost one is checked.
    #[error("a quote inside a quote is not checked")]
    NotChecked,
    /// The original is not an event that can be read.
    #[error("the original: {0}")]
    Event(EventError),
    /// The original does not verify, or its key is not known.
    #[error("the original: {0}")]
    Read(ReadError),
    /// The original is of another sender, or has another id or number, than the reply says.
    #[error("the original is another message than the reply says")]
    OtherMessage,
    /// The original does not begin with the quoted text.
    #[error("the original has another text than the reply says")]
    OtherText,
    /// The edit is not one of the original.
    #[error("the edit is none of the original")]
    NotItsEdit,
}

impl PreviewProblem {
    /// A stable name for this problem.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoProof => "preview.no_proof",
            Self::NotChecked => "preview.not_checked",
            Self::Event(error) => error.code(),
            Self::Read(error) => error.code(),
            Self::OtherMessage => "preview.other_message",
            Self::OtherText => "preview.other_text",
            Self::NotItsEdit => "preview.not_its_edit",
        }
    }
}

impl From<EventError> for PreviewProblem {
    fn from(error: EventError) -> Self {
        Self::Event(error)
    }
}

impl From<ReadError> for PreviewProblem {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

impl ReplyPreview {
    /// The id of the message that is answered, signed by the replier.
    #[must_use]
    pub fn message_id(&self) -> Option<MessageId> {
        match self {
            Self::Verified(quote) => Some(quote.original.message_id()),
            Self::Unverified(reply) => reply.message_id,
        }
    }

    /// Checks a quote, unless it stands inside another one.
    pub(super) fn check(preview: &ReplyingToPreview<'_>, reading: Option<&Reading<'_>>) -> Self {
        let quote = match reading {
            Some(reading) => Quote::check(preview, reading),
            None => Err(PreviewProblem::NotChecked),
        };
        match quote {
            Ok(quote) => Self::Verified(Box::new(quote)),
            Err(problem) => Self::Unverified(UnverifiedReply {
                problem,
                message_id: parsed(preview.replying_to_message_id),
                sequence_id: parsed(preview.replying_to_message_sequence_id),
                claimed_sender: claimed_sender(preview),
                claimed_text: preview.message_text.map(Into::into),
            }),
        }
    }

    /// The same inside a quoted message: a claim.
    pub(super) fn into_nested(self) -> Self {
        match self {
            Self::Verified(quote) => Self::Unverified(UnverifiedReply {
                problem: PreviewProblem::NotChecked,
                message_id: Some(quote.original.message_id()),
                sequence_id: quote.original.event.envelope.sequence_id,
                claimed_sender: Some(quote.original.sender()),
                claimed_text: Some(quote.excerpt),
            }),
            unverified @ Self::Unverified(_) => unverified,
        }
    }
}

impl Quote {
    /// Quotes a message, or what an edit made of it.
    pub(super) fn of(original: &VerifiedMessage, edit: Option<&VerifiedMessage>) -> Self {
        let excerpt = edit.unwrap_or(original).content().text().0.into();
        Self { original: original.clone().into_nested(), edit: edit.cloned(), excerpt }
    }

    /// The quoted message. A quote of its own is not checked.
    #[must_use]
    pub const fn original(&self) -> &VerifiedMessage {
        &self.original
    }

    /// The edit that the quoted text is from.
    #[must_use]
    pub const fn edit(&self) -> Option<&VerifiedMessage> {
        self.edit.as_ref()
    }

    /// The beginning of its text, or all of it, as the reply quotes it.
    #[must_use]
    pub fn excerpt(&self) -> &str {
        &self.excerpt
    }

    fn check(
        preview: &ReplyingToPreview<'_>,
        reading: &Reading<'_>,
    ) -> Result<Self, PreviewProblem> {
        let raw = preview.raw_event_message_create.as_deref().ok_or(PreviewProblem::NoProof)?;
        let original = read(raw, reading)?;
        let edit =
            preview.raw_event_edit_message.as_deref().map(|raw| read(raw, reading)).transpose()?;
        if edit.as_ref().is_some_and(|edit| !edit.is_edit_of(&original)) {
            return Err(PreviewProblem::NotItsEdit);
        }
        let envelope = &original.event.envelope;
        let contradicts = claimed_sender(preview) != Some(original.sender())
            && preview.sender_id.is_some()
            || differs(preview.replying_to_message_id, original.message_id())
            || envelope.sequence_id.is_some_and(|sequence_id| {
                differs(preview.replying_to_message_sequence_id, sequence_id)
            });
        if contradicts {
            return Err(PreviewProblem::OtherMessage);
        }
        let (text, _) = edit.as_ref().unwrap_or(&original).content().text();
        let excerpt = preview.message_text.unwrap_or_default();
        if !text.starts_with(excerpt) {
            return Err(PreviewProblem::OtherText);
        }
        Ok(Self { excerpt: excerpt.into(), original, edit })
    }

    pub(super) fn to_wire<'a>(
        &'a self,
        original: &'a EventTexts,
        edit: Option<&'a EventTexts>,
    ) -> ReplyingToPreview<'a> {
        let (_, entities) = self.edit.as_ref().unwrap_or(&self.original).content().text();
        ReplyingToPreview {
            entities: Entity::to_wire(entities),
            attachments: Attachment::list_to_wire(self.original.content().media()),
            sender_id: i64::try_from(self.original.sender().as_u64()).ok(),
            message_text: Some(&self.excerpt),
            replying_to_message_sequence_id: original.sequence_id.as_deref(),
            replying_to_message_id: Some(&original.message_id),
            raw_event_message_create: Some(Box::new(original.wire(&self.original.event))),
            raw_event_edit_message: self
                .edit
                .as_ref()
                .zip(edit)
                .map(|(edit, texts)| Box::new(texts.wire(&edit.event))),
        }
    }
}

impl UnverifiedReply {
    /// Why.
    #[must_use]
    pub const fn problem(&self) -> PreviewProblem {
        self.problem
    }

    /// The id of the message that is answered, as the replier says and signs.
    #[must_use]
    pub const fn message_id(&self) -> Option<MessageId> {
        self.message_id
    }

    /// The server's number of it, as the replier says.
    #[must_use]
    pub const fn sequence_id(&self) -> Option<SequenceId> {
        self.sequence_id
    }

    /// Who wrote it, as the replier says.
    #[must_use]
    pub const fn claimed_sender(&self) -> Option<UserId> {
        self.claimed_sender
    }

    /// What it says, as the replier says.
    #[must_use]
    pub fn claimed_text(&self) -> Option<&str> {
        self.claimed_text.as_deref()
    }
}

/// Without the text.
impl fmt::Debug for Quote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Quote")
            .field("original", &self.original)
            .field("edit", &self.edit)
            .finish_non_exhaustive()
    }
}

/// Without the text.
impl fmt::Debug for UnverifiedReply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedReply")
            .field("problem", &self.problem)
            .field("message_id", &self.message_id)
            .finish_non_exhaustive()
    }
}

/// The texts of an event's ids, for as long as it is written.
pub(super) struct EventTexts {
    sequence_id: Option<String>,
    message_id: String,
    sender: String,
    conversation: String,
    created_at: Option<String>,
    key_version: String,
    signature: String,
    sender_key_version: String,
}

impl EventTexts {
    pub(super) fn of(message: &VerifiedMessage) -> Self {
        let MessageEvent { envelope, key_version, .. } = &message.event;
        let context = &envelope.context;
        Self {
            sequence_id: envelope.sequence_id.map(|id| id.to_string()),
            message_id: context.message_id.to_string(),
            sender: context.sender.to_string(),
            conversation: context.conversation.to_string(),
            created_at: envelope.created_at.map(|time| time.to_string()),
            key_version: key_version.to_string(),
            signature: envelope.signature.to_base64_unpadded(),
            sender_key_version: context.sender_key_version.to_string(),
        }
    }

    fn wire<'a>(&'a self, event: &'a MessageEvent) -> wire::MessageEvent<'a> {
        wire::MessageEvent {
            sequence_id: self.sequence_id.as_deref(),
            message_id: Some(&self.message_id),
            sender_id: Some(&self.sender),
            conversation_id: Some(&self.conversation),
            created_at_msec: self.created_at.as_deref(),
            detail: Some(wire::MessageEventDetail::MessageCreate(wire::MessageCreateEvent {
                contents: Some(&event.contents),
                conversation_key_version: Some(&self.key_version),
                should_notify: event.should_notify,
                ttl_msec: event.ttl_msec,
            })),
            message_event_signature: Some(wire::MessageEventSignature {
                signature: Some(&self.signature),
                public_key_version: Some(&self.sender_key_version),
                signature_version: Some(&event.envelope.signature_version),
            }),
            previous_sequence_id: None,
        }
    }
}

/// Opens and verifies an event inside a quote.
fn read(
    event: &wire::MessageEvent<'_>,
    reading: &Reading<'_>,
) -> Result<VerifiedMessage, PreviewProblem> {
    let Some(wire::MessageEventDetail::MessageCreate(message)) = &event.detail else {
        return Err(PreviewProblem::OtherMessage);
    };
    Ok(MessageEvent::from_wire(event, message)?.read(reading, None)?)
}

/// Whether a claim is there and another than the fact.
fn differs(claim: Option<&str>, fact: impl fmt::Display) -> bool {
    claim.is_some_and(|claim| claim != fact.to_string())
}

fn claimed_sender(preview: &ReplyingToPreview<'_>) -> Option<UserId> {
    let number = u64::try_from(preview.sender_id?).ok()?;
    UserId::new(number).ok()
}

fn parsed<T: core::str::FromStr>(text: Option<&str>) -> Option<T> {
    text?.parse().ok()
}

impl Content {
    /// With its own quote as a claim: what a quoted message says.
    pub(super) fn into_nested(self) -> Self {
        match self {
            Self::Text(mut text) => {
                text.reply = text.reply.map(ReplyPreview::into_nested);
                Self::Text(text)
            }
            other => other,
        }
    }
}
