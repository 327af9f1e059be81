//! Prepared requests as journals have them: what is read is written so that it reads the same, and a
//! change gives back no other key than the one whose fingerprint it has.

use sealpost_crypto::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::stage::{NOW, Seeded, Stage, stage};

pub(crate) fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    check_change::<KeysOnly>(text);
    check_change::<GroupCreate>(text);
    check_change::<MemberAdd>(text);
    if let Some(message) = there_and_back::<PreparedMessage>(text) {
        assert!(!message.path().to_string().contains(['/', '?', '#', '.']));
    }
    there_and_back::<PreparedDelete>(text);
}

fn check_change<K: ChangeKind>(text: &str)
where
    PreparedKeyChange<K>: Serialize + DeserializeOwned + PartialEq,
{
    let Some(change) = there_and_back::<PreparedKeyChange<K>>(text) else { return };
    let saved: Value = serde_json::from_str(text).unwrap();
    assert_eq!(saved["message_id"], change.message_id().to_string());
    assert_eq!(saved["sender"], change.sender().to_string());
    assert_eq!(saved["key_version"], change.key_version().to_string());
    assert_eq!(saved["key_fingerprint"], change.key_fingerprint().to_string());
    assert_eq!(saved["body"].as_str().map(str::as_bytes), Some(change.body()));
    if let Ok(key) = change.recover_key(&stage(change.suite()).alice) {
        assert_eq!(key.fingerprint(), change.key_fingerprint());
    }
    assert!(!change.path().to_string().contains(['/', '?', '#', '.']));
}

fn there_and_back<T: Serialize + DeserializeOwned + PartialEq>(text: &str) -> Option<T> {
    let value: T = serde_json::from_str(text).ok()?;
    let written = serde_json::to_string(&value).unwrap();
    let again: T = serde_json::from_str(&written).unwrap();
    assert!(again == value && serde_json::to_string(&again).unwrap() == written);
    Some(value)
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for suite in [Suite::X25519, Suite::XChat] {
        let Stage { alice, bob, carol, group, ring, change } = stage(suite);
        seeds.push(serde_json::to_vec(change).unwrap());
        let rng = &mut Seeded::new(9);
        let message = Message::text("hello").encrypt_with_rng(alice, group, ring, rng).unwrap();
        let token = Some("token".parse().unwrap());
        seeds.push(serde_json::to_vec(&message.prepare(token).unwrap()).unwrap());
        let create = KeyChange::new(alice, group, NOW.into())
            .participants([bob.participant(), carol.participant()])
            .creating_group(GroupCreate::new([alice.user_id()]).title("T".parse().unwrap()));
        let create = create.unwrap().seal_with_rng(rng).unwrap().sign().unwrap().prepare().0;
        seeds.push(serde_json::to_vec(&create).unwrap());
    }
    seeds
}
