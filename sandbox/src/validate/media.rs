//! The bodies of `POST /2/chat/media/upload/...`.

use bytes::Bytes;
use sealpost_crypto::{ConversationId, UserId};

use super::fields::{Field, Object, Text};
use crate::contract::Contract;
use crate::json::Json;
use crate::media::MAX_BYTES;
use crate::problem::Problem;

pub(crate) const CONVERSATION: &str = "conversation_id";
pub(crate) const HASH_KEY: &str = "media_hash_key";
pub(crate) const PARTS: &str = "num_parts";
pub(crate) const SEGMENT_INDEX: &str = "segment_index";
const TOTAL: &str = "total_bytes";
const MEDIA: &str = "media";
const MAX_INDEX: u16 = 999;
/// The most digits of an index, and of the number of segments.
const INDEX_DIGITS: usize = 3;
const PARTS_DIGITS: usize = 4;

/// The start of an upload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Initialization {
    pub(crate) conversation: ConversationId,
    /// 2.165 need not announce it.
    pub(crate) total_bytes: Option<u64>,
}

impl Initialization {
    pub(crate) fn parse(body: &Json, me: UserId, contract: Contract) -> Result<Self, Problem> {
        let body = Field::body(body).object()?;
        only(&body, contract, &[CONVERSATION, TOTAL])?;
        let conversation = conversation(&body.required(CONVERSATION)?.text()?, me)?;
        let total_bytes = match contract {
            Contract::V2_165 => body.optional(TOTAL),
            Contract::V2_167 => Some(body.required(TOTAL)?),
        };
        let total_bytes = total_bytes.map(|field| field.integer(0..=MAX_BYTES)).transpose()?;
        Ok(Self { conversation, total_bytes })
    }
}

/// One segment of an upload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) conversation: ConversationId,
    pub(crate) hash_key: String,
    pub(crate) index: u16,
    /// At least one byte.
    pub(crate) octets: Bytes,
}

/// One part of a form.
#[derive(Clone, Debug)]
pub(crate) struct FormPart {
    pub(crate) name: String,
    pub(crate) octets: Bytes,
}

impl Segment {
    pub(crate) fn parse(body: &Json, me: UserId, contract: Contract) -> Result<Self, Problem> {
        let body = Field::body(body).object()?;
        only(&body, contract, &[MEDIA, SEGMENT_INDEX, CONVERSATION, HASH_KEY])?;
        let octets = body.required(MEDIA)?.text()?.base64()?;
        let index = body.required(SEGMENT_INDEX)?;
        let index = if contract == Contract::V2_165 && index.is_text() {
            parse_index(&index.text()?)?
        } else {
            index.integer(0..=MAX_INDEX)?
        };
        Ok(Self {
            conversation: conversation(&body.required(CONVERSATION)?.text()?, me)?,
            hash_key: body.required(HASH_KEY)?.text()?.as_str().to_owned(),
            index,
            octets: octets.into(),
        })
    }

    /// The same as `multipart/form-data`: the media is the bytes of its part.
    pub(crate) fn parse_form(
        parts: Vec<FormPart>,
        me: UserId,
        contract: Contract,
    ) -> Result<Self, Problem> {
        let mut octets = Bytes::new();
        let mut texts = crate::json::Members::default();
        for FormPart { name, octets: value } in parts {
            if name == MEDIA && octets.is_empty() {
                octets = value;
                continue;
            }
            let text = String::from_utf8(value.to_vec())
                .map_err(|_| Problem::invalid(name.as_str(), format!("{name} is not UTF-8.")))?;
            if name == MEDIA || texts.by_name.insert(name.clone(), Json::Text(text)).is_some() {
                return Err(Problem::invalid(name.as_str(), format!("{name} is there twice.")));
            }
        }
        let texts = Json::Object(texts);
        let body = Field::body(&texts).object()?;
        only(&body, contract, &[SEGMENT_INDEX, CONVERSATION, HASH_KEY])?;
        if octets.is_empty() {
            let detail = format!("{MEDIA} must be a part of at least one byte.");
            return Err(Problem::invalid(MEDIA, detail));
        }
        Ok(Self {
            index: parse_index(&body.required(SEGMENT_INDEX)?.text()?)?,
            conversation: conversation(&body.required(CONVERSATION)?.text()?, me)?,
            hash_key: body.required(HASH_KEY)?.text()?.as_str().to_owned(),
            octets,
        })
    }
}

/// The end of an upload. 2.165 need not repeat the names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finalization {
    pub(crate) conversation: Option<ConversationId>,
    pub(crate) hash_key: Option<String>,
    pub(crate) parts: Option<usize>,
}

impl Finalization {
    pub(crate) fn parse(body: &Json, me: UserId, contract: Contract) -> Result<Self, Problem> {
        let body = Field::body(body).object()?;
        only(&body, contract, &[CONVERSATION, HASH_KEY, PARTS, "message_id", "ttl_msec"])?;
        for name in ["message_id", "ttl_msec"] {
            body.optional_text(name)?;
        }
        let text = |name| {
            let field = match contract {
                Contract::V2_165 => body.optional(name),
                Contract::V2_167 => Some(body.required(name)?),
            };
            field.map(Field::text).transpose()
        };
        let conversation_id = text(CONVERSATION)?;
        Ok(Self {
            conversation: conversation_id.map(|id| conversation(&id, me)).transpose()?,
            hash_key: text(HASH_KEY)?.map(|key| key.as_str().to_owned()),
            parts: text(PARTS)?.map(|parts| parts.index(PARTS_DIGITS)).transpose()?,
        })
    }
}

/// In 2.167 the bodies are closed.
fn only(body: &Object<'_>, contract: Contract, known: &[&str]) -> Result<(), Problem> {
    match contract {
        Contract::V2_165 => Ok(()),
        Contract::V2_167 => body.only(known),
    }
}

fn parse_index(text: &Text<'_>) -> Result<u16, Problem> {
    let index = text.index(INDEX_DIGITS)?;
    u16::try_from(index).map_err(|_| text.refuse("must be an integer from 0 to 999"))
}

/// Any spelling: media bodies have `A:B`.
fn conversation(text: &Text<'_>, me: UserId) -> Result<ConversationId, Problem> {
    ConversationId::resolve(text.as_str(), me)
        .map_err(|error| text.refuse(&format!("must be a conversation id: {error}")))
}
