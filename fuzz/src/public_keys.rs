//! Public keys: an accepted one is written back as it was read, and another library agrees that it
//! is a point one may use. Nothing else is refused.

use aws_lc_rs::agreement::{self, ECDH_P256, PrivateKey, UnparsedPublicKey, X25519};
use sealpost_crypto::encoding::decode_base64;
use sealpost_crypto::{IdentityPublicKey, KeyError, SigningPublicKey, Suite};

use crate::input::Input;
use crate::stage::stage;

const X25519_PREFIX: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x6e\x03\x21\x00";
const P256_PREFIX: &[u8] = b"\x30\x59\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\
    \x48\xce\x3d\x03\x01\x07\x03\x42\x00";

/// The y-coordinates of Ed25519's points of small order, apart from those of order 8: 1, 0 and -1.
const SMALL_ORDER: [[u8; 32]; 3] = {
    let mut points = [[0; 32]; 3];
    points[0][0] = 1;
    points[2] = [0xff; 32];
    points[2][0] = 0xec;
    points[2][31] = 0x7f;
    points
};

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let form = input.byte() % 6;
    let rest = input.rest();
    match form {
        0 => check_identity(rest, IdentityPublicKey::from_spki(rest)),
        1 => check_signing(rest, SigningPublicKey::from_spki(rest)),
        2 => check_identity(&sec1(rest), IdentityPublicKey::from_sec1(rest)),
        3 => check_signing(&sec1(rest), SigningPublicKey::from_sec1(rest)),
        _ => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            let spki = decode_base64(text).unwrap_or_default();
            if form == 4 {
                check_identity(&spki, IdentityPublicKey::from_base64(text));
            } else {
                check_signing(&spki, SigningPublicKey::from_base64(text));
            }
        }
    }
}

fn sec1(point: &[u8]) -> Vec<u8> {
    [P256_PREFIX, point].concat()
}

fn check_identity(spki: &[u8], key: Result<IdentityPublicKey, KeyError>) {
    assert_eq!(key.is_ok(), is_usable(spki), "{key:?}");
    let Ok(key) = key else { return };
    assert_eq!(decode_base64(&key.to_base64()).unwrap(), spki);
    assert_eq!(key.to_string().parse(), Ok(key));
    assert_eq!(key.suite() == Suite::X25519, spki.starts_with(X25519_PREFIX));
}

fn check_signing(spki: &[u8], key: Result<SigningPublicKey, KeyError>) {
    if spki.starts_with(P256_PREFIX) {
        assert_eq!(key.is_ok(), is_usable(spki), "{key:?}");
    }
    let Ok(key) = key else { return };
    assert_eq!(decode_base64(&key.to_base64()).unwrap(), spki);
    assert_eq!(key.to_string().parse(), Ok(key));
    if key.suite() == Suite::X25519 {
        let mut y: [u8; 32] = spki[12..].try_into().unwrap();
        y[31] &= 0x7f;
        assert!(!SMALL_ORDER.contains(&y));
    }
}

/// Whether AWS-LC computes a shared secret with it. Two things AWS-LC puts up with and we do not:
/// an X25519 key beyond the field, and one with the bit set that is not part of it.
fn is_usable(spki: &[u8]) -> bool {
    if let Some(point) = spki.strip_prefix(X25519_PREFIX) {
        let is_beyond = |point: &[u8]| {
            point[31] >= 0x80
                || point[31] == 0x7f
                    && point[1..31].iter().all(|byte| *byte == 0xff)
                    && point[0] >= 0xed
        };
        return point.len() == 32 && !is_beyond(point) && agrees(&X25519, &[7; 32], point);
    }
    match spki.strip_prefix(P256_PREFIX) {
        Some(point @ [4, ..]) => agrees(&ECDH_P256, &[7; 32], point),
        _ => false,
    }
}

fn agrees(group: &'static agreement::Algorithm, secret: &[u8], point: &[u8]) -> bool {
    let secret = PrivateKey::from_private_key(group, secret).unwrap();
    agreement::agree(&secret, UnparsedPublicKey::new(group, point), (), |_| Ok(())).is_ok()
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let mut seeds = Vec::new();
    for suite in [Suite::X25519, Suite::XChat] {
        let account = &stage(suite).alice;
        let participant = account.participant();
        let texts =
            [participant.identity_key().to_base64(), participant.signing_key().to_base64()];
        for (form, text) in (0..).zip(&texts) {
            let spki = decode_base64(text).unwrap();
            seeds.push([&[form], &*spki].concat());
            seeds.push([&[form + 4], text.as_bytes()].concat());
            if let Some(point) = spki.strip_prefix(P256_PREFIX) {
                seeds.push([&[form + 2], point].concat());
            }
        }
    }
    for y in SMALL_ORDER {
        let spki = [X25519_PREFIX, &y].concat();
        seeds.push([&[0], &*spki].concat());
        let ed25519 = [&spki[..8], &[0x70], &spki[9..]].concat();
        seeds.push([&[1], &*ed25519].concat());
    }
    seeds
}
