//! What a new key is made for: a conversation that exists, a group that is created by it, or new
//! members of a group.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::signed::ActionSignature;
use crate::action::{ActionPayload, Layout};
use crate::context::ChangeContext;
use crate::group::{Addition, Creation, GroupCreate, MemberAdd, millis};
use crate::json::JsonWriter;
use crate::sign::SignError;
use crate::suite::SecretKeys;
use crate::wire::{self, GroupChange, GroupChangeEvent, MessageEventDetail};
use crate::{Conversation, UserId};

/// What a key change is made for; it decides which endpoint the request goes to.
///
/// [`KeysOnly`], [`GroupCreate`] or [`MemberAdd`].
pub trait ChangeKind: sealed::Kind {}

/// Nothing but a new key: `POST /2/chat/conversations/{id}/keys`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeysOnly;

impl ChangeKind for KeysOnly {}

/// With a group that comes into being: `POST /2/chat/conversations/group`.
impl ChangeKind for GroupCreate {}

/// With new members of a group: `POST /2/chat/conversations/{id}/members`.
impl ChangeKind for MemberAdd {}

pub(super) mod sealed {
    use super::*;

    /// The parts of a request that differ by kind.
    #[allow(private_interfaces)] // sealed: nobody outside can name or call any of it
    pub trait Kind: core::fmt::Debug {
        /// What a saved change calls it.
        const NAME: &'static str;

        /// Whether a group action is signed beside the key change.
        const HAS_ACTION: bool;

        /// Signs the group action, if there is one.
        fn sign(
            &self,
            keys: &SecretKeys,
            context: &ChangeContext,
            conversation: &Conversation,
        ) -> Result<Option<ActionSignature>, SignError>;

        /// Writes the members of the body that only this kind has.
        fn write_body(&self, conversation: &Conversation, json: &mut JsonWriter);
    }
}

#[allow(private_interfaces)]
impl sealed::Kind for KeysOnly {
    const NAME: &'static str = "keys";
    const HAS_ACTION: bool = false;

    fn sign(
        &self,
        _: &SecretKeys,
        _: &ChangeContext,
        _: &Conversation,
    ) -> Result<Option<ActionSignature>, SignError> {
        Ok(None)
    }

    fn write_body(&self, _: &Conversation, _: &mut JsonWriter) {}
}

#[allow(private_interfaces)]
impl sealed::Kind for GroupCreate {
    const NAME: &'static str = "group_create";
    const HAS_ACTION: bool = true;

    fn sign(
        &self,
        keys: &SecretKeys,
        context: &ChangeContext,
        conversation: &Conversation,
    ) -> Result<Option<ActionSignature>, SignError> {
        let signed: Creation = self.signed(conversation, context.key_version);
        let members = texts(&signed.members);
        let admins: Vec<String> = self.admins.iter().map(UserId::to_string).collect();
        let version = context.key_version.to_string();
        let change = GroupChange::Create(wire::GroupCreate {
            member_ids: refs(&members),
            admin_ids: refs(&admins),
            title: signed.title.as_ref().map(|title| title.as_str()),
            avatar_url: signed.avatar_url.as_ref().map(|url| url.as_str()),
            conversation_key_version: Some(&version),
            is_legacy_group_upgrade: signed.is_legacy_upgrade,
            ttl_msec: self.message_ttl.map(millis),
        });
        sign_action(keys, context, &signed.action(Layout::CURRENT), change).map(Some)
    }

    fn write_body(&self, conversation: &Conversation, json: &mut JsonWriter) {
        json.member("conversation_id", conversation.id());
        json.texts_member("group_members", conversation.members());
        json.texts_member("group_admins", &self.admins);
        if let Some(title) = &self.title {
            json.escaped_member("group_name", title.as_str());
        }
        if let Some(url) = &self.avatar_url {
            json.escaped_member("group_avatar_url", url.as_str());
        }
        if let Some(ttl) = self.message_ttl {
            json.member("ttl_msec", millis(ttl));
        }
    }
}

#[allow(private_interfaces)]
impl sealed::Kind for MemberAdd {
    const NAME: &'static str = "member_add";
    const HAS_ACTION: bool = true;

    fn sign(
        &self,
        keys: &SecretKeys,
        context: &ChangeContext,
        conversation: &Conversation,
    ) -> Result<Option<ActionSignature>, SignError> {
        let signed: Addition = self.signed(conversation, context.key_version);
        let lists = [&signed.new_members, &signed.current_members, &signed.admins];
        let [new, current, admins] = lists.map(|users| texts(users));
        let version = context.key_version.to_string();
        let change = GroupChange::MemberAdd(wire::GroupMemberAddChange {
            member_ids: refs(&new),
            current_member_ids: refs(&current),
            current_admin_ids: refs(&admins),
            current_title: signed.title.as_ref().map(|title| title.as_str()),
            current_avatar_url: signed.avatar_url.as_ref().map(|url| url.as_str()),
            conversation_key_version: Some(&version),
            current_ttl_msec: signed.ttl_msec,
            screen_capture_blocking_enabled: signed.screen_capture_blocking,
            ..Default::default()
        });
        sign_action(keys, context, &signed.action(Layout::CURRENT), change).map(Some)
    }

    fn write_body(&self, _: &Conversation, json: &mut JsonWriter) {
        json.texts_member("user_ids", &self.new_members);
    }
}

fn sign_action(
    keys: &SecretKeys,
    context: &ChangeContext,
    action: &ActionPayload<'_>,
    change: GroupChange<'_>,
) -> Result<ActionSignature, SignError> {
    let detail = MessageEventDetail::GroupChange(GroupChangeEvent {
        group_change: Some(change),
        for_key_rotation: Some(false),
    });
    let (signature, payload) = keys.sign_action(&context.action(), action)?;
    Ok(ActionSignature {
        message_id: context.message_id,
        detail: detail.encode()?,
        signature,
        payload,
    })
}

fn texts(users: &[UserId]) -> Vec<String> {
    users.iter().map(UserId::to_string).collect()
}

fn refs(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}
