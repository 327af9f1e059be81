//! How far a conversation's events have been read.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::saved::Content;
use crate::secret_json::{from_json, to_json};
use crate::store::Place;
use crate::{ConversationToken, PaginationToken, SequenceId};

/// How far a conversation's events have been read. The server hands them out newest first, so that
/// a reading that is broken off leaves a gap, which `rest` remembers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyncCursor {
    /// Everything up to this event has been read.
    pub read_up_to: Option<SequenceId>,
    /// A reading that is not finished.
    pub rest: Option<RestOfSync>,
    /// The token that the server wants back with messages, if it gave one out.
    pub conversation_token: Option<ConversationToken>,
}

/// The older part of a reading that is not finished.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestOfSync {
    /// The next page.
    pub next: PaginationToken,
    /// The newest event of the first page: `read_up_to`, once the rest is read.
    pub newest: SequenceId,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json<'a> {
    read_up_to: Option<SequenceId>,
    rest_next: Option<std::borrow::Cow<'a, str>>,
    rest_newest: Option<SequenceId>,
    #[serde(default)]
    conversation_token: Option<std::borrow::Cow<'a, str>>,
}

impl Content for SyncCursor {
    fn to_content(&self) -> Option<Zeroizing<Vec<u8>>> {
        to_json(&Json {
            read_up_to: self.read_up_to,
            rest_next: self.rest.as_ref().map(|rest| rest.next.as_str().into()),
            rest_newest: self.rest.as_ref().map(|rest| rest.newest),
            conversation_token: self.conversation_token.as_ref().map(|text| text.as_str().into()),
        })
    }

    fn from_content(_: &Place, content: &[u8]) -> Option<Self> {
        let json: Json<'_> = from_json(content)?;
        let rest = match (json.rest_next, json.rest_newest) {
            (Some(next), Some(newest)) => {
                Some(RestOfSync { next: PaginationToken::new(&next)?, newest })
            }
            (None, None) => None,
            _ => return None,
        };
        let token = json.conversation_token.map(|text| text.parse());
        let conversation_token = token.transpose().ok()?;
        Some(Self { read_up_to: json.read_up_to, rest, conversation_token })
    }
}
