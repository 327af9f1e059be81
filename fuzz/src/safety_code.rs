//! Safety codes: a text is a code or an error, a code is written as it was read, and it matches
//! nobody's own code but that of the very same keys.

use std::sync::LazyLock;

use sealpost_crypto::{Account, SafetyCode, SafetyCodeError, SafetyComparison, Suite};

use crate::stage::stage;

/// What Bob's device shows, and Alice's. Made once, because making one takes its time.
static CODES: LazyLock<[SafetyCode; 2]> = LazyLock::new(|| {
    let stage = stage(Suite::X25519);
    let [alice, bob] = [&stage.alice, &stage.bob].map(Account::participant);
    [SafetyCode::of(bob, alice), SafetyCode::of(alice, bob)]
});

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let [own, hers] = *CODES;
    match text.parse::<SafetyCode>() {
        Ok(code) => {
            assert_eq!(code.to_string(), text);
            assert!(text.len() <= 119);
            let comparison = own.compare(&code);
            assert_eq!(comparison == SafetyComparison::Match, code == hers);
            if comparison == SafetyComparison::Match {
                assert_eq!(code.safety_number(), own.safety_number());
            }
        }
        Err(SafetyCodeError::Newer { found }) => {
            assert!(text.starts_with(&format!("SEALPOST:SAFETY:{found}:")) && found > 1);
        }
        Err(_) => {}
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for suite in [Suite::X25519, Suite::XChat] {
        let stage = stage(suite);
        for (own, other) in [(&stage.alice, &stage.bob), (&stage.bob, &stage.alice)] {
            let code = SafetyCode::of(own.participant(), other.participant()).to_string();
            seeds.push(code.clone().into_bytes());
            // Somebody has exchanged a key of the other user's.
            let last = if code.ends_with('0') { "1" } else { "0" };
            seeds.push([&code[..code.len() - 1], last].concat().into_bytes());
            seeds.push(code.replace("SAFETY:1:", "SAFETY:2:").into_bytes());
        }
    }
    seeds
}
