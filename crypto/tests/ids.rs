//! Identifiers: one spelling each, hostile texts refused by their own reason.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, missing_docs)] // tests

use proptest::prelude::*;
use sealpost_crypto::*;

#[test]
fn user_ids_are_1_to_19_plain_digits() {
    for good in ["0", "1", "2244994945", "9999999999999999999"] {
        assert_eq!(good.parse::<UserId>().unwrap().to_string(), good);
    }
    for (bad, problem) in [
        ("", IdProblem::Empty),
        ("00", IdProblem::LeadingZero),
        ("007", IdProblem::LeadingZero),
        ("+1", IdProblem::NotDecimal),
        ("-1", IdProblem::NotDecimal),
        ("1 ", IdProblem::NotDecimal),
        ("1\n", IdProblem::NotDecimal),
        ("1,2", IdProblem::NotDecimal),
        ("../1", IdProblem::NotDecimal),
        ("1/2", IdProblem::NotDecimal),
        ("1:2", IdProblem::NotDecimal),
        ("1?x", IdProblem::NotDecimal),
        ("1e3", IdProblem::NotDecimal),
        ("0x10", IdProblem::NotDecimal),
        ("١٢٣", IdProblem::NotDecimal),
        ("１２", IdProblem::NotDecimal),
        ("10000000000000000000", IdProblem::TooLong),
        ("99999999999999999999999999", IdProblem::TooLong),
    ] {
        let error = bad.parse::<UserId>().unwrap_err();
        assert_eq!((error.kind(), error.problem()), (IdKind::UserId, problem), "{bad}");
        assert!(!error.to_string().contains("999"), "an error does not echo its input");
    }
    assert!(UserId::new(9_999_999_999_999_999_999).is_ok());
    assert_eq!(
        UserId::new(10_000_000_000_000_000_000).unwrap_err().problem(),
        IdProblem::OutOfRange
    );
}

#[test]
fn versions_are_plain_u64() {
    for good in ["0", "1", "1733889755256", "18446744073709551615"] {
        assert_eq!(good.parse::<KeyVersion>().unwrap().to_string(), good);
        assert_eq!(good.parse::<PublicKeyVersion>().unwrap().to_string(), good);
    }
    for (bad, problem) in [
        ("", IdProblem::Empty),
        ("01", IdProblem::LeadingZero),
        ("1,000", IdProblem::NotDecimal),
        ("1.0", IdProblem::NotDecimal),
        ("18446744073709551616", IdProblem::OutOfRange),
        ("118446744073709551615", IdProblem::TooLong),
    ] {
        assert_eq!(bad.parse::<KeyVersion>().unwrap_err().problem(), problem, "{bad}");
        assert_eq!(bad.parse::<PublicKeyVersion>().unwrap_err().problem(), problem, "{bad}");
    }
    // As text, "9" would be the newer one.
    assert!("9".parse::<KeyVersion>().unwrap() < "10".parse().unwrap());
}

#[test]
fn message_ids_are_lower_case_uuids_of_version_4() {
    let good = "8e7a9cd8-824b-4548-b926-0b6b0fd119ab";
    assert_eq!(good.parse::<MessageId>().unwrap().to_string(), good);
    for bad in [
        "",
        "8E7A9CD8-824B-4548-B926-0B6B0FD119AB",
        "8e7a9cd8824b4548b9260b6b0fd119ab",
        "8e7a9cd8-824b-1548-b926-0b6b0fd119ab",
        "8e7a9cd8-824b-4548-c926-0b6b0fd119ab",
        "8e7a9cd8-824b-4548-7926-0b6b0fd119ab",
        "8e7a9cd8-824b-4548-b926-0b6b0fd119a",
        "8e7a9cd8-824b-4548-b926-0b6b0fd119abc",
        "8e7a9cd8_824b-4548-b926-0b6b0fd119ab",
        "{8e7a9cd8-824b-4548-b926-0b6b0fd119a}",
        "8e7a9cd8-824b-4548-b926-0b6b0fd119,b",
        "8e7a9cd8-824b-4548-b926-0b6b0fd119gb",
    ] {
        assert_eq!(bad.parse::<MessageId>().unwrap_err().problem(), IdProblem::NotUuidV4, "{bad}");
    }
}

