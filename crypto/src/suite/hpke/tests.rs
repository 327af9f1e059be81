//! RFC 9180's own vectors, in full: every value of the base-mode set for this suite.

use std::vec::Vec;

use serde_json::Value;

use super::*;

const VECTORS: &str =
    include_str!("../../../tests/vectors/rfc9180-x25519-sha256-chacha20poly1305-base.json");

fn hex(value: &Value) -> Vec<u8> {
    let text = value.as_str().unwrap();
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap())
        .collect()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    hex(value).try_into().unwrap()
}

#[test]
fn every_value_of_the_vector_set_is_reproduced() {
    let vector: Value = serde_json::from_str(VECTORS).unwrap();
    let recipient = StaticSecret::from(array::<32>(&vector["skRm"]));
    let recipient_public = PublicKey::from(&recipient);
    let ephemeral = StaticSecret::from(array::<32>(&vector["skEm"]));
    let enc = PublicKey::from(&ephemeral);
    assert_eq!(recipient_public.as_bytes(), &array(&vector["pkRm"]));
    assert_eq!(enc.as_bytes(), &array(&vector["enc"]));
    assert_eq!(enc.as_bytes(), &array(&vector["pkEm"]));

    // DeriveKeyPair (section 7.1.3).
    for (ikm, secret) in [("ikmR", "skRm"), ("ikmE", "skEm")] {
        let (_, prk) = labeled_extract(KEM_SUITE, &[], b"dkp_prk", &hex(&vector[ikm]));
        let mut derived = [0; 32];
        labeled_expand(&prk, KEM_SUITE, b"sk", [b"", b""], &mut derived);
        assert_eq!(derived, array(&vector[secret]), "{ikm}");
    }

    // Encap and Decap.
    let sent = shared_secret(&dh(&ephemeral, &recipient_public).unwrap(), &enc, &recipient_public);
    let received = shared_secret(&dh(&recipient, &enc).unwrap(), &enc, &recipient_public);
    assert_eq!(*sent, array(&vector["shared_secret"]));
    assert_eq!(*received, *sent);

    // KeySchedule.
    let info = Info::new(&hex(&vector["info"]));
    assert_eq!(info.0, array(&vector["key_schedule_context"]));
    let (secret_bytes, secret) = labeled_extract(HPKE_SUITE, &*sent, b"secret", b"");
    assert_eq!(*secret_bytes, array(&vector["secret"]));
    let mut key = [0; 32];
    labeled_expand(&secret, HPKE_SUITE, b"key", [&info.0, b""], &mut key);
    assert_eq!(key, array(&vector["key"]));
    let mut exporter = [0; 32];
    labeled_expand(&secret, HPKE_SUITE, b"exp", [&info.0, b""], &mut exporter);
    assert_eq!(exporter, array(&vector["exporter_secret"]));
    let (aead, base_nonce) = key_schedule(&sent, &info);
    assert_eq!(base_nonce, array(&vector["base_nonce"]));

    // Every encryption of the context, with the nonce of its sequence number.
    let encryptions = vector["encryptions"].as_array().unwrap();
    assert_eq!(encryptions.len(), 257);
    for (sequence, case) in encryptions.iter().enumerate() {
        let mut nonce = base_nonce;
        for (byte, count) in nonce[4..].iter_mut().zip((sequence as u64).to_be_bytes()) {
            *byte ^= count;
        }
        assert_eq!(nonce, array(&case["nonce"]));
        let mut text = hex(&case["pt"]);
        let tag = aead
            .encrypt_inout_detached(&nonce.into(), &hex(&case["aad"]), text.as_mut_slice().into())
            .unwrap();
        text.extend_from_slice(&tag);
        assert_eq!(text, hex(&case["ct"]), "sequence {sequence}");
    }

    let exports = vector["exports"].as_array().unwrap();
    assert_eq!(exports.len(), 3);
    for case in exports {
        assert_eq!(case["L"], 32);
        let mut exported = [0; 32];
        let context = hex(&case["exporter_context"]);
        labeled_expand(
            &Hkdf::from_prk(&exporter).unwrap(),
            HPKE_SUITE,
            b"sec",
            [&context, b""],
            &mut exported,
        );
        assert_eq!(exported, array(&case["exported_value"]));
    }
}

#[test]
fn single_shot_opens_only_what_it_sealed() {
    let recipient = StaticSecret::from([7; 32]);
    let public = PublicKey::from(&recipient);
    let info = Info::new(b"info");
    let ephemeral = StaticSecret::from([9; 32]);
    let sealed = seal_with_ephemeral(&ephemeral, &public, &info, b"aad", &[5; 32]).unwrap();
    let key = open(&recipient, &public, &info, b"aad", &sealed).unwrap();
    assert_eq!(key.expose_secret(), &[5; 32]);

    for bit in 0..SEALED_LENGTH * 8 {
        let mut changed = sealed;
        changed[bit / 8] ^= 1 << (bit % 8);
        // X25519 ignores the top bit of a coordinate (RFC 7748 section 5), but `enc` is hashed.
        assert!(open(&recipient, &public, &info, b"aad", &changed).is_err(), "bit {bit}");
    }
    assert!(open(&recipient, &public, &info, b"aa", &sealed).is_err());
    assert!(open(&recipient, &public, &Info::new(b"inf"), b"aad", &sealed).is_err());
    let other = StaticSecret::from([8; 32]);
    assert!(open(&other, &PublicKey::from(&other), &info, b"aad", &sealed).is_err());
}

#[test]
fn a_small_order_point_is_refused_at_use() {
    let info = Info::new(b"");
    let secret = StaticSecret::from([3; 32]);
    for point in super::super::x25519::tests::small_order_points() {
        let public = PublicKey::from(point);
        assert_eq!(
            seal_with_ephemeral(&secret, &public, &info, b"", &[1; 32]),
            Err(SealFailure::UnusableKey)
        );
        let mut sealed = [0; SEALED_LENGTH];
        sealed[..32].copy_from_slice(&point);
        assert!(open(&secret, &PublicKey::from(&secret), &info, b"", &sealed).is_err());
    }
}
