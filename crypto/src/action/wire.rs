//! Actions in and out of X's structs.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;
use core::fmt::Display;
use core::str::FromStr;

use super::mute::IdText;
use super::{Action, DeleteFor, DeleteMessages, MutedConversations, ScreenCapture};
use crate::event::{EventError, EventField, id};
use crate::wire::{
    ConversationDeleteEvent, ConversationDeleteOptions, ConversationMetadataChange,
    ConversationMetadataChangeEvent, GroupAvatarUrlChange, GroupChange, GroupChangeEvent,
    GroupInviteEnable, GroupTitleChange, IdList, MarkConversationReadEvent,
    MarkConversationUnreadEvent, MessageDeleteEvent, MessageEventDetail, SingleId, WireError,
};
use crate::{ConversationId, GroupTextError, MessageTtl, UnixMillis, Unsigned, UserId};

impl Action {
    /// The detail of the event, as a request carries it.
    pub(super) fn encode(&self, conversation: ConversationId) -> Result<Vec<u8>, WireError> {
        let detail = |detail: MessageEventDetail<'_>| detail.encode();
        match self {
            Self::DeleteMessages(delete) => {
                let ids = texts(&delete.messages);
                detail(MessageEventDetail::MessageDelete(MessageDeleteEvent {
                    sequence_ids: refs(&ids),
                    delete_message_action: Some(i32::from(*delete.scope.number())),
                }))
            }
            Self::DeleteConversation { clear_all_messages, sort_order } => {
                let id = conversation.to_string();
                detail(MessageEventDetail::ConversationDelete(ConversationDeleteEvent {
                    conversation_id: Some(&id),
                    options: Some(ConversationDeleteOptions {
                        clear_all_messages: *clear_all_messages,
                        sort_order_msec: sort_order.and_then(UnixMillis::as_wire),
                    }),
                }))
            }
            Self::MarkRead { seen_until, seen_at } => {
                let id = seen_until.to_string();
                detail(MessageEventDetail::MarkConversationRead(MarkConversationReadEvent {
                    seen_until_sequence_id: Some(&id),
                    seen_at_millis: seen_at.and_then(UnixMillis::as_wire),
                }))
            }
            Self::MarkUnread { seen_until } => {
                let id = seen_until.map(|id| id.to_string());
                detail(MessageEventDetail::MarkConversationUnread(MarkConversationUnreadEvent {
                    seen_until_sequence_id: id.as_deref(),
                }))
            }
            Self::ChangeTitle { title, key_version } => {
                group(GroupChange::TitleChange(GroupTitleChange {
                    custom_title: title.as_ref().map(|title| title.as_str()),
                    conversation_key_version: Some(&key_version.to_string()),
                }))
            }
            Self::ChangeAvatar { avatar_url, key_version } => {
                group(GroupChange::AvatarUrlChange(GroupAvatarUrlChange {
                    custom_avatar_url: avatar_url.as_ref().map(|url| url.as_str()),
                    conversation_key_version: Some(&key_version.to_string()),
                }))
            }
            Self::AddAdmins(users) => {
                group(GroupChange::AdminAdd(IdList { ids: refs(&texts(users)) }))
            }
            Self::RemoveAdmins(users) => {
                group(GroupChange::AdminRemove(IdList { ids: refs(&texts(users)) }))
            }
            Self::RemoveMembers(users) => {
                group(GroupChange::MemberRemove(IdList { ids: refs(&texts(users)) }))
            }
            Self::EnableInvite { url, expires_at, affiliate_id } => {
                group(GroupChange::InviteEnable(GroupInviteEnable {
                    expires_at_msec: expires_at.and_then(UnixMillis::as_wire),
                    invite_url: Some(url.as_str()),
                    affiliate_id: affiliate_id.as_ref().map(|id| id.as_str()),
                }))
            }
            Self::DisableInvite { by } => {
                group(GroupChange::InviteDisable(SingleId { id: Some(&by.to_string()) }))
            }
            Self::RequestToJoin { user } => {
                group(GroupChange::JoinRequest(SingleId { id: Some(&user.to_string()) }))
            }
            Self::RejectJoin(users) => {
                group(GroupChange::JoinReject(IdList { ids: refs(&texts(users)) }))
            }
            Self::SetMessageTtl { ttl, applies_to_all } => {
                setting(ConversationMetadataChange::MessageDuration {
                    ttl_msec: Some(ttl.as_wire()),
                    apply_to_all_messages: applies_to_all.map(Unsigned::into_claim),
                })
            }
            Self::RemoveMessageTtl => setting(ConversationMetadataChange::MessageDurationRemove {
                current_ttl_msec: None,
            }),
            Self::Mute(ids) => setting(ConversationMetadataChange::Mute(ids.iter().collect())),
            Self::Unmute(ids) => setting(ConversationMetadataChange::Unmute(ids.iter().collect())),
            Self::SetScreenCapture { setting: kind, enabled } => setting(match (kind, enabled) {
                (ScreenCapture::Detection, true) => {
                    ConversationMetadataChange::EnableScreenCaptureDetection
                }
                (ScreenCapture::Detection, false) => {
                    ConversationMetadataChange::DisableScreenCaptureDetection
                }
                (ScreenCapture::Blocking, true) => {
                    ConversationMetadataChange::EnableScreenCaptureBlocking
                }
                (ScreenCapture::Blocking, false) => {
                    ConversationMetadataChange::DisableScreenCaptureBlocking
                }
            }),
        }
    }

