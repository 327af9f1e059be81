//! Ids in paths and queries.

use sealpost_crypto::{ConversationId, UserId};

use super::media::HASH_KEY;
use crate::contract::Contract;
use crate::problem::Problem;

const MAX_DIGITS: usize = 19;
const MAX_HASH_KEY: usize = 50;

/// The user id `parameter`, of the pattern `^[0-9]{1,19}$`.
pub(crate) fn user(parameter: &str, text: &str) -> Result<UserId, Problem> {
    let refuse = |why: &str| {
        Problem::invalid(parameter, format!("{parameter} must be a user id: {why}.")).value(text)
    };
    if !is_number(text) {
        return Err(refuse("it must match ^[0-9]{1,19}$"));
    }
    text.parse().map_err(|error: sealpost_crypto::IdError| refuse(&error.to_string()))
}

/// The conversation in a path, as `me` spells it: `A-B`, `gN`, or the other user's bare id.
pub(crate) fn conversation(text: &str, me: UserId) -> Result<ConversationId, Problem> {
    let refuse = |why: &str| {
        Problem::invalid("id", format!("id must be a conversation id: {why}.")).value(text)
    };
    if !is_conversation(text) {
        return Err(refuse(
            "it must match ^([0-9]{1,19}|[0-9]{1,19}-[0-9]{1,19}|g[0-9]{1,19})$ \
             (the spelling A:B is for signed events, in a path it is A-B)",
        ));
    }
    ConversationId::resolve(text, me).map_err(|error| refuse(&error.to_string()))
}

/// The key of media in a path, of the pattern `^[a-zA-Z0-9]{1,50}$`.
pub(crate) fn hash_key(text: &str) -> Result<&str, Problem> {
    if is_hash_key(text) {
        return Ok(text);
    }
    let detail = format!("{HASH_KEY} must match ^[a-zA-Z0-9]{{1,50}}$.");
    Err(Problem::invalid(HASH_KEY, detail).value(text))
}

/// The id of an upload in a path. Only 2.167 has a pattern for it, `^[0-9]{1,19}$`.
pub(crate) fn session(text: &str, contract: Contract) -> Result<&str, Problem> {
    if contract == Contract::V2_165 || is_number(text) {
        return Ok(text);
    }
    Err(Problem::invalid("id", "id must match ^[0-9]{1,19}$.").value(text))
}

pub(super) fn is_hash_key(text: &str) -> bool {
    (1..=MAX_HASH_KEY).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn is_number(text: &str) -> bool {
    (1..=MAX_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_conversation(text: &str) -> bool {
    match (text.strip_prefix('g'), text.split_once('-')) {
        (Some(group), _) => is_number(group),
        (None, Some((one, other))) => is_number(one) && is_number(other),
        (None, None) => is_number(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u64) -> UserId {
        UserId::new(number).unwrap()
    }

    #[test]
    fn every_spelling_is_the_same_conversation() {
        let direct = ConversationId::direct(id(2), id(30));
        for text in ["30", "2-30", "30-2"] {
            assert_eq!(conversation(text, id(2)), Ok(direct));
        }
        assert_eq!(conversation("g5", id(2)), Ok(ConversationId::group(5).unwrap()));
    }

    #[test]
    fn other_spellings_are_refused() {
        let long = "1".repeat(20);
        for text in
            ["", "2:30", "g", "G5", "g5-6", "2-", "-2", "2-30-4", "a", "-", "٣", "02", " 2", &long]
        {
            assert!(conversation(text, id(2)).is_err(), "{text}");
        }
        for text in ["", "-1", "1-2", "g1", "01", "+1", &long] {
            assert!(user("id", text).is_err(), "{text}");
        }
    }
}
