//! The operations of the Chat API that the sandbox serves.

use std::fmt;
use std::str::FromStr;

use axum::http::Method;

use crate::contract::Contract;

const GET: &str = "GET";
const POST: &str = "POST";

/// One operation of X's OpenAPI description. `Display` and `FromStr` use its `operationId` in
/// 2.167; `FromStr` also takes the one of 2.165.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `GET /2/chat/conversations`: page through one's conversations.
    GetChatConversations,
    /// `GET /2/chat/conversations/{id}`: what is known of one conversation.
    GetChatConversation,
    /// `POST /2/chat/conversations/{id}/keys`: give a conversation a key.
    AddConversationKeys,
    /// `POST /2/chat/conversations/group/initialize`: get the id for a new group.
    InitializeChatGroup,
    /// `POST /2/chat/conversations/group`: create a group with its first key.
    CreateChatConversation,
    /// `POST /2/chat/conversations/{id}/members`: add members to a group with a new key.
    AddChatGroupMembers,
    /// `GET /2/chat/conversations/{id}/events`: page through a conversation.
    GetChatConversationEvents,
    /// `POST /2/chat/conversations/{id}/messages`: send a message.
    SendChatMessage,
    /// `POST /2/chat/conversations/{id}/messages/delete`: delete messages. Not in 2.165.
    DeleteChatMessages,
    /// `POST /2/chat/conversations/{id}/read`: mark a conversation as read.
    MarkChatConversationRead,
    /// `POST /2/chat/conversations/{id}/typing`: show that one is typing.
    SendChatTypingIndicator,
    /// `POST /2/chat/media/upload/initialize`: begin to upload encrypted media.
    ChatMediaUploadInitialize,
    /// `POST /2/chat/media/upload/{id}/append`: upload one segment.
    ChatMediaUploadAppend,
    /// `POST /2/chat/media/upload/{id}/finalize`: end the upload.
    ChatMediaUploadFinalize,
    /// `GET /2/chat/media/{id}/{media_hash_key}`: download encrypted media.
    ChatMediaDownload,
    /// `POST /2/users/{id}/public_keys`: register one's own public keys.
    AddUserPublicKey,
    /// `GET /2/users/{id}/public_keys`: the public keys of one user.
    GetUsersPublicKey,
    /// `GET /2/users/public_keys`: the public keys of up to 100 users.
    GetUsersPublicKeys,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 18] = [
        Self::GetChatConversations,
        Self::GetChatConversation,
        Self::AddConversationKeys,
        Self::InitializeChatGroup,
        Self::CreateChatConversation,
        Self::AddChatGroupMembers,
        Self::GetChatConversationEvents,
        Self::SendChatMessage,
        Self::DeleteChatMessages,
        Self::MarkChatConversationRead,
        Self::SendChatTypingIndicator,
        Self::ChatMediaUploadInitialize,
        Self::ChatMediaUploadAppend,
        Self::ChatMediaUploadFinalize,
        Self::ChatMediaDownload,
        Self::AddUserPublicKey,
        Self::GetUsersPublicKey,
        Self::GetUsersPublicKeys,
    ];

    /// The operation's `operationId` in 2.167.
    #[must_use]
    pub const fn operation_id(self) -> &'static str {
        self.row().0
    }

    /// Whether a contract has this operation.
    #[must_use]
    pub const fn exists_in(self, contract: Contract) -> bool {
        !matches!((self, contract), (Self::DeleteChatMessages, Contract::V2_165))
    }

    pub(crate) fn method(self) -> Method {
        if self.row().1 == POST { Method::POST } else { Method::GET }
    }

    /// The path, with the names of its parameters in braces.
    pub(crate) const fn path(self) -> &'static str {
        self.row().2
    }

    /// How many action signatures its body carries.
    pub(crate) const fn action_signatures(self) -> usize {
        match self {
            Self::AddConversationKeys | Self::DeleteChatMessages => 1,
            Self::CreateChatConversation | Self::AddChatGroupMembers => 2,
            _ => 0,
        }
    }

    /// `operationId`, method and path.
    const fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::GetChatConversations => ("getChatConversations", GET, "/2/chat/conversations"),
            Self::GetChatConversation => ("getChatConversation", GET, "/2/chat/conversations/{id}"),
            Self::AddConversationKeys => {
                ("addConversationKeys", POST, "/2/chat/conversations/{id}/keys")
            }
            Self::InitializeChatGroup => {
                ("initializeChatGroup", POST, "/2/chat/conversations/group/initialize")
            }
            Self::CreateChatConversation => {
                ("createChatConversation", POST, "/2/chat/conversations/group")
            }
            Self::AddChatGroupMembers => {
                ("addChatGroupMembers", POST, "/2/chat/conversations/{id}/members")
            }
            Self::GetChatConversationEvents => {
                ("getChatConversationEvents", GET, "/2/chat/conversations/{id}/events")
            }
            Self::SendChatMessage => {
                ("sendChatMessage", POST, "/2/chat/conversations/{id}/messages")
            }
            Self::DeleteChatMessages => {
                ("deleteChatMessages", POST, "/2/chat/conversations/{id}/messages/delete")
            }
            Self::MarkChatConversationRead => {
                ("markChatConversationRead", POST, "/2/chat/conversations/{id}/read")
            }
            Self::SendChatTypingIndicator => {
                ("sendChatTypingIndicator", POST, "/2/chat/conversations/{id}/typing")
            }
            Self::ChatMediaUploadInitialize => {
                ("chatMediaUploadInitialize", POST, "/2/chat/media/upload/initialize")
            }
            Self::ChatMediaUploadAppend => {
                ("chatMediaUploadAppend", POST, "/2/chat/media/upload/{id}/append")
            }
            Self::ChatMediaUploadFinalize => {
                ("chatMediaUploadFinalize", POST, "/2/chat/media/upload/{id}/finalize")
            }
            Self::ChatMediaDownload => {
                ("chatMediaDownload", GET, "/2/chat/media/{id}/{media_hash_key}")
            }
            Self::AddUserPublicKey => ("addUserPublicKey", POST, "/2/users/{id}/public_keys"),
            Self::GetUsersPublicKey => ("getUsersPublicKey", GET, "/2/users/{id}/public_keys"),
            Self::GetUsersPublicKeys => ("getUsersPublicKeys", GET, "/2/users/public_keys"),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.operation_id())
    }
}

/// A text is not the `operationId` of an operation the sandbox serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the operationId of an operation the sandbox serves, see `Operation`")]
#[non_exhaustive]
pub struct OperationError;

impl OperationError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "sandbox.unknown_operation"
    }
}

impl FromStr for Operation {
    type Err = OperationError;

    fn from_str(text: &str) -> Result<Self, OperationError> {
        // The one operation that was renamed after 2.165.
        const KEYS_IN_2_165: &str = "initializeChatConversationKeys";
        if text == KEYS_IN_2_165 {
            return Ok(Self::AddConversationKeys);
        }
        Self::ALL
            .into_iter()
            .find(|operation| operation.operation_id() == text)
            .ok_or(OperationError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_read_back() {
        for operation in Operation::ALL {
            assert_eq!(operation.to_string().parse(), Ok(operation));
        }
        let keys = Ok(Operation::AddConversationKeys);
        assert_eq!("initializeChatConversationKeys".parse(), keys);
        assert_eq!("".parse::<Operation>(), Err(OperationError));
    }
}
