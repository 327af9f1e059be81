//! The bodies of `POST /2/chat/conversations/group` and `POST .../{id}/members`.

use std::collections::BTreeSet;

use sealpost_crypto::{ConversationId, UserId};

use super::action::{self, Payload};
use super::fields::{Field, Object};
use super::group_detail::{self, SignedGroup};
use super::keys::{Change, Keys};
use crate::contract::Contract;
use crate::json::Json;
use crate::operation::Operation;
use crate::problem::Problem;

pub(crate) const GROUP_ID: &str = "conversation_id";
pub(crate) const MEMBERS: &str = "group_members";
pub(crate) const NEW_MEMBERS: &str = "user_ids";

/// What is known of a group besides its members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct GroupDetails {
    pub(crate) admins: BTreeSet<UserId>,
    pub(crate) title: Option<String>,
    pub(crate) avatar_url: Option<String>,
    pub(crate) ttl_msec: Option<i64>,
}

/// A new group, complete and consistent in itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct GroupCreation {
    pub(crate) group: ConversationId,
    pub(crate) members: BTreeSet<UserId>,
    pub(crate) details: GroupDetails,
    pub(crate) change: Change,
}

/// New members of a group, complete and consistent in itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MemberAddition {
    /// In the order of the body.
    pub(crate) new_members: Vec<UserId>,
    /// The group before, in the view of the signer.
    pub(crate) signed: SignedGroup,
    pub(crate) change: Change,
}

impl GroupCreation {
    pub(crate) fn parse(body: &Json, contract: Contract) -> Result<Self, Problem> {
        let body = Field::body(body).object()?;
        let id = body.required(GROUP_ID)?.text()?;
        let group = id
            .as_str()
            .parse()
            .ok()
            .filter(|group: &ConversationId| group.is_group())
            .ok_or_else(|| id.refuse("must be the id of a group, ^g[0-9]{1,19}$"))?;
        let members: BTreeSet<UserId> = users(body.required(MEMBERS)?)?.into_iter().collect();
        let details = parse_details(&body, &members)?;
        body.optional_text("group_description")?;
        let keys = Keys::parse(&body)?;
        let [key_change, creation] = action::list(&body, Operation::CreateChatConversation)?;
        let key_change = keys.parse_action(key_change, contract)?;
        let check =
            |detail: &[u8]| group_detail::check_creation(detail, keys.version, &members, &details);
        let (creation, ()) = action::parse(creation, contract, Payload::Allowed, check)?;
        action::check_distinct(&key_change, &creation)?;
        let change = Change { keys, key_change, group_change: Some(creation) };
        Ok(Self { group, members, details, change })
    }
}

impl MemberAddition {
    pub(crate) fn parse(body: &Json, contract: Contract) -> Result<Self, Problem> {
        let body = Field::body(body).object()?;
        let new_members = users(body.required(NEW_MEMBERS)?)?;
        let title = optional_text(&body, "encrypted_title")?;
        let avatar_url = optional_text(&body, "encrypted_avatar_url")?;
        let keys = Keys::parse(&body)?;
        let [key_change, addition] = action::list(&body, Operation::AddChatGroupMembers)?;
        let key_change = keys.parse_action(key_change, contract)?;
        let read = |detail: &[u8]| {
            let signed = group_detail::read_addition(detail, keys.version, &new_members)?;
            // The body need not repeat them.
            for (sent, signed) in
                [(&title, &signed.details.title), (&avatar_url, &signed.details.avatar_url)]
            {
                if sent.is_some() && sent != signed {
                    return Err("must have the body's title and avatar URL".to_owned());
                }
            }
            Ok(signed)
        };
        let (addition, signed) = action::parse(addition, contract, Payload::Allowed, read)?;
        action::check_distinct(&key_change, &addition)?;
        let change = Change { keys, key_change, group_change: Some(addition) };
        Ok(Self { new_members, signed, change })
    }
}

fn parse_details(body: &Object<'_>, members: &BTreeSet<UserId>) -> Result<GroupDetails, Problem> {
    const ADMINS: &str = "group_admins";
    let admins = body.optional(ADMINS).map_or_else(|| Ok(Vec::new()), list_of_users)?;
    if let Some(index) = admins.iter().position(|admin| !members.contains(admin)) {
        let path = format!("{ADMINS}[{index}]");
        let detail = format!("{path} is not one of {MEMBERS}.");
        return Err(Problem::invalid(path, detail));
    }
    let ttl_msec = match body.optional("ttl_msec") {
        None => None,
        Some(field) => {
            let ttl = field.text()?;
            let number = ttl.as_str().parse().ok().filter(|ttl: &i64| *ttl > 0);
            let positive = number.filter(|number| number.to_string() == ttl.as_str());
            Some(positive.ok_or_else(|| ttl.refuse("must be a positive decimal number"))?)
        }
    };
    Ok(GroupDetails {
        admins: admins.into_iter().collect(),
        title: optional_text(body, "group_name")?,
        avatar_url: optional_text(body, "group_avatar_url")?,
        ttl_msec,
    })
}

fn optional_text(body: &Object<'_>, name: &str) -> Result<Option<String>, Problem> {
    body.optional(name).map(|field| field.text().map(|text| text.as_str().to_owned())).transpose()
}

/// At least one user, each once.
fn users(field: Field<'_>) -> Result<Vec<UserId>, Problem> {
    let empty = field.refuse("must not be empty");
    let users = list_of_users(field)?;
    if users.is_empty() { Err(empty) } else { Ok(users) }
}

fn list_of_users(field: Field<'_>) -> Result<Vec<UserId>, Problem> {
    let mut seen = BTreeSet::new();
    let user = |field: Field<'_>| {
        let text = field.text()?;
        let user: UserId = text.decimal()?;
        if seen.insert(user) { Ok(user) } else { Err(text.refuse("names a user twice")) }
    };
    field.list()?.into_iter().map(user).collect()
}
