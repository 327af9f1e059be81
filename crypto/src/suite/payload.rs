//! X's signed payloads: components joined by commas, without escaping.
//!
//! A comma inside a component would make two different actions sign the same bytes, so text that
//! holds one is refused, and so is the text `null`, which stands for an absent value. Ids,
//! versions and base64 are neither. Lists have no borders in a payload either; readers therefore
//! check that the lists of an action fit each other and what they know.

use alloc::string::String;
use core::fmt::{Display, Write as _};

use base64ct::{Base64Unpadded, Encoding as _};
use zeroize::Zeroizing;

use crate::action::{ActionPayload, Component};
use crate::context::{ActionContext, ChangeContext};
use crate::sign::ShortText;
use crate::{ConversationKey, PublicKeyVersion, UserId, wipe};

const KEY_CHANGE: &str = "ConversationKeyChangeEvent";

/// Length of an unpadded base64 conversation key.
const KEY_TEXT_LENGTH: usize = 43;

/// A payload without secrets.
pub(crate) struct Payload(String);

impl Payload {
    /// `name,message id,sender`
    pub(crate) fn new(name: &str, context: &ActionContext) -> Self {
        let mut payload = Self(String::with_capacity(256));
        payload.0.push_str(name);
        payload.add(context.message_id).add(context.sender);
        payload
    }

    /// Adds a component that cannot hold a comma, or was checked not to.
    pub(crate) fn add(&mut self, component: impl Display) -> &mut Self {
        // Writing to a String cannot fail.
        let _ = write!(self.0, ",{component}");
        self
    }

    /// Adds a component of free text; `None` when it holds a comma.
    fn add_text(&mut self, component: &dyn ShortText) -> Option<&mut Self> {
        let start = self.0.len() + 1;
        self.add(component);
        self.0.get(start..).is_some_and(|text| !text.contains(',')).then_some(self)
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    pub(crate) fn into_text(self) -> String {
        self.0
    }
}

/// Hands over the payload of a key change, versions 6 and 7, in parts:
/// `ConversationKeyChangeEvent,MID,SENDER,CONV,KV,` and the unpadded base64 of the key.
///
/// It holds the conversation key. It is never in one piece, never leaves this function, and its
/// secret part is encoded in constant time and wiped.
pub(super) fn with_key_change<T>(
    context: &ChangeContext,
    key: &ConversationKey,
    use_parts: impl FnOnce(&[&[u8]]) -> T,
) -> T {
    let mut public = Payload::new(KEY_CHANGE, &context.action());
    public.add(context.conversation).add(context.key_version).add("");
    let mut secret = Zeroizing::new([0; KEY_TEXT_LENGTH]);
    // The only error is a buffer that is too short.
    let _ = Base64Unpadded::encode(key.expose_secret(), &mut *secret);
    wipe::stack_after(|| use_parts(&[public.as_bytes(), &*secret]))
}

/// The payload of a key change, versions 2 to 5: every copy in place of the key. `None` when a
/// copy's text holds a comma.
pub(super) fn sealed_copies<'a>(
    context: &ChangeContext,
    copies: impl Iterator<Item = (UserId, &'a str, PublicKeyVersion)>,
) -> Option<Payload> {
    let mut payload = Payload::new(KEY_CHANGE, &context.action());
    payload.add(context.conversation).add(context.key_version);
    for (user, sealed, version) in copies {
        if sealed.contains(',') {
            return None;
        }
        payload.add(user).add(sealed).add(version);
    }
    Some(payload)
}

/// How an absent component is written, so that no present one may read like it.
const ABSENT: &str = ",null";

/// The payload of an action. `None` when a text holds a comma, or reads like an absent one.
pub(super) fn action(context: &ActionContext, action: &ActionPayload<'_>) -> Option<Payload> {
    let mut payload = Payload::new(action.name, context);
    if action.names_conversation {
        payload.add(context.conversation);
    }
    for component in &action.components {
        match component {
            Component::Scalar(value) | Component::Trailing(Some(value)) => {
                payload.add_text(*value)?;
            }
            Component::Optional(Some(value)) => {
                payload.add_text(*value).filter(|payload| !payload.0.ends_with(ABSENT))?;
            }
            Component::Optional(None) => {
                payload.0.push_str(ABSENT);
            }
            Component::Trailing(None) => {}
            Component::List(values) => {
                for value in values {
                    payload.add_text(*value)?;
                }
            }
        }
    }
    Some(payload)
}
