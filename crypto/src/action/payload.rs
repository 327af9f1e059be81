//! What actions sign: a name and components, written down once for every suite and for both
//! directions.

use alloc::vec::Vec;

use crate::context::ActionContext;
use crate::sign::{ShortText, Transcript};

/// What a signed action besides the key change and the message is made over.
pub(crate) struct ActionPayload<'a> {
    pub(crate) name: &'static str,
    /// X's own payload of a group creation leaves the conversation out.
    #[cfg_attr(not(feature = "xchat"), allow(dead_code))]
    pub(crate) names_conversation: bool,
    pub(crate) components: Vec<Component<'a>>,
}

impl ActionPayload<'_> {
    /// The payload behind the facts that every action has, so that no two actions give the same
    /// bytes. The X25519 suite signs it.
    pub(crate) fn transcript(&self, context: &ActionContext) -> Transcript {
        let mut transcript = Transcript::new("sealpost/1 action")
            .name(self.name)
            .id(context.message_id)
            .id(context.sender)
            .id(context.sender_key_version)
            .id(context.conversation);
        for component in &self.components {
            match component {
                Component::Scalar(value) => transcript.add(*value),
                Component::Optional(value) | Component::Trailing(value) => {
                    transcript.add_optional(*value);
                }
                Component::List(values) => transcript.add_list(values),
            }
        }
        transcript
    }
}

/// One component, or several of a kind.
pub(crate) enum Component<'a> {
    Scalar(&'a dyn ShortText),
    /// X writes an absent one as `null`.
    Optional(Option<&'a dyn ShortText>),
    /// X leaves an absent one out.
    Trailing(Option<&'a dyn ShortText>),
    List(Vec<&'a dyn ShortText>),
}

impl<'a> Component<'a> {
    pub(crate) fn optional<T: ShortText>(value: Option<&'a T>) -> Self {
        Self::Optional(value.map(|value| value as &dyn ShortText))
    }

    pub(crate) fn trailing<T: ShortText>(value: Option<&'a T>) -> Self {
        Self::Trailing(value.map(|value| value as &dyn ShortText))
    }

    /// X writes an absent one as nothing between its commas.
    pub(crate) fn or_empty<T: ShortText>(value: Option<&'a T>) -> Self {
        Self::Scalar(value.map_or(&"", |value| value as &dyn ShortText))
    }

    pub(crate) fn list<T: ShortText>(values: &'a [T]) -> Self {
        Self::List(values.iter().map(|value| value as &dyn ShortText).collect())
    }
}

/// The layout of a signed payload: X's signature versions 2 to 7. Our own suite signs as 7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Layout(pub(crate) u8);

impl Layout {
    pub(crate) const CURRENT: Self = Self(7);

    /// Whether a key change's signature covers the key, not the sealed copies.
    pub(crate) fn covers_key(self) -> bool {
        self >= Self(6)
    }
}