    /// The action of an event's detail; `None` for one that is none, or that nobody knows.
    pub(crate) fn from_wire(detail: &MessageEventDetail<'_>) -> Result<Option<Self>, EventError> {
        Ok(Some(match detail {
            MessageEventDetail::MessageDelete(event) => {
                let scope = event
                    .delete_message_action
                    .ok_or(EventError::Missing(EventField::DeleteAction))?;
                let field = EventField::DeletedMessages;
                Self::DeleteMessages(DeleteMessages {
                    scope: DeleteFor::from_number(scope)
                        .ok_or(EventError::OutOfRange(EventField::DeleteAction))?,
                    messages: ids(&event.sequence_ids, field, field)?,
                })
            }
            MessageEventDetail::ConversationDelete(event) => {
                let options = event.options.unwrap_or_default();
                Self::DeleteConversation {
                    clear_all_messages: options.clear_all_messages,
                    sort_order: moment(options.sort_order_msec, EventField::SeenAt)?,
                }
            }
            MessageEventDetail::MarkConversationRead(event) => Self::MarkRead {
                seen_until: id(event.seen_until_sequence_id, EventField::SeenUntil)?,
                seen_at: moment(event.seen_at_millis, EventField::SeenAt)?,
            },
            MessageEventDetail::MarkConversationUnread(event) => Self::MarkUnread {
                seen_until: event
                    .seen_until_sequence_id
                    .map(|text| id(Some(text), EventField::SeenUntil))
                    .transpose()?,
            },
            MessageEventDetail::GroupChange(event) => match &event.group_change {
                Some(change) => return Self::from_group_change(change),
                None => return Ok(None),
            },
            MessageEventDetail::ConversationMetadataChange(event) => match &event.change {
                Some(change) => return Self::from_setting(change),
                None => return Ok(None),
            },
            _ => return Ok(None),
        }))
    }

    fn from_group_change(change: &GroupChange<'_>) -> Result<Option<Self>, EventError> {
        Ok(Some(match change {
            GroupChange::TitleChange(change) => Self::ChangeTitle {
                title: text(present(change.custom_title))?,
                key_version: id(change.conversation_key_version, EventField::KeyVersion)?,
            },
            GroupChange::AvatarUrlChange(change) => Self::ChangeAvatar {
                avatar_url: text(present(change.custom_avatar_url))?,
                key_version: id(change.conversation_key_version, EventField::KeyVersion)?,
            },
            GroupChange::AdminAdd(list) => Self::AddAdmins(users(list)?),
            GroupChange::AdminRemove(list) => Self::RemoveAdmins(users(list)?),
            GroupChange::MemberRemove(list) => Self::RemoveMembers(users(list)?),
            GroupChange::InviteEnable(invite) => Self::EnableInvite {
                url: text(invite.invite_url)?.ok_or(EventError::Missing(EventField::InviteUrl))?,
                expires_at: moment(invite.expires_at_msec, EventField::InviteExpiry)?,
                affiliate_id: text(invite.affiliate_id)?,
            },
            GroupChange::InviteDisable(user) => {
                Self::DisableInvite { by: id(user.id, EventField::GroupUserId)? }
            }
            GroupChange::JoinRequest(user) => {
                Self::RequestToJoin { user: id(user.id, EventField::GroupUserId)? }
            }
            GroupChange::JoinReject(list) => Self::RejectJoin(users(list)?),
            GroupChange::Create(_) | GroupChange::MemberAdd(_) | GroupChange::Other(_) => {
                return Ok(None);
            }
        }))
    }

