//! The three calls an upload is made of.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use sealpost_crypto::encoding::encode_base64;
use sealpost_crypto::{ConversationId, MediaHashKey, MessageId};
use serde_json::{Map, Value, json};

use super::size::{SegmentIndex, TotalBytes};
use crate::api::{Fault, claim, confirmed, id, object, take};
use crate::argument::InvalidArgument;
use crate::body::{Body, Form};
use crate::client::Client;
use crate::context::{Operation, ResponseInfo};
use crate::error::Error;
use crate::exchange::{Call, Reply};

/// The server's name of an upload: 1 to 64 ASCII letters, digits, `-` and `_`. X's are numbers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UploadSessionId(String);

/// A text is not an [`UploadSessionId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an upload's id has 1 to 64 letters, digits, `-` and `_`")]
pub struct UploadSessionIdError;

impl UploadSessionIdError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "transport.upload_session_id"
    }
}

impl FromStr for UploadSessionId {
    type Err = UploadSessionIdError;

    fn from_str(text: &str) -> Result<Self, UploadSessionIdError> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if (1..=64).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(UploadSessionIdError)
        }
    }
}

impl fmt::Display for UploadSessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An upload that was begun. To go on with one later, keep its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UploadSession {
    /// The conversation the attachment is for.
    pub conversation_id: ConversationId,
    /// The server's name of the upload.
    pub id: UploadSessionId,
    /// What the attachment will be addressed by.
    pub media_hash_key: MediaHashKey,
}

/// How a segment travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SegmentForm {
    /// As bytes in a form, `multipart/form-data`.
    #[default]
    Multipart,
    /// As base64 in JSON: a third more to send.
    Base64Json,
}

/// A segment the server accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SegmentAppended {
    /// When the upload expires, as the server put it; X does not document in what unit.
    pub expires_at: Option<u64>,
    /// The id and the rate limit that came with the answer.
    pub response: ResponseInfo,
}

/// What the server may be told when an upload is complete.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MediaDetails {
    /// The message the attachment goes with.
    pub message_id: Option<MessageId>,
    /// After how long it disappears.
    pub ttl: Option<Duration>,
}

impl Client {
    /// Begins an upload: `POST /2/chat/media/upload/initialize`. An upload that is not completed
    /// expires.
    ///
    /// # Errors
    /// [`InvalidArgument::EmptyMedia`] before anything is sent; [`Error::AcceptedWithErrors`] when
    /// the server answers with success but reports errors or leaves something out;
    /// [`Error::ConversationIdMismatch`] when it takes the attachment for another conversation;
    /// otherwise as [`Error`] describes.
    pub async fn initialize_media_upload(
        &self,
        conversation_id: &ConversationId,
        total: TotalBytes,
    ) -> Result<UploadSession, Error> {
        if total.as_u64() == 0 {
            return Err(InvalidArgument::EmptyMedia.into());
        }
        // Media bodies spell the conversation as it is signed, paths with a hyphen.
        let body = json!({ "conversation_id": conversation_id, "total_bytes": total.as_u64() });
        let mut reply = self
            .exchange(Call {
                operation: Operation::InitializeMediaUpload,
                path: &["2", "chat", "media", "upload", "initialize"],
                query: &[],
                body: json_body(&body),
            })
            .await?;
        let data = reply.take("data");
        let begun = begun(data).map_err(|(field, reason)| reply.malformed(field, reason))?;
        match begun {
            Begun { conversation_id: Some(answered), .. } if answered != *conversation_id => {
                let context = Box::new(reply.into_context());
                let signed = *conversation_id;
                Err(Error::ConversationIdMismatch { signed, answered, context })
            }
            Begun { id: Some(id), media_hash_key: Some(media_hash_key), .. }
                if !reply.has_errors() =>
            {
                Ok(UploadSession { conversation_id: *conversation_id, id, media_hash_key })
            }
            Begun { id: None, .. } => Err(reply.unconfirmed(Some(SESSION_ID))),
            Begun { media_hash_key: None, .. } => Err(reply.unconfirmed(Some(MEDIA_HASH_KEY))),
            Begun { .. } => Err(reply.unconfirmed(None)),
        }
    }

