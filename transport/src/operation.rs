//! The calls this crate makes: their names, what they change, what they are allowed by.

use std::fmt;

use reqwest::Method;

use crate::auth::oauth2::Scope;

/// The calls this crate makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// [`Client::add_conversation_keys`](crate::Client::add_conversation_keys).
    AddConversationKeys,
    /// [`Client::initialize_group`](crate::Client::initialize_group).
    InitializeGroup,
    /// [`Client::create_group`](crate::Client::create_group).
    CreateGroup,
    /// [`Client::add_group_members`](crate::Client::add_group_members).
    AddGroupMembers,
    /// [`Client::add_user_public_key`](crate::Client::add_user_public_key).
    AddUserPublicKey,
    /// [`Client::user_public_keys`](crate::Client::user_public_keys).
    UserPublicKeys,
    /// [`Client::users_public_keys`](crate::Client::users_public_keys).
    UsersPublicKeys,
    /// [`Client::conversation_events`](crate::Client::conversation_events).
    ConversationEvents,
    /// [`Client::send_message`](crate::Client::send_message).
    SendMessage,
    /// [`Client::delete_messages`](crate::Client::delete_messages).
    DeleteMessages,
    /// [`Client::conversations`](crate::Client::conversations).
    Conversations,
    /// [`Client::conversation`](crate::Client::conversation).
    Conversation,
    /// [`Client::mark_conversation_read`](crate::Client::mark_conversation_read).
    MarkConversationRead,
    /// [`Client::send_typing_indicator`](crate::Client::send_typing_indicator).
    SendTypingIndicator,
    /// [`Client::initialize_media_upload`](crate::Client::initialize_media_upload).
    InitializeMediaUpload,
    /// [`Client::append_media_segment`](crate::Client::append_media_segment).
    AppendMediaSegment,
    /// [`Client::finalize_media_upload`](crate::Client::finalize_media_upload).
    FinalizeMediaUpload,
    /// [`Client::download_media`](crate::Client::download_media).
    DownloadMedia,
    /// [`OAuth2App::exchange`](crate::OAuth2App::exchange).
    ExchangeCode,
    /// [`OAuth2App::refresh`](crate::OAuth2App::refresh).
    RefreshToken,
    /// [`OAuth2App::revoke`](crate::OAuth2App::revoke).
    RevokeToken,
    /// [`OAuth1App::request_token`](crate::OAuth1App::request_token).
    RequestToken,
    /// [`OAuth1App::access_token`](crate::OAuth1App::access_token).
    AccessToken,
}

/// What there is to know about one of them.
struct Facts {
    id: &'static str,
    text: &'static str,
    is_write: bool,
    scopes: &'static [Scope],
}

const READ: &[Scope] = &[Scope::DmRead, Scope::TweetRead, Scope::UsersRead];
/// X asks for it on downloads too.
const MEDIA: &[Scope] = &[Scope::MediaWrite];
const LIST: &[Scope] = &[Scope::DmRead, Scope::UsersRead];
const WRITE: &[Scope] = &[Scope::DmWrite, Scope::TweetRead, Scope::UsersRead];

impl Facts {
    const fn read(id: &'static str, text: &'static str, scopes: &'static [Scope]) -> Self {
        Self { id, text, is_write: false, scopes }
    }

    const fn write(id: &'static str, text: &'static str, scopes: &'static [Scope]) -> Self {
        Self { id, text, is_write: true, scopes }
    }

    /// A call of the sign-in: it has no `operationId`, and no scope of its own.
    const fn sign_in(id: &'static str, text: &'static str) -> Self {
        Self::write(id, text, &[])
    }
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 23] = [
        Self::AddConversationKeys,
        Self::InitializeGroup,
        Self::CreateGroup,
        Self::AddGroupMembers,
        Self::AddUserPublicKey,
        Self::UserPublicKeys,
        Self::UsersPublicKeys,
        Self::ConversationEvents,
        Self::SendMessage,
        Self::DeleteMessages,
        Self::Conversations,
        Self::Conversation,
        Self::MarkConversationRead,
        Self::SendTypingIndicator,
        Self::InitializeMediaUpload,
        Self::AppendMediaSegment,
        Self::FinalizeMediaUpload,
        Self::DownloadMedia,
        Self::ExchangeCode,
        Self::RefreshToken,
        Self::RevokeToken,
        Self::RequestToken,
        Self::AccessToken,
    ];

    const fn facts(self) -> Facts {
        match self {
            Self::AddConversationKeys => {
                Facts::write("addConversationKeys", "add conversation keys", WRITE)
            }
            Self::InitializeGroup => {
                Facts::write("initializeChatGroup", "initialize group", &[Scope::DmWrite])
            }
            Self::CreateGroup => Facts::write("createChatConversation", "create group", WRITE),
            Self::AddGroupMembers => {
                Facts::write("addChatGroupMembers", "add group members", WRITE)
            }
            Self::AddUserPublicKey => {
                Facts::write("addUserPublicKey", "add user public key", WRITE)
            }
            Self::UserPublicKeys => Facts::read("getUsersPublicKey", "public keys of a user", READ),
            Self::UsersPublicKeys => {
                Facts::read("getUsersPublicKeys", "public keys of users", READ)
            }
            Self::ConversationEvents => {
                Facts::read("getChatConversationEvents", "conversation events", READ)
            }
            Self::SendMessage => Facts::write("sendChatMessage", "send message", WRITE),
            Self::DeleteMessages => Facts::write("deleteChatMessages", "delete messages", WRITE),
            Self::Conversations => Facts::read("getChatConversations", "conversations", LIST),
            Self::Conversation => Facts::read("getChatConversation", "conversation", READ),
            Self::MarkConversationRead => {
                Facts::write("markChatConversationRead", "mark conversation read", WRITE)
            }
            Self::SendTypingIndicator => {
                Facts::write("sendChatTypingIndicator", "send typing indicator", WRITE)
            }
            Self::InitializeMediaUpload => {
                Facts::write("chatMediaUploadInitialize", "initialize media upload", MEDIA)
            }
            Self::AppendMediaSegment => {
                Facts::write("chatMediaUploadAppend", "append media segment", MEDIA)
            }
            Self::FinalizeMediaUpload => {
                Facts::write("chatMediaUploadFinalize", "finalize media upload", MEDIA)
            }
            Self::DownloadMedia => Facts::read("chatMediaDownload", "download media", MEDIA),
            Self::ExchangeCode => Facts::sign_in("exchangeCode", "exchange authorization code"),
            Self::RefreshToken => Facts::sign_in("refreshToken", "refresh access token"),
            Self::RevokeToken => Facts::sign_in("revokeToken", "revoke token"),
            Self::RequestToken => Facts::sign_in("requestToken", "get request token"),
            Self::AccessToken => Facts::sign_in("accessToken", "get access token"),
        }
    }

    /// A stable name for logs and metrics: the `operationId` of X's OpenAPI description 2.167. The
    /// calls of the sign-in, which have none, have a name of the same kind.
    #[must_use]
    pub const fn operation_id(self) -> &'static str {
        self.facts().id
    }

    /// Whether the call changes something on the server.
    #[must_use]
    pub const fn is_write(self) -> bool {
        self.facts().is_write
    }

    /// What an OAuth 2.0 sign-in must have been granted for the call. OAuth 1.0a has no scopes.
    #[must_use]
    pub const fn scopes(self) -> &'static [Scope] {
        self.facts().scopes
    }

    pub(crate) const fn method(self) -> Method {
        if self.is_write() { Method::POST } else { Method::GET }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.facts().text)
    }
}
