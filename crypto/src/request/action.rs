//! An action and its signature, as an `action_signatures` entry.

use super::{EncodedMessageEventDetail, RequestTextError, SignaturePayload};
use crate::action::SignedAction;
use crate::json::JsonWriter;
use crate::{MessageId, PublicKeyVersion, Signature, Suite};

/// What an `action_signatures` entry is made of: one signed action that is no key change. Made
/// here by [`Action::sign`](crate::Action::sign), or elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionParts {
    /// The id of the action.
    pub message_id: MessageId,
    /// The action.
    pub detail: EncodedMessageEventDetail,
    /// The sender's signature over it.
    pub signature: Signature,
    /// The version of the sender's keys.
    pub public_key_version: PublicKeyVersion,
    /// The suite it is signed in.
    pub suite: Suite,
    /// The text that was signed, where X's API wants to see it.
    pub payload: Option<SignaturePayload>,
}

/// What every `action_signatures` entry has.
pub(crate) struct ActionJson<'a> {
    pub(crate) message_id: MessageId,
    pub(crate) detail: ActionDetail<'a>,
    pub(crate) signature: &'a Signature,
    pub(crate) public_key_version: PublicKeyVersion,
    pub(crate) suite: Suite,
    pub(crate) payload: Option<&'a str>,
}

/// The detail of an action, as it is at hand.
pub(crate) enum ActionDetail<'a> {
    Bytes(&'a [u8]),
    Encoded(&'a EncodedMessageEventDetail),
}

impl ActionJson<'_> {
    pub(crate) fn write(self, json: &mut JsonWriter) {
        json.object(|json| {
            json.member("message_id", self.message_id);
            const DETAIL: &str = "encoded_message_event_detail";
            match self.detail {
                ActionDetail::Bytes(bytes) => json.base64_member(DETAIL, bytes),
                ActionDetail::Encoded(text) => json.plain_member(DETAIL, text.as_str()),
            }
            json.object_member("message_event_signature", |json| {
                json.member("signature", self.signature.to_base64_unpadded());
                json.member("public_key_version", self.public_key_version);
                json.member("signature_version", self.suite.signature_version());
            });
            if let Some(payload) = self.payload {
                json.escaped_member("signature_payload", payload);
            }
        });
    }
}

impl ActionParts {
    pub(super) fn of(signed: &SignedAction) -> Result<Self, RequestTextError> {
        Ok(Self {
            message_id: signed.message_id(),
            detail: signed.encoded_message_event_detail().parse()?,
            signature: *signed.signature(),
            public_key_version: signed.public_key_version(),
            suite: signed.suite(),
            payload: signed.signature_payload().map(str::parse).transpose()?,
        })
    }

    pub(super) fn write(&self, json: &mut JsonWriter) {
        let action = ActionJson {
            message_id: self.message_id,
            detail: ActionDetail::Encoded(&self.detail),
            signature: &self.signature,
            public_key_version: self.public_key_version,
            suite: self.suite,
            payload: self.payload.as_ref().map(SignaturePayload::as_str),
        };
        action.write(json);
    }
}
