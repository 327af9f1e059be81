//! Sealed keys of each suite: of all bytes only those open that were sealed to the reader, and every
//! backend says the same.

use sealpost_crypto::hazmat::{Backend, ecies_open, ecies_seal, hpke_open, hpke_seal};
use sealpost_crypto::{ConversationKey, SealedKey, Suite};
use std::sync::LazyLock;

use crate::input::Input;

const RECIPIENT: [u8; 32] = [5; 32];
const KEY: [u8; 32] = *b"the one conversation key of all!";
const INFO: &[u8] = b"info";
const AAD: &[u8] = b"aad";

/// All that was ever sealed to the recipient.
static SEALED: LazyLock<Vec<SealedKey>> = LazyLock::new(|| {
    let key = ConversationKey::dangerous_from_bytes(&KEY);
    let points = recipient_points();
    let secrets = [[1; 32], [2; 32], [3; 32]];
    let hpke = |secret| hpke_seal(Backend::Pure, secret, &points.0, INFO, AAD, &key).unwrap();
    let ecies = |secret| ecies_seal(Backend::Pure, secret, &points.1, &key).unwrap();
    let read = |suite, bytes: &[u8]| {
        SealedKey::from_base64(suite, &sealpost_crypto::encoding::encode_base64(bytes)).unwrap()
    };
    secrets
        .iter()
        .flat_map(|secret| {
            [read(Suite::X25519, &hpke(secret)), read(Suite::XChat, &ecies(secret))]
        })
        .collect()
});

/// The recipient's public keys: what a seal with the recipient's secret as the ephemeral one begins
/// with.
fn recipient_points() -> ([u8; 32], [u8; 65]) {
    use aws_lc_rs::agreement::{ECDH_P256, PrivateKey, X25519};
    let public = |group| {
        PrivateKey::from_private_key(group, &RECIPIENT).unwrap().compute_public_key().unwrap()
    };
    (public(&X25519).as_ref().try_into().unwrap(), public(&ECDH_P256).as_ref().try_into().unwrap())
}

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let suite = input.pick(&[Suite::X25519, Suite::XChat]);
    let is_text = input.flag();
    let rest = input.rest();
    let text = match is_text {
        true => match std::str::from_utf8(rest) {
            Ok(text) => text.to_owned(),
            Err(_) => return,
        },
        false => sealpost_crypto::encoding::encode_base64(rest),
    };
    let Ok(sealed) = SealedKey::from_base64(suite, &text) else {
        assert!(is_text || rest.len() != suite.sealed_key_length());
        return;
    };
    assert_eq!(sealed.as_bytes().len(), suite.sealed_key_length());
    assert_eq!(SealedKey::from_base64(suite, &sealed.to_base64()).as_ref(), Ok(&sealed));
    assert_eq!(sealed.to_base64().trim_end_matches('='), text.trim_end_matches('='));

    let open = |backend: &Backend| match suite {
        Suite::X25519 => {
            hpke_open(*backend, &RECIPIENT, INFO, AAD, sealed.as_bytes().try_into().unwrap())
        }
        _ => ecies_open(*backend, &RECIPIENT, sealed.as_bytes().try_into().unwrap()),
    };
    let was_sealed = SEALED.contains(&sealed);
    for backend in Backend::ALL {
        match open(backend) {
            Ok(key) => assert!(was_sealed && *key.expose_secret() == KEY, "{backend:?}"),
            Err(_) => assert!(!was_sealed, "{backend:?}"),
        }
    }
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for sealed in &*SEALED {
        let suite = u8::from(sealed.suite() == Suite::XChat);
        seeds.push([&[suite, 0], sealed.as_bytes()].concat());
        seeds.push([&[suite, 1], sealed.to_base64().as_bytes()].concat());
    }
    seeds
}