    fn from_setting(change: &ConversationMetadataChange<'_>) -> Result<Option<Self>, EventError> {
        use ConversationMetadataChange as Change;
        let capture = |setting, enabled| Ok(Some(Self::SetScreenCapture { setting, enabled }));
        match change {
            Change::MessageDuration { ttl_msec, apply_to_all_messages } => {
                let field = EventField::MessageTtl;
                let ttl = ttl_msec.ok_or(EventError::Missing(field))?;
                Ok(Some(Self::SetMessageTtl {
                    ttl: MessageTtl::from_wire(ttl).ok_or(EventError::OutOfRange(field))?,
                    applies_to_all: apply_to_all_messages.map(Unsigned::new),
                }))
            }
            Change::MessageDurationRemove { .. } => Ok(Some(Self::RemoveMessageTtl)),
            Change::Mute(ids) => muted(ids).map(Self::Mute).map(Some),
            Change::Unmute(ids) => muted(ids).map(Self::Unmute).map(Some),
            Change::EnableScreenCaptureDetection => capture(ScreenCapture::Detection, true),
            Change::DisableScreenCaptureDetection => capture(ScreenCapture::Detection, false),
            Change::EnableScreenCaptureBlocking => capture(ScreenCapture::Blocking, true),
            Change::DisableScreenCaptureBlocking => capture(ScreenCapture::Blocking, false),
            Change::Other(_) => Ok(None),
        }
    }
}

fn group(change: GroupChange<'_>) -> Result<Vec<u8>, WireError> {
    let event = GroupChangeEvent { group_change: Some(change), for_key_rotation: Some(false) };
    MessageEventDetail::GroupChange(event).encode()
}

fn setting(change: ConversationMetadataChange<'_>) -> Result<Vec<u8>, WireError> {
    let event = ConversationMetadataChangeEvent { change: Some(change) };
    MessageEventDetail::ConversationMetadataChange(event).encode()
}

fn texts(ids: &[impl Display]) -> Vec<String> {
    ids.iter().map(|id| id.to_string()).collect()
}

fn refs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// A list of ids that names somebody or something.
fn ids<T: FromStr<Err = crate::IdError>>(
    texts: &[&str],
    list: EventField,
    element: EventField,
) -> Result<Vec<T>, EventError> {
    if texts.is_empty() {
        return Err(EventError::Missing(list));
    }
    texts.iter().map(|text| id(Some(text), element)).collect()
}

fn users(list: &IdList<'_>) -> Result<Vec<UserId>, EventError> {
    ids(&list.ids, EventField::GroupUserIds, EventField::GroupUserId)
}

fn muted(texts: &[&str]) -> Result<MutedConversations, EventError> {
    let field = EventField::MutedConversations;
    let ids = texts.iter().map(|text| IdText::new(text).ok_or(EventError::OutOfRange(field)));
    ids.collect::<Result<_, _>>().map(MutedConversations)
}

fn moment(millis: Option<i64>, field: EventField) -> Result<Option<UnixMillis>, EventError> {
    millis
        .map(|millis| UnixMillis::from_wire(millis).ok_or(EventError::OutOfRange(field)))
        .transpose()
}

fn text<T: FromStr<Err = GroupTextError>>(value: Option<&str>) -> Result<Option<T>, EventError> {
    value.map(|text| text.parse().map_err(EventError::GroupText)).transpose()
}

/// X signs an empty text and an absent one alike.
fn present(text: Option<&str>) -> Option<&str> {
    text.filter(|text| !text.is_empty())
}
