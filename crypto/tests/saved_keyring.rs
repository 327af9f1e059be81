//! Keyrings that were saved and are put together again.
#![cfg(feature = "x25519")]
#![allow(clippy::unwrap_used, missing_docs)] // tests

mod common;

use std::collections::BTreeMap;

use common::{account, send};
use sealpost_crypto::*;

fn key(byte: u8) -> ConversationKey {
    ConversationKey::dangerous_from_bytes(&[byte; 32])
}

fn keys(pairs: &[(u64, u8)]) -> BTreeMap<KeyVersion, ConversationKey> {
    pairs.iter().map(|(version, byte)| (KeyVersion::new(*version), key(*byte))).collect()
}

fn restore(
    floor: Option<(u64, u8)>,
    current: &[(u64, u8)],
    legacy: &[(u64, u8)],
) -> Result<Keyring, KeyringError> {
    Keyring::dangerous_restore(
        ConversationId::direct(common::user(1), common::user(2)),
        Suite::X25519,
        floor.map(|(version, byte)| (KeyVersion::new(version), key(byte).fingerprint())),
        keys(current),
        keys(legacy),
    )
}

fn bytes<'a>(keys: impl Iterator<Item = (KeyVersion, &'a ConversationKey)>) -> Vec<(u64, u8)> {
    keys.map(|(version, key)| (version.as_u64(), key.expose_secret()[0])).collect()
}

#[test]
fn a_keyring_comes_back_as_it_was() {
    // A legacy key may have any version, also one above the floor.
    let ring = restore(Some((9, 3)), &[(9, 3), (4, 1), (5, 2)], &[(30, 5), (4, 4)]).unwrap();
    assert_eq!(bytes(ring.keys()), [(4, 1), (5, 2), (9, 3)]);
    assert_eq!(bytes(ring.legacy_keys()), [(4, 4), (30, 5)]);
    assert_eq!((ring.floor(), ring.suite()), (Some(KeyVersion::new(9)), Some(Suite::X25519)));
    assert_eq!(ring.floor_fingerprint(), Some(key(3).fingerprint()));
    assert_eq!(ring.current(), Some((KeyVersion::new(9), &key(3))));
    assert_eq!(ring.get(KeyVersion::new(4)), Some(&key(1)));
    assert_eq!(ring.get(KeyVersion::new(30)), Some(&key(5)));
    assert_eq!(ring.next_version(UnixMillis::new(0)), Ok(KeyVersion::new(10)));
    // The floor's key may be lost; the floor is not.
    let ring = restore(Some((9, 3)), &[(4, 1)], &[]).unwrap();
    assert_eq!((ring.floor(), ring.current()), (Some(KeyVersion::new(9)), None));
    let ring = restore(None, &[], &[(4, 4)]).unwrap();
    assert_eq!((ring.floor(), ring.current(), ring.suite()), (None, None, Some(Suite::X25519)));
}

#[test]
fn a_keyring_that_never_was_is_refused() {
    let above = |version| KeyringError::NotHistory { version: KeyVersion::new(version) };
    assert_eq!(restore(None, &[(4, 1)], &[]).err(), Some(above(4)));
    assert_eq!(restore(Some((9, 3)), &[(9, 3), (10, 1)], &[]).err(), Some(above(10)));
    let version = KeyVersion::new(9);
    let conflict = KeyringError::ConflictingKeyVersion { version };
    assert_eq!(restore(Some((9, 3)), &[(9, 2)], &[]).err(), Some(conflict));
}

#[test]
fn rules_hold_after_a_restart() {
    let (alice, bob) = (account(1), account(2));
    let conversation = Conversation::direct(alice.user_id(), bob.user_id());
    let mut ring = restore(Some((9, 3)), &[(9, 3)], &[]).unwrap();
    for (version, refused) in [
        (
            8,
            KeyringError::StaleKeyVersion {
                version: KeyVersion::new(8),
                floor: KeyVersion::new(9),
            },
        ),
        (9, KeyringError::ConflictingKeyVersion { version: KeyVersion::new(9) }),
    ] {
        let sent = send(&alice, &[&bob], &conversation, version);
        assert_eq!(ring.commit(&sent.prepared, sent.key), Err(refused));
    }
    let sent = send(&alice, &[&bob], &conversation, 10);
    assert_eq!(ring.commit(&sent.prepared, sent.key), Ok(Adoption::Current));
}

#[test]
fn an_account_gives_out_the_keys_it_was_made_of() {
    for suite in Suite::ALL {
        let identity = Identity::generate(*suite).unwrap();
        let before = identity.dangerous_private_keys();
        let account = identity.registered(common::user(1), PublicKeyVersion::new(1));
        assert_eq!(account.dangerous_private_keys().expose_secret(), before.expose_secret());
    }
}
