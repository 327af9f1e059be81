//! Groups: what a plan says about one, and what this library finds in an action that others made.

use std::time::Duration;

use sealpost_crypto::*;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::Outcome;

/// A group that is created; or, where there are new members, one that they are added to.
#[derive(Deserialize)]
pub(crate) struct PlannedGroup {
    new_members: Vec<UserId>,
    admins: Vec<UserId>,
    title: Option<String>,
    avatar_url: Option<String>,
    ttl_msec: Option<u64>,
    screen_capture_blocking: Option<bool>,
}

impl PlannedGroup {
    pub(crate) fn is_new(&self) -> bool {
        self.new_members.is_empty()
    }

    pub(crate) fn creation(&self) -> Outcome<GroupCreate> {
        let mut group = GroupCreate::new(self.admins.iter().copied());
        if let Some(title) = &self.title {
            group = group.title(title.parse()?);
        }
        if let Some(url) = &self.avatar_url {
            group = group.avatar_url(url.parse()?);
        }
        if let Some(ttl) = self.ttl_msec {
            group = group.message_ttl(Duration::from_millis(ttl));
        }
        Ok(group)
    }

    pub(crate) fn addition(&self) -> Outcome<MemberAdd> {
        let addition = MemberAdd::new(self.new_members.iter().copied(), self.creation()?);
        Ok(match self.screen_capture_blocking {
            Some(enabled) => addition.screen_capture_blocking(enabled),
            None => addition,
        })
    }
}

/// What a group action says once it is verified, or an error's code.
pub(crate) fn verified_facts(
    event: &EncodedEvent,
    before: &Conversation,
    signers: &[&Participant],
) -> Result<Value, &'static str> {
    let (signers, strict) = (signers.iter().copied(), ReadPolicy::strict());
    match event.parse().map_err(|error| error.code())? {
        ChatEvent::GroupCreate(event) => {
            let verified =
                event.verify(before.id(), signers, strict).map_err(|error| error.code())?;
            Ok(json!({
                "message_id": verified.message_id(),
                "sender_id": verified.sender(),
                "conversation_id": verified.conversation().id(),
                "key_version": verified.key_version(),
                "members_now": verified.conversation().members().collect::<Vec<_>>(),
                "admins": verified.unsigned_admins(),
                "title": verified.title().map(GroupTitle::as_str),
                "avatar_url": verified.avatar_url().map(AvatarUrl::as_str),
                "ttl_msec": verified.unsigned_message_ttl().as_ref().map(Duration::as_millis),
            }))
        }
        ChatEvent::MemberAdd(event) => {
            let verified = event.verify(before, signers, strict).map_err(|error| error.code())?;
            let now = verified.conversation().map_err(|error| error.code())?;
            Ok(json!({
                "message_id": verified.message_id(),
                "sender_id": verified.sender(),
                "conversation_id": verified.conversation_id(),
                "key_version": verified.key_version(),
                "members_now": now.members().collect::<Vec<_>>(),
                "new_members": verified.new_members(),
                "admins": verified.admins(),
                "title": verified.title().map(GroupTitle::as_str),
                "avatar_url": verified.avatar_url().map(AvatarUrl::as_str),
                "ttl_msec": verified.message_ttl().as_ref().map(Duration::as_millis),
                "screen_capture_blocking": verified.screen_capture_blocking(),
                "invite_url": verified.invite_url().map(InviteUrl::as_str),
            }))
        }
        _ => Err("not_a_group_action"),
    }
}
