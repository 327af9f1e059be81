//! Actions in the words of the plan, which are those of what a reader finds, too.

use std::time::Duration;

use sealpost_crypto::*;
use serde::{Deserialize, Serialize};

use crate::Outcome;

#[derive(Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Deed {
    DeleteMessages { messages: Vec<SequenceId>, for_all: bool },
    DeleteConversation { clear_all_messages: Option<bool>, sort_order: Option<u64> },
    MarkRead { seen_until: SequenceId, seen_at: Option<u64> },
    MarkUnread { seen_until: Option<SequenceId> },
    Title { title: Option<String>, key_version: KeyVersion },
    Avatar { avatar_url: Option<String>, key_version: KeyVersion },
    AddAdmins { users: Vec<UserId> },
    RemoveAdmins { users: Vec<UserId> },
    RemoveMembers { users: Vec<UserId> },
    EnableInvite { url: String, expires_at: Option<u64>, affiliate_id: Option<String> },
    DisableInvite { user: UserId },
    RequestToJoin { user: UserId },
    RejectJoin { users: Vec<UserId> },
    SetMessageTtl { ttl_msec: u64, applies_to_all: Option<bool> },
    RemoveMessageTtl,
    Mute { conversations: Vec<String> },
    Unmute { conversations: Vec<String> },
    ScreenCapture { blocking: bool, enabled: bool },
}

impl Deed {
    pub(crate) fn action(&self) -> Outcome<Action> {
        let millis = |millis: &Option<u64>| millis.map(UnixMillis::new);
        Ok(match self {
            Self::DeleteMessages { messages, for_all: true } => {
                Action::delete_for_everybody(messages.iter().copied())?
            }
            Self::DeleteMessages { messages, for_all: false } => {
                Action::delete_for_oneself(messages.iter().copied())?
            }
            Self::DeleteConversation { clear_all_messages, sort_order } => {
                Action::DeleteConversation {
                    clear_all_messages: *clear_all_messages,
                    sort_order: millis(sort_order),
                }
            }
            Self::MarkRead { seen_until, seen_at } => {
                Action::MarkRead { seen_until: *seen_until, seen_at: millis(seen_at) }
            }
            Self::MarkUnread { seen_until } => Action::MarkUnread { seen_until: *seen_until },
            Self::Title { title, key_version } => Action::ChangeTitle {
                title: title.as_deref().map(str::parse).transpose()?,
                key_version: *key_version,
            },
            Self::Avatar { avatar_url, key_version } => Action::ChangeAvatar {
                avatar_url: avatar_url.as_deref().map(str::parse).transpose()?,
                key_version: *key_version,
            },
            Self::AddAdmins { users } => Action::AddAdmins(users.clone()),
            Self::RemoveAdmins { users } => Action::RemoveAdmins(users.clone()),
            Self::RemoveMembers { users } => Action::RemoveMembers(users.clone()),
            Self::EnableInvite { url, expires_at, affiliate_id } => Action::EnableInvite {
                url: url.parse()?,
                expires_at: millis(expires_at),
                affiliate_id: affiliate_id.as_deref().map(str::parse).transpose()?,
            },
            Self::DisableInvite { user } => Action::DisableInvite { by: *user },
            Self::RequestToJoin { user } => Action::RequestToJoin { user: *user },
            Self::RejectJoin { users } => Action::RejectJoin(users.clone()),
            Self::SetMessageTtl { ttl_msec, applies_to_all } => Action::SetMessageTtl {
                ttl: Duration::from_millis(*ttl_msec).into(),
                applies_to_all: applies_to_all.map(Unsigned::new),
            },
            Self::RemoveMessageTtl => Action::RemoveMessageTtl,
            Self::Mute { conversations } => Action::Mute(muted(conversations)?),
            Self::Unmute { conversations } => Action::Unmute(muted(conversations)?),
            Self::ScreenCapture { blocking, enabled } => Action::SetScreenCapture {
                setting: match blocking {
                    true => ScreenCapture::Blocking,
                    false => ScreenCapture::Detection,
                },
                enabled: *enabled,
            },
        })
    }

    /// `None` for an action that this program does not know.
    pub(crate) fn of(action: &Action) -> Option<Self> {
        let millis = |time: &Option<UnixMillis>| time.map(UnixMillis::as_u64);
        Some(match action {
            Action::DeleteMessages(delete) => Self::DeleteMessages {
                messages: delete.sequence_ids().to_vec(),
                for_all: delete.scope() == DeleteFor::All,
            },
            Action::DeleteConversation { clear_all_messages, sort_order } => {
                Self::DeleteConversation {
                    clear_all_messages: *clear_all_messages,
                    sort_order: millis(sort_order),
                }
            }
            Action::MarkRead { seen_until, seen_at } => {
                Self::MarkRead { seen_until: *seen_until, seen_at: millis(seen_at) }
            }
            Action::MarkUnread { seen_until } => Self::MarkUnread { seen_until: *seen_until },
            Action::ChangeTitle { title, key_version } => Self::Title {
                title: title.as_ref().map(|title| title.as_str().to_owned()),
                key_version: *key_version,
            },
            Action::ChangeAvatar { avatar_url, key_version } => Self::Avatar {
                avatar_url: avatar_url.as_ref().map(|url| url.as_str().to_owned()),
                key_version: *key_version,
            },
            Action::AddAdmins(users) => Self::AddAdmins { users: users.clone() },
            Action::RemoveAdmins(users) => Self::RemoveAdmins { users: users.clone() },
            Action::RemoveMembers(users) => Self::RemoveMembers { users: users.clone() },
            Action::EnableInvite { url, expires_at, affiliate_id } => Self::EnableInvite {
                url: url.as_str().to_owned(),
                expires_at: millis(expires_at),
                affiliate_id: affiliate_id.as_ref().map(|id| id.as_str().to_owned()),
            },
            Action::DisableInvite { by } => Self::DisableInvite { user: *by },
            Action::RequestToJoin { user } => Self::RequestToJoin { user: *user },
            Action::RejectJoin(users) => Self::RejectJoin { users: users.clone() },
            Action::SetMessageTtl { ttl, applies_to_all } => Self::SetMessageTtl {
                ttl_msec: ttl.to_string().parse().ok()?,
                applies_to_all: applies_to_all.map(Unsigned::into_claim),
            },
            Action::RemoveMessageTtl => Self::RemoveMessageTtl,
            Action::Mute(ids) => Self::Mute { conversations: spelled(ids) },
            Action::Unmute(ids) => Self::Unmute { conversations: spelled(ids) },
            Action::SetScreenCapture { setting, enabled } => Self::ScreenCapture {
                blocking: *setting == ScreenCapture::Blocking,
                enabled: *enabled,
            },
            _ => return None,
        })
    }
}

fn muted(conversations: &[String]) -> Outcome<MutedConversations> {
    let ids = conversations.iter().map(|id| id.parse());
    Ok(MutedConversations::new(ids.collect::<Result<Vec<ConversationId>, _>>()?))
}

fn spelled(ids: &MutedConversations) -> Vec<String> {
    ids.iter().map(str::to_owned).collect()
}
