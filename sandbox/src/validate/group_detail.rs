//! The event detail of a group change against the body that carries it. Every refusal completes the
//! sentence `FIELD ...`.

use std::collections::BTreeSet;

use sealpost_crypto::wire::{GroupChange, GroupChangeEvent, MessageEventDetail};
use sealpost_crypto::{KeyVersion, UserId};

use super::groups::GroupDetails;

/// A group as an action of it describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SignedGroup {
    pub(crate) members: BTreeSet<UserId>,
    pub(crate) details: GroupDetails,
}

/// Refuses a detail that is not the creation of this very group.
pub(super) fn check_creation(
    detail: &[u8],
    version: KeyVersion,
    members: &BTreeSet<UserId>,
    details: &GroupDetails,
) -> Result<(), String> {
    let GroupChange::Create(create) = group_change(detail)? else {
        return Err("must be a GroupChangeEvent that creates a group".to_owned());
    };
    check_version(create.conversation_key_version, version)?;
    if users(&create.member_ids)? != *members {
        return Err("must have the body's group_members".to_owned());
    }
    if users(&create.admin_ids)? != details.admins {
        return Err("must have the body's group_admins".to_owned());
    }
    if create.title != details.title.as_deref() {
        return Err("must have the body's group_name, byte for byte".to_owned());
    }
    if create.avatar_url != details.avatar_url.as_deref() {
        return Err("must have the body's group_avatar_url, byte for byte".to_owned());
    }
    if create.ttl_msec != details.ttl_msec {
        return Err("must have the body's ttl_msec".to_owned());
    }
    Ok(())
}

/// Refuses a detail that does not add these very members, and says what it takes the group for.
pub(super) fn read_addition(
    detail: &[u8],
    version: KeyVersion,
    new_members: &[UserId],
) -> Result<SignedGroup, String> {
    let GroupChange::MemberAdd(add) = group_change(detail)? else {
        return Err("must be a GroupChangeEvent that adds members".to_owned());
    };
    check_version(add.conversation_key_version, version)?;
    if users(&add.member_ids)? != new_members.iter().copied().collect() {
        return Err("must add the body's user_ids".to_owned());
    }
    Ok(SignedGroup {
        members: users(&add.current_member_ids)?,
        details: GroupDetails {
            admins: users(&add.current_admin_ids)?,
            title: add.current_title.map(str::to_owned),
            avatar_url: add.current_avatar_url.map(str::to_owned),
            ttl_msec: add.current_ttl_msec,
        },
    })
}

fn group_change(detail: &[u8]) -> Result<GroupChange<'_>, String> {
    let decoded = MessageEventDetail::decode(detail)
        .map_err(|error| format!("must be a Thrift MessageEventDetail: {error}"))?;
    match decoded {
        MessageEventDetail::GroupChange(GroupChangeEvent {
            group_change: Some(change), ..
        }) => Ok(change),
        _ => Err("must be a GroupChangeEvent".to_owned()),
    }
}

fn check_version(signed: Option<&str>, version: KeyVersion) -> Result<(), String> {
    if signed == Some(version.to_string().as_str()) {
        Ok(())
    } else {
        Err(format!("must have the body's conversation_key_version, {version}"))
    }
}

/// User ids, each once.
fn users(texts: &[&str]) -> Result<BTreeSet<UserId>, String> {
    let users: BTreeSet<UserId> = texts
        .iter()
        .map(|text| text.parse().map_err(|error| format!("must have user ids: {error}")))
        .collect::<Result<_, _>>()?;
    if users.len() == texts.len() { Ok(users) } else { Err("must name a user once".to_owned()) }
}
