//! The key of a prepared change comes back by opening one's own copy.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // tests

mod common;

use common::user;
use sealpost_crypto::*;

fn account_of(suite: Suite, id: u64) -> Account {
    Identity::generate(suite).unwrap().registered(user(id), PublicKeyVersion::new(id))
}

/// A group whose title looks like an entry of its creator's.
fn prepared(suite: Suite, alice: &Account) -> (PreparedKeyChange<GroupCreate>, ConversationKey) {
    let bob = account_of(suite, 3);
    let id = ConversationId::group(77).unwrap();
    let conversation = Conversation::group(id, [user(20), user(3)]).unwrap();
    let title = r#"{"user_id":"20";"encrypted_conversation_key":"AAAA""#.parse().unwrap();
    KeyChange::new(alice, &conversation, KeyVersion::new(9))
        .creating_group(GroupCreate::new([user(20)]).title(title))
        .unwrap()
        .participants([bob.participant()])
        .seal()
        .unwrap()
        .sign()
        .unwrap()
        .prepare()
}

/// The change as a journal gives it back, its body changed.
fn reread(
    change: &PreparedKeyChange<GroupCreate>,
    edit: impl FnOnce(&str) -> String,
) -> PreparedKeyChange<GroupCreate> {
    let mut saved = serde_json::to_value(change).unwrap();
    saved["body"] = edit(saved["body"].as_str().unwrap()).into();
    serde_json::from_value(saved).unwrap()
}

#[test]
fn it_comes_back_from_the_journal_for_its_sender_alone() {
    for suite in Suite::ALL {
        let alice = account_of(*suite, 20);
        let (change, key) = prepared(*suite, &alice);
        assert_eq!(change.recover_key(&alice).unwrap(), key);
        assert_eq!(reread(&change, str::to_owned).recover_key(&alice).unwrap(), key);

        let error = change.recover_key(&account_of(*suite, 3)).unwrap_err();
        assert_eq!(error, RecoverError::OtherSender { sender: user(20) });
        let error = change.recover_key(&account_of(*suite, 20)).unwrap_err();
        assert_eq!(error.code(), "recover.open", "other keys under the same version");
        let later = Identity::generate(*suite).unwrap();
        let later = later.registered(user(20), PublicKeyVersion::new(21));
        let error = change.recover_key(&later).unwrap_err();
        let (sealed_to, account) = (PublicKeyVersion::new(20), PublicKeyVersion::new(21));
        assert_eq!(error, RecoverError::OtherKeyVersion { sealed_to, account });
    }
}

#[test]
fn a_body_that_is_not_the_prepared_one_gives_no_key() {
    for suite in Suite::ALL {
        let alice = account_of(*suite, 20);
        let (change, _) = prepared(*suite, &alice);
        let body = std::str::from_utf8(change.body()).unwrap().to_owned();
        let copy = |id: u64| {
            let start = format!("{{\"user_id\":\"{id}\",\"encrypted_conversation_key\":\"");
            body.split_once(&start).unwrap().1.split_once('"').unwrap().0
        };
        let (alices, bobs) = (copy(20).to_owned(), copy(3).to_owned());
        let mut flipped = alices.clone().into_bytes();
        flipped[60] = if flipped[60] == b'A' { b'B' } else { b'A' };
        let flipped = String::from_utf8(flipped).unwrap();
        for (edited, code) in [
            (String::new(), "recover.no_copy"),
            (body.replace("\"user_id\":\"20\"", "\"user_id\":\"21\""), "recover.no_copy"),
            (body.replace(&alices, "AAAA"), "sealed_key.length"),
            (body.replace(&alices, "????"), "sealed_key.encoding"),
            (body.replace(&alices, &bobs), "recover.open"),
            (body.replace(&alices, &flipped), "recover.open"),
        ] {
            assert_ne!(edited, body);
            let error = reread(&change, |_| edited).recover_key(&alice).unwrap_err();
            assert_eq!(error.code(), code);
        }
    }
}

/// In X's suite every copy opens, so the fingerprint has to tell.
#[test]
fn another_key_for_the_sender_is_not_the_key() {
    for suite in Suite::ALL {
        let alice = account_of(*suite, 20);
        let (change, _) = prepared(*suite, &alice);
        let (other, _) = prepared(*suite, &alice);
        let body = String::from_utf8(other.body().to_vec()).unwrap();
        let error = reread(&change, |_| body).recover_key(&alice).unwrap_err();
        assert_eq!(error.code(), "recover.open");
    }
}
