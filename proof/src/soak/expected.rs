//! Which errors the faults and the others' doings explain. All others are found out.

use sealpost::{DeliveryError, Error, SessionError};

/// The name of an error, with the status where a server refused.
pub(super) fn code(error: &SessionError) -> String {
    let call = match error {
        SessionError::Call(error)
        | SessionError::Registration(error)
        | SessionError::MessageUnsettled { error, .. }
        | SessionError::NotDelivered { error: DeliveryError::Failed { error, .. }, .. }
        | SessionError::Unsettled { error: DeliveryError::Failed { error, .. }, .. } => Some(error),
        _ => None,
    };
    match call.map(|error| (&**error, error.status())) {
        Some((Error::Refused(_), Some(status))) => format!("{} {}", error.code(), status.as_u16()),
        _ => error.code().to_owned(),
    }
}

/// What faults do to a call, and whoever was removed from a group hears of it.
const BY_FAULTS: [&str; 14] = [
    "transport.accepted_with_errors",
    "transport.body_too_large",
    "transport.conversation_id_mismatch",
    "transport.forbidden",
    "transport.interrupted",
    "transport.malformed_response",
    "transport.quota_exhausted",
    "transport.rate_limited",
    "transport.timeout",
    "transport.unauthorized",
    "transport.unclear",
    "transport.unprocessed",
    "session.directory_incomplete",
    "session.events_incomplete",
];
/// What comes of others who do something at the same time.
const BY_OTHERS: [&str; 6] = [
    "transport.superseded",
    "transport.not_permitted",
    "session.busy",
    "session.key_rotated",
    "session.members_differ",
    "session.overtaken",
];

/// What `docs/sessions.md` says of removals, which no event tells.
pub(super) fn is_of_a_removal(code: &str) -> bool {
    matches!(code, "read.other_members" | "read.sender_not_member")
}

pub(super) fn is_expected(what: &str, code: &str) -> bool {
    match what {
        // Without faults only who was removed is refused.
        "settling" => code == "transport.forbidden",
        "noticing" | "opening" | "listing" => false,
        _ => {
            BY_FAULTS.contains(&code)
                || BY_OTHERS.contains(&code)
                || code.starts_with("transport.refused")
        }
    }
}
