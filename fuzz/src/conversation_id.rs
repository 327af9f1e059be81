//! Conversation ids: three spellings of a direct conversation and one of a group, read alike and
//! written in one way; all else is refused.

use sealpost_crypto::{ConversationId, UserId};

use crate::input::Input;
use crate::stage::user;

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let me = user(input.number() % 1_000_000 + 1);
    let Ok(text) = std::str::from_utf8(input.rest()) else { return };
    let id: Option<ConversationId> = text.parse().ok();
    assert_eq!(id.map(|id| id.to_string()), canonical(text));
    assert_eq!(serde_json::from_value(text.into()).ok(), id);

    let resolved = ConversationId::resolve(text, me).ok();
    match number(text).and_then(|number| UserId::new(number).ok()) {
        Some(other) => assert_eq!(resolved, Some(ConversationId::direct(me, other))),
        None => assert_eq!(resolved, id),
    }
    let Some(id) = resolved else { return };
    for spelling in [id.to_string(), id.path().to_string()] {
        assert_eq!(spelling.parse(), Ok(id));
        assert!(spelling.bytes().all(|byte| byte.is_ascii_digit() || b"g:-".contains(&byte)));
    }
    match id.direct_users() {
        Some((low, high)) => {
            assert!(low <= high && !id.is_group());
            assert_eq!(format!("{high}-{low}").parse(), Ok(id));
            assert_eq!(ConversationId::direct(high, low), id);
            assert_eq!(ConversationId::resolve(&low.to_string(), high), Ok(id));
        }
        None => assert!(id.is_group() && id.to_string().starts_with('g')),
    }
}

/// The rule, a second time: `gN`, or two users with a colon or a hyphen between them, the smaller
/// one first.
fn canonical(text: &str) -> Option<String> {
    if let Some(group) = text.strip_prefix('g') {
        return number(group).map(|number| format!("g{number}"));
    }
    let separator = text.find([':', '-'])?;
    let (one, other) = (number(&text[..separator])?, number(&text[separator + 1..])?);
    Some(format!("{}:{}", one.min(other), one.max(other)))
}

/// At most 19 digits, without a zero in front.
fn number(text: &str) -> Option<u64> {
    let is_canonical = text.len() <= 19
        && text.bytes().all(|byte| byte.is_ascii_digit())
        && (text == "0" || !text.starts_with('0'));
    text.parse().ok().filter(|_| is_canonical)
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    ["1:2", "2-1", "7", "g1900000000000000001", "g0", "9999999999999999999:1", "1:1", "01:2", "1:0", "g", ""]
        .iter()
        .map(|text| [&6_u64.to_le_bytes(), text.as_bytes()].concat())
        .collect()
}