#[test]
fn a_conversation_has_three_spellings_and_one_canonical_form() {
    let me = UserId::new(10).unwrap();
    for (spelling, canonical, path) in [
        ("9:10", "9:10", "9-10"),
        ("10:9", "9:10", "9-10"),
        ("9-10", "9:10", "9-10"),
        ("10-9", "9:10", "9-10"),
        ("9", "9:10", "9-10"),
        ("10", "10:10", "10-10"),
        ("g1900000000000000001", "g1900000000000000001", "g1900000000000000001"),
    ] {
        let id = ConversationId::resolve(spelling, me).unwrap();
        assert_eq!((&*id.to_string(), &*id.path().to_string()), (canonical, path), "{spelling}");
    }
    for (bad, problem) in [
        ("", IdProblem::Empty),
        ("a:b", IdProblem::NotDecimal),
        ("1:2:3", IdProblem::NotDecimal),
        ("007:8", IdProblem::LeadingZero),
        ("18446744073709551616:9", IdProblem::TooLong),
        ("g1-2", IdProblem::NotDecimal),
        ("g", IdProblem::Empty),
        ("g01", IdProblem::LeadingZero),
        ("gg1", IdProblem::NotDecimal),
        ("G1", IdProblem::NotAConversation),
        ("1_2", IdProblem::NotAConversation),
        ("../../1", IdProblem::NotAConversation),
        ("1:2/keys", IdProblem::NotDecimal),
        ("1-", IdProblem::Empty),
        (":1", IdProblem::Empty),
        ("١:٢", IdProblem::NotDecimal),
        ("1:2\r\n", IdProblem::NotDecimal),
    ] {
        let error = ConversationId::resolve(bad, me).unwrap_err();
        assert_eq!((error.kind(), error.problem()), (IdKind::ConversationId, problem), "{bad}");
    }
    assert_eq!(
        "9".parse::<ConversationId>().unwrap_err().problem(),
        IdProblem::NotAConversation,
        "a bare id means nothing without the one who asks"
    );
}

#[test]
fn groups_know_their_members() {
    let users: Vec<UserId> = (1..=3).map(|n| UserId::new(n).unwrap()).collect();
    let id = ConversationId::group(5).unwrap();
    let direct = ConversationId::direct(users[0], users[1]);
    assert_eq!(
        Conversation::group(direct, users.clone()),
        Err(ConversationError::NotAGroup { id: direct })
    );
    assert_eq!(Conversation::group(id, []), Err(ConversationError::NoMembers { id }));
    assert_eq!(
        Conversation::group(id, [users[2], users[0], users[2]]),
        Err(ConversationError::DuplicateMember { user: users[2] })
    );
    let many = (0..=10_000).map(|n| UserId::new(n).unwrap());
    assert_eq!(
        Conversation::group(id, many),
        Err(ConversationError::TooManyMembers { limit: 10_000 })
    );
    let group = Conversation::group(id, users.clone()).unwrap();
    assert_eq!(group.members().collect::<Vec<_>>(), users);
    assert!(ConversationId::group(u64::MAX).is_err());
}

#[test]
fn ids_travel_as_json_strings() {
    let id: ConversationId = "7:9".parse().unwrap();
    assert_eq!(serde_json::to_string(&id).unwrap(), "\"7:9\"");
    assert_eq!(serde_json::from_str::<ConversationId>("\"9-7\"").unwrap(), id);
    for bad in ["7", "\"007\"", "\"7/8\"", "null", "[\"7\"]"] {
        assert!(serde_json::from_str::<UserId>(bad).is_err(), "{bad}");
    }
}

proptest! {
    #[test]
    fn every_id_survives_its_text(number in 0..=9_999_999_999_999_999_999_u64, other in any::<u32>()) {
        let user = UserId::new(number).unwrap();
        prop_assert_eq!(user.to_string().parse(), Ok(user));
        let id = ConversationId::direct(user, UserId::new(other.into()).unwrap());
        prop_assert_eq!(id.to_string().parse(), Ok(id));
        prop_assert_eq!(id.path().to_string().parse(), Ok(id));
    }

    #[test]
    fn any_text_is_an_id_in_canonical_form_or_refused(text in ".{0,40}") {
        if let Ok(user) = text.parse::<UserId>() {
            prop_assert_eq!(user.to_string(), &*text);
        }
        if let Ok(message) = text.parse::<MessageId>() {
            prop_assert_eq!(message.to_string(), &*text);
        }
        if let Ok(id) = text.parse::<ConversationId>() {
            prop_assert_eq!(id.to_string().parse(), Ok(id));
        }
    }
}
