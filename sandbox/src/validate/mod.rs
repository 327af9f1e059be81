//! The contract, held to the letter, as pure functions from what was sent to a value or a problem.

mod action;
mod detail;
mod fields;
mod group_detail;
mod groups;
mod ids;
mod injection;
mod keys;
mod media;
mod messages;
mod query;
mod registration;
mod selectors;

pub(crate) use action::{Action, action_path, missing_action_signatures};
pub(crate) use group_detail::SignedGroup;
pub(crate) use groups::{
    GROUP_ID, GroupCreation, GroupDetails, MEMBERS, MemberAddition, NEW_MEMBERS,
};
pub(crate) use ids::{conversation, hash_key, session, user};
pub(crate) use injection::{FaultInjections, fault_injections, oauth_fault};
pub(crate) use keys::{Change, ENTRIES, VERSION, entry_path};
pub(crate) use media::{
    CONVERSATION, Finalization, FormPart, HASH_KEY, Initialization, PARTS, SEGMENT_INDEX, Segment,
};
pub(crate) use messages::{
    Deletion, MESSAGE_EVENT, MESSAGE_SIGNATURE, Message, SEEN_UNTIL, media_key_path, seen_until,
    sequence_path,
};
pub(crate) use query::Query;
pub(crate) use registration::{Registration, VersionChoice};
pub(crate) use selectors::Selector;
