//! The operations of the Chat API that the sandbox serves.

use std::fmt;
use std::str::FromStr;

use axum::http::Method;

/// One operation of X's OpenAPI description 2.167. `Display` and `FromStr` use its `operationId`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Operation {
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
    /// `POST /2/users/{id}/public_keys`: register one's own public keys.
    AddUserPublicKey,
    /// `GET /2/users/{id}/public_keys`: the public keys of one user.
    GetUsersPublicKey,
    /// `GET /2/users/public_keys`: the public keys of up to 100 users.
    GetUsersPublicKeys,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 8] = [
        Self::AddConversationKeys,
        Self::InitializeChatGroup,
        Self::CreateChatConversation,
        Self::AddChatGroupMembers,
        Self::GetChatConversationEvents,
        Self::AddUserPublicKey,
        Self::GetUsersPublicKey,
        Self::GetUsersPublicKeys,
    ];

    /// The operation's `operationId`.
    #[must_use]
    pub const fn operation_id(self) -> &'static str {
        match self {
            Self::AddConversationKeys => "addConversationKeys",
            Self::InitializeChatGroup => "initializeChatGroup",
            Self::CreateChatConversation => "createChatConversation",
            Self::AddChatGroupMembers => "addChatGroupMembers",
            Self::GetChatConversationEvents => "getChatConversationEvents",
            Self::AddUserPublicKey => "addUserPublicKey",
            Self::GetUsersPublicKey => "getUsersPublicKey",
            Self::GetUsersPublicKeys => "getUsersPublicKeys",
        }
    }

    pub(crate) const fn method(self) -> Method {
        match self {
            Self::AddConversationKeys
            | Self::InitializeChatGroup
            | Self::CreateChatConversation
            | Self::AddChatGroupMembers
            | Self::AddUserPublicKey => Method::POST,
            Self::GetChatConversationEvents
            | Self::GetUsersPublicKey
            | Self::GetUsersPublicKeys => Method::GET,
        }
    }

    /// How many action signatures its body carries.
    pub(crate) const fn action_signatures(self) -> usize {
        match self {
            Self::AddConversationKeys => 1,
            Self::CreateChatConversation | Self::AddChatGroupMembers => 2,
            _ => 0,
        }
    }

    /// The path, with the name of its parameter in braces.
    pub(crate) const fn path(self) -> &'static str {
        match self {
            Self::AddConversationKeys => "/2/chat/conversations/{id}/keys",
            Self::InitializeChatGroup => "/2/chat/conversations/group/initialize",
            Self::CreateChatConversation => "/2/chat/conversations/group",
            Self::AddChatGroupMembers => "/2/chat/conversations/{id}/members",
            Self::GetChatConversationEvents => "/2/chat/conversations/{id}/events",
            Self::AddUserPublicKey | Self::GetUsersPublicKey => "/2/users/{id}/public_keys",
            Self::GetUsersPublicKeys => "/2/users/public_keys",
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
        Self::ALL
            .into_iter()
            .find(|operation| operation.operation_id() == text)
            .ok_or(OperationError)
    }
}
