//! The contract, held to the letter, as pure functions from what was sent to a value or a problem.

mod detail;
mod fields;
mod ids;
mod injection;
mod keys;
mod query;
mod registration;

pub(crate) use ids::{conversation, user};
pub(crate) use injection::fault_injection;
pub(crate) use keys::{
    Action, ENTRIES, KeysRequest, SIGNER_KEY_VERSION, VERSION, entry_path,
    missing_action_signatures,
};
pub(crate) use query::Query;
pub(crate) use registration::{Registration, VersionChoice};
