//! Safety codes: what one device shows and the other scans.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)] // a test fails by panicking

use sealpost_crypto::*;

fn user(number: u64, suite: Suite, byte: u8) -> Participant {
    let identity = Identity::dangerous_from_private_keys(suite, &[byte; 64]).unwrap();
    let user = UserId::new(number).unwrap();
    *identity.registered(user, PublicKeyVersion::new(5)).participant()
}

fn scan(own: &SafetyCode, shown: &SafetyCode) -> SafetyComparison {
    own.compare(&shown.to_string().parse().unwrap())
}

#[test]
fn what_two_devices_show_each_other() {
    for suite in Suite::ALL {
        let [alice, bob, carol] = [(1, 1), (22, 2), (3, 3)].map(|(n, byte)| user(n, *suite, byte));
        let on_alices = SafetyCode::of(&alice, &bob);
        let on_bobs = SafetyCode::of(&bob, &alice);
        assert_ne!(on_alices, on_bobs);
        assert_eq!(scan(&on_alices, &on_bobs), SafetyComparison::Match);
        assert_eq!(scan(&on_bobs, &on_alices), SafetyComparison::Match);
        let number = SafetyNumber::of(&alice, &bob);
        assert_eq!((on_alices.safety_number(), on_bobs.safety_number()), (number, number));
        // Bob was given another's key for Alice's, or Alice for Bob's, or both of them.
        let (false_alice, false_bob) = (user(1, *suite, 8), user(22, *suite, 9));
        for (alices, bobs) in [
            (on_alices, SafetyCode::of(&bob, &false_alice)),
            (SafetyCode::of(&alice, &false_bob), on_bobs),
            (SafetyCode::of(&alice, &false_bob), SafetyCode::of(&bob, &false_alice)),
        ] {
            assert_eq!(scan(&alices, &bobs), SafetyComparison::Mismatch);
            assert_eq!(scan(&bobs, &alices), SafetyComparison::Mismatch);
        }
        for others in [
            SafetyCode::of(&carol, &alice),
            SafetyCode::of(&bob, &carol),
            SafetyCode::of(&carol, &bob),
            SafetyCode::of(&bob, &bob),
            SafetyCode::of(&user(2, *suite, 2), &alice),
        ] {
            assert_eq!(scan(&on_alices, &others), SafetyComparison::OtherPeople);
        }
        // Whatever keys are in it, one's own screen proves nothing.
        for own in [on_alices, SafetyCode::of(&alice, &false_bob)] {
            assert_eq!(scan(&on_alices, &own), SafetyComparison::OwnCode);
        }
    }
}

#[test]
fn the_longest_one_is_alphanumeric() {
    let most = 9_999_999_999_999_999_999;
    let (one, other) = (user(most, Suite::ALL[0], 1), user(most - 1, Suite::ALL[0], 2));
    let text = SafetyCode::of(&one, &other).to_string();
    assert_eq!(text.len(), 119);
    assert!(text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b':')), "{text}");
    assert_eq!(text.parse(), Ok(SafetyCode::of(&one, &other)));
}

#[test]
fn anything_else_is_no_code() {
    let code = SafetyCode::of(&user(1, Suite::ALL[0], 1), &user(22, Suite::ALL[0], 2));
    let text = code.to_string();
    let with = |from: &str, to: &str| {
        assert!(text.contains(from));
        text.replacen(from, to, 1)
    };
    let mut refused = 0;
    let mut others = vec![
        String::new(),
        "https://example.com/".to_owned(),
        text.to_lowercase(),
        format!(" {text}"),
        format!("{text}\n"),
        format!("{text}:"),
        format!("{text}:1"),
        format!("{text}0"),
        with("SEALPOST", "SEALPOS"),
        with("SAFETY", "SAFETY "),
        with(":1:1:", ":0:1:"),
        with(":1:1:", ":01:1:"),
        with(":1:1:", ":+2:1:"),
        with(":1:1:", ":-2:1:"),
        with(":1:1:", "::1:"),
        with(":1:1:", ":2x:1:"),
        with(":1:1:", ":4294967296:1:"),
        with(":1:1:", ":1:01:"),
        with(":1:1:", ":1:+1:"),
        with(":1:1:", ":1::"),
        with(":1:1:", ":1:10000000000000000000:"),
        with(":22:", ":22::"),
        with(":22:", ":٢٢:"),
        with(":22:", ":22:+"),
        code.safety_number().to_string(),
        "9".repeat(100_000),
    ];
    others.extend((0..text.len()).map(|length| text[..length].to_owned()));
    for other in &others {
        let error = other.parse::<SafetyCode>().unwrap_err();
        assert_eq!(error.code(), "safety_code.not_a_code", "{other}");
        refused += 1;
    }
    assert_eq!(refused, 26 + text.len());
    // Of a version that has not been thought of yet, nothing but the version is read.
    for (newer, version) in [
        (with(":1:1:", ":2:1:"), 2),
        ("SEALPOST:SAFETY:3:".to_owned(), 3),
        (format!("SEALPOST:SAFETY:4294967295:{}", "x".repeat(5000)), u32::MAX),
    ] {
        let error = newer.parse::<SafetyCode>().unwrap_err();
        assert_eq!(error, SafetyCodeError::Newer { found: version });
        assert_eq!(error.code(), "safety_code.newer");
        assert!(error.to_string().contains("update"), "{error}");
    }
}

proptest::proptest! {
    #[test]
    fn any_text_is_a_code_that_reads_back_or_an_error(text in "(SEALPOST:SAFETY:)?[0-9A-Z:]{0,130}") {
        if let Ok(code) = text.parse::<SafetyCode>() {
            proptest::prop_assert_eq!(code.to_string(), text);
        }
    }
}
