//! Why a session does not do what it is asked.

use std::fmt;

use crate::vault::VaultError;
use crate::{
    ActionError, ConversationError, ConversationId, DeliveryError, EncryptError, Error, GroupError,
    KeyVersion, KeyringError, MediaError, MessageId, PagingError, PublicKeyVersion, RandomError,
    RecordError, RequestError, SealError, SignError, Suite, UploadError, UserId,
};

/// A session refused or failed.
///
/// The call may be repeated. Unless it says otherwise nothing has changed; but after an error of the
/// store ([`Vault`](Self::Vault)) a change may be under way, which the next call on its conversation
/// takes up. Holds no secret, so it may always be logged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// What is kept could not be read or written.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// A call failed. Nothing that was to be sealed has been posted.
    #[error(transparent)]
    Call(Box<Error>),
    /// A listing of the server's does not end as one should.
    #[error(transparent)]
    Paging(Box<PagingError>),
    /// The account has no registered keys yet.
    #[error("user {user} is not registered here; call `register` first")]
    NotRegistered {
        /// The account.
        user: UserId,
    },
    /// The directory has keys of this account, and they are not the ones kept here.
    #[error(
        "user {user} has registered other keys (newest version {newest}); import the identity \
         from that device, or replace its keys with `register_replacing`"
    )]
    RegisteredElsewhere {
        /// The account.
        user: UserId,
        /// The newest version in the directory.
        newest: PublicKeyVersion,
    },
    /// The account has an identity of another suite.
    #[error("the identity of this account is of suite {found}, not {asked}")]
    OtherSuite {
        /// The suite of the identity.
        found: Suite,
        /// The suite that was asked for.
        asked: Suite,
    },
    /// The identity is another user's.
    #[error("the identity is that of user {found}, not of {expected}")]
    OtherUser {
        /// The account.
        expected: UserId,
        /// Whose the identity is.
        found: UserId,
    },
    /// The directory gave an incomplete answer: a newer key may be missing from it.
    #[error("the directory could not list all keys; try again")]
    DirectoryIncomplete,
    /// The server gave an incomplete page of events: some of them may be missing from it.
    #[error("the server could not show all events of {conversation}; try again")]
    EventsIncomplete {
        /// The conversation.
        conversation: ConversationId,
    },
    /// A user's newest keys do not verify, or there are none.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// These users have other keys than the pinned ones. Nothing is sealed to them before somebody
    /// has looked at it: [`acknowledge_keys`](super::Session::acknowledge_keys).
    #[error("the keys of {} changed; acknowledge them first", List(users))]
    KeysChanged {
        /// Who, in the order of ids.
        users: Vec<UserId>,
    },
    /// The policy wants verified users, and these are not.
    #[error("nobody has compared safety numbers with {}; verify them first", List(users))]
    NotVerified {
        /// Who, in the order of ids.
        users: Vec<UserId>,
    },
    /// Nothing is known of this conversation.
    #[error("conversation {conversation} is not known here; sync first")]
    UnknownConversation {
        /// The conversation.
        conversation: ConversationId,
    },
    /// A group was expected.
    #[error("conversation {conversation} is a direct one; groups have members to add and remove")]
    NotAGroup {
        /// The conversation.
        conversation: ConversationId,
    },
    /// Nobody gives a group a key that they do not get themselves.
    #[error(
        "a group's key cannot be changed without oneself; let another member of {conversation} do it"
    )]
    RemovesOneself {
        /// The group.
        conversation: ConversationId,
    },
    /// Somebody claims that the group has other members than those known here. Sealing to either
    /// list would be a guess.
    #[error(
        "conversation {conversation} is said to have other members; acknowledge them, or keep \
         those known"
    )]
    MembersDiffer {
        /// The group.
        conversation: ConversationId,
    },
    /// The members do not make a conversation.
    #[error(transparent)]
    Conversation(#[from] ConversationError),
    /// The group's details do not fit it.
    #[error(transparent)]
    Group(#[from] GroupError),
    /// The key could not be sealed to everybody, so it was sealed to nobody.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The change could not be signed.
    #[error(transparent)]
    Sign(#[from] SignError),
    /// The key may not become current.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// The server does not have the change, and will not get it.
    #[error("conversation {conversation}: {error}; it keeps its key")]
    NotDelivered {
        /// The conversation.
        conversation: ConversationId,
        /// Why.
        #[source]
        error: DeliveryError,
    },
    /// Whether the server has the change is not known. It is in the journal, and the next call on
    /// this conversation takes it up again, before anything else.
    #[error(
        "conversation {conversation}: {error}; the next call takes change {message_id} up again"
    )]
    Unsettled {
        /// The conversation.
        conversation: ConversationId,
        /// The change.
        message_id: MessageId,
        /// Why.
        #[source]
        error: DeliveryError,
    },
    /// The conversation was written by others all the time.
    #[error("others are at conversation {conversation} all the time; try again")]
    Busy {
        /// The conversation.
        conversation: ConversationId,
    },
    /// Somebody else's change came first, again and again.
    #[error("conversation {conversation}: others changed the key each time, last to {by}")]
    Overtaken {
        /// The conversation.
        conversation: ConversationId,
        /// The newest version.
        by: KeyVersion,
    },
    /// The message cannot be encrypted.
    #[error(transparent)]
    Encrypt(#[from] EncryptError),
    /// The request cannot be made.
    #[error(transparent)]
    Request(#[from] RequestError),
    /// The action cannot be made.
    #[error(transparent)]
    Action(#[from] ActionError),
    /// Whether the message has arrived is not known. It is in the journal:
    /// [`resume`](super::Session::resume) sends the same bytes again.
    #[error("message {message_id} of conversation {conversation}: {error}; it will be sent again")]
    MessageUnsettled {
        /// The conversation.
        conversation: ConversationId,
        /// The message.
        message_id: MessageId,
        /// Why.
        #[source]
        error: Box<Error>,
    },
    /// The message came without the server's number, by which others are told of it.
    #[error("message {message_id} came without its number")]
    NoSequenceId {
        /// The message.
        message_id: MessageId,
    },
    /// Nobody but its sender edits a message.
    #[error("message {message_id} is one of user {sender}")]
    NotOwnMessage {
        /// The message.
        message_id: MessageId,
        /// Whose it is.
        sender: UserId,
    },
    /// The file was not uploaded.
    #[error(transparent)]
    Upload(#[from] UploadError),
    /// The file does not decrypt.
    #[error(transparent)]
    Media(#[from] MediaError),
    /// The file on this side could not be read or written.
    #[error("the file: {0}")]
    File(#[source] std::io::Error),
    /// The registration's answer was lost, or it was refused; `register` takes it up again.
    #[error("registration failed: {0}")]
    Registration(#[source] Box<Error>),
    /// The random number generator failed.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// The runtime was shut down in between.
    #[error("broken off because the runtime shuts down")]
    BrokenOff,
}

/// Users in a sentence, the first few of them.
struct List<'a>(&'a [UserId]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 5;
        f.write_str(if self.0.len() == 1 { "user" } else { "users" })?;
        for (index, user) in self.0.iter().take(SHOWN).enumerate() {
            write!(f, "{} {user}", if index == 0 { "" } else { "," })?;
        }
        match self.0.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " and {more} more"),
        }
    }
}

impl SessionError {
    /// Whether somebody else has changed what was to be written: it is read again then.
    pub(super) const fn is_conflict(&self) -> bool {
        matches!(self, Self::Vault(error) if error.is_conflict())
    }

    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Vault(error) => error.code(),
            Self::Call(error) | Self::Registration(error) => error.code(),
            Self::Paging(error) => error.code(),
            Self::NotRegistered { .. } => "session.not_registered",
            Self::RegisteredElsewhere { .. } => "session.registered_elsewhere",
            Self::OtherSuite { .. } => "session.other_suite",
            Self::OtherUser { .. } => "session.other_user",
            Self::EventsIncomplete { .. } => "session.events_incomplete",
            Self::DirectoryIncomplete => "session.directory_incomplete",
            Self::Record(error) => error.code(),
            Self::KeysChanged { .. } => "session.keys_changed",
            Self::NotVerified { .. } => "session.not_verified",
            Self::UnknownConversation { .. } => "session.unknown_conversation",
            Self::NotAGroup { .. } => "session.not_a_group",
            Self::RemovesOneself { .. } => "session.removes_oneself",
            Self::MembersDiffer { .. } => "session.members_differ",
            Self::Conversation(error) => error.code(),
            Self::Group(error) => error.code(),
            Self::Seal(error) => error.code(),
            Self::Sign(error) => error.code(),
            Self::Keyring(error) => error.code(),
            Self::NotDelivered { error, .. } | Self::Unsettled { error, .. } => error.code(),
            Self::Busy { .. } => "session.busy",
            Self::Overtaken { .. } => "session.overtaken",
            Self::Encrypt(error) => error.code(),
            Self::Request(error) => error.code(),
            Self::Action(error) => error.code(),
            Self::MessageUnsettled { error, .. } => error.code(),
            Self::NoSequenceId { .. } => "session.no_sequence_id",
            Self::NotOwnMessage { .. } => "session.not_own_message",
            Self::Upload(error) => error.code(),
            Self::Media(error) => error.code(),
            Self::File(_) => "session.file",
            Self::Random(error) => error.code(),
            Self::BrokenOff => "session.broken_off",
        }
    }
}

impl From<Error> for SessionError {
    fn from(error: Error) -> Self {
        Self::Call(Box::new(error))
    }
}

impl From<PagingError> for SessionError {
    fn from(error: PagingError) -> Self {
        match error {
            PagingError::Call(error) => error.into(),
            error => Self::Paging(Box::new(error)),
        }
    }
}