    /// Uploads one segment: `POST /2/chat/media/upload/{id}/append`.
    ///
    /// # Errors
    /// [`InvalidArgument::EmptyMedia`] before anything is sent; [`Error::AcceptedWithErrors`] when
    /// the server answers with success but reports errors; otherwise as [`Error`] describes.
    pub async fn append_media_segment(
        &self,
        session: &UploadSession,
        index: SegmentIndex,
        ciphertext: Bytes,
        form: SegmentForm,
    ) -> Result<SegmentAppended, Error> {
        if ciphertext.is_empty() {
            return Err(InvalidArgument::EmptyMedia.into());
        }
        let body = match form {
            SegmentForm::Multipart => Body::Form(Form {
                texts: [
                    ("conversation_id", session.conversation_id.to_string()),
                    ("media_hash_key", session.media_hash_key.to_string()),
                    ("segment_index", index.to_string()),
                ],
                file: ("media", ciphertext),
            }),
            SegmentForm::Base64Json => json_body(&json!({
                "conversation_id": session.conversation_id,
                "media_hash_key": session.media_hash_key,
                "segment_index": index.as_u16(),
                "media": encode_base64(&ciphertext),
            })),
        };
        let mut reply = self.upload(Operation::AppendMediaSegment, session, "append", body).await?;
        if reply.has_errors() {
            return Err(reply.unconfirmed(None));
        }
        // Neither description requires anything here.
        let mut data = match reply.take("data") {
            Some(Value::Object(data)) => data,
            _ => Map::new(),
        };
        let expires_at = claim::claim(&mut data, &["expires_at"]);
        Ok(SegmentAppended { expires_at, response: reply.response() })
    }

    /// Completes an upload whose last segment is `last`:
    /// `POST /2/chat/media/upload/{id}/finalize`.
    ///
    /// # Errors
    /// [`Error::AcceptedWithErrors`] when the server answers with success but reports errors or does
    /// not confirm it; otherwise as [`Error`] describes.
    pub async fn finalize_media_upload(
        &self,
        session: &UploadSession,
        last: SegmentIndex,
        details: &MediaDetails,
    ) -> Result<ResponseInfo, Error> {
        let mut body = Map::new();
        let mut add = |name: &str, text: String| body.insert(name.to_owned(), text.into());
        add("conversation_id", session.conversation_id.to_string());
        add("media_hash_key", session.media_hash_key.to_string());
        add("num_parts", last.count().to_string());
        if let Some(message_id) = details.message_id {
            add("message_id", message_id.to_string());
        }
        if let Some(ttl) = details.ttl {
            add("ttl_msec", ttl.as_millis().to_string());
        }
        let body = json_body(&body.into());
        let reply = self.upload(Operation::FinalizeMediaUpload, session, "finalize", body);
        confirmed(reply.await?, "success", "data.success")
    }

    async fn upload(
        &self,
        operation: Operation,
        session: &UploadSession,
        step: &str,
        body: Body,
    ) -> Result<Reply, Error> {
        let path = ["2", "chat", "media", "upload", &session.id.0, step];
        self.exchange(Call { operation, path: &path, query: &[], body }).await
    }
}

const SESSION_ID: &str = "data.session_id";
const MEDIA_HASH_KEY: &str = "data.media_hash_key";

fn json_body(body: &Value) -> Body {
    Body::Json(Bytes::from(body.to_string()))
}

#[derive(Default)]
struct Begun {
    id: Option<UploadSessionId>,
    media_hash_key: Option<MediaHashKey>,
    conversation_id: Option<ConversationId>,
}

fn begun(data: Option<Value>) -> Result<Begun, Fault> {
    let Some(data) = data else {
        return Ok(Begun::default());
    };
    let mut data = object(data, "data")?;
    Ok(Begun {
        id: part(&mut data, "session_id", SESSION_ID)?,
        media_hash_key: part(&mut data, "media_hash_key", MEDIA_HASH_KEY)?,
        conversation_id: part(&mut data, "conversation_id", "data.conversation_id")?,
    })
}

fn part<T: FromStr>(
    data: &mut Map<String, Value>,
    name: &str,
    field: &'static str,
) -> Result<Option<T>, Fault> {
    take(data, &[name]).map(|value| id(&value, field)).transpose()
}
