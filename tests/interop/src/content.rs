//! Contents of messages in the words of the plan.

use sealpost_crypto::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Outcome;

#[derive(Deserialize, Serialize)]
pub(crate) struct Part(EntityName, usize, usize);

#[derive(Clone, Copy, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
enum EntityName {
    Hashtag,
    Cashtag,
    Mention,
    Url,
    Email,
    Address,
    Phone,
}

impl Part {
    pub(crate) fn entity(&self) -> Outcome<Entity> {
        let kind = match self.0 {
            EntityName::Hashtag => EntityKind::Hashtag,
            EntityName::Cashtag => EntityKind::Cashtag,
            EntityName::Mention => EntityKind::Mention,
            EntityName::Url => EntityKind::Url,
            EntityName::Email => EntityKind::Email,
            EntityName::Address => EntityKind::Address,
            EntityName::Phone => EntityKind::Phone,
        };
        Ok(Entity::new(kind, self.1..self.2)?)
    }

    /// `None` for an entity that this program does not know.
    fn of(entity: &Entity) -> Option<Self> {
        let name = match entity.kind() {
            EntityKind::Hashtag => EntityName::Hashtag,
            EntityKind::Cashtag => EntityName::Cashtag,
            EntityKind::Mention => EntityName::Mention,
            EntityKind::Url => EntityName::Url,
            EntityKind::Email => EntityName::Email,
            EntityKind::Address => EntityName::Address,
            EntityKind::Phone => EntityName::Phone,
            _ => return None,
        };
        Some(Self(name, entity.range().start, entity.range().end))
    }

    fn all_of(entities: &[Entity]) -> Vec<Option<Self>> {
        entities.iter().map(Self::of).collect()
    }
}

pub(crate) fn media_kind(number: u8) -> MediaKind {
    match number {
        1 => MediaKind::Image,
        2 => MediaKind::Gif,
        3 => MediaKind::Video,
        4 => MediaKind::Audio,
        5 => MediaKind::File,
        6 => MediaKind::Svg,
        other => MediaKind::Other(other.into()),
    }
}

fn media_number(kind: MediaKind) -> Option<u8> {
    (1..=6).find(|number| media_kind(*number) == kind)
}

/// What a message says, in the plan's words.
pub(crate) fn facts(content: &Content) -> Value {
    match content {
        Content::Text(text) => json!({
            "kind": "text",
            "text": text.as_str(),
            "entities": Part::all_of(text.entities()),
            "media": text.attachments().iter().map(attachment).collect::<Vec<_>>(),
            "reply": text.reply().map(reply),
        }),
        Content::AddReaction(reaction) => json!({
            "kind": "add_reaction",
            "target": reaction.target(),
            "emoji": reaction.emoji().as_str(),
        }),
        Content::RemoveReaction(reaction) => json!({
            "kind": "remove_reaction",
            "target": reaction.target(),
            "emoji": reaction.emoji().as_str(),
        }),
        Content::Edit(edit) => json!({
            "kind": "edit",
            "target": edit.target(),
            "text": edit.text(),
            "entities": Part::all_of(edit.entities()),
        }),
        _ => Value::Null,
    }
}

fn attachment(attachment: &Attachment) -> Option<Value> {
    let media = attachment.media()?;
    Some(json!({
        "hash_key": media.hash_key().as_str(),
        "type": media.kind().and_then(media_number),
        "width": media.dimensions().map(|dimensions| dimensions.width),
        "height": media.dimensions().map(|dimensions| dimensions.height),
        "duration_msec": media.duration().as_ref().map(std::time::Duration::as_millis),
        "size": media.file_size(),
        "name": media.file_name(),
    }))
}

fn reply(reply: &ReplyPreview) -> Value {
    match reply {
        ReplyPreview::Verified(quote) => json!({
            "is": "valid",
            "message_id": quote.original().message_id(),
            "sequence_id": quote.original().sequence_id().map(Unsigned::into_claim),
            "sender_id": quote.original().sender(),
            "text": quote.excerpt(),
        }),
        ReplyPreview::Unverified(claim) => json!({
            "is": claim.problem().code(),
            "message_id": claim.message_id(),
            "sequence_id": claim.sequence_id(),
            "sender_id": claim.claimed_sender(),
            "text": claim.claimed_text(),
        }),
    }
}
