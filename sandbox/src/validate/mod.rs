//! The contract, held to the letter, as pure functions from what was sent to a value or a problem.

mod action;
mod detail;
mod fields;
mod group_detail;
mod groups;
mod ids;
mod injection;
mod keys;
mod query;
mod registration;

pub(crate) use action::{Action, action_path, missing_action_signatures};
pub(crate) use group_detail::SignedGroup;
pub(crate) use groups::{
    GROUP_ID, GroupCreation, GroupDetails, MEMBERS, MemberAddition, NEW_MEMBERS,
};
pub(crate) use ids::{conversation, user};
pub(crate) use injection::{fault_injection, oauth_fault};
pub(crate) use keys::{Change, ENTRIES, VERSION, entry_path};
pub(crate) use query::Query;
pub(crate) use registration::{Registration, VersionChoice};
