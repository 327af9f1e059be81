//! RFC 9180's own vectors, in full: every value of the base-mode set for this suite.

use std::vec::Vec;

use hkdf::Hkdf;
use serde_json::Value;

use super::*;

const VECTORS: &str = sealpost_vectors::RFC9180;

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

/// `LabeledExpand` as the hkdf crate does it, for what we never derive ourselves.
fn labeled_expand(prk: &[u8; 32], suite: &[u8], label: &[u8], info: &[u8]) -> [u8; 32] {
    let mut output = [0; 32];
    let info = [&[0, 32], VERSION, suite, label, info].concat();
    Hkdf::<Sha256>::from_prk(prk).unwrap().expand(&info, &mut output).unwrap();
    output
}

#[test]
fn every_value_of_the_vector_set_is_reproduced() {
    let vector: Value = serde_json::from_str(VECTORS).unwrap();
    let recipient_public: [u8; 32] = array(&vector["pkRm"]);
    let enc: [u8; 32] = array(&vector["enc"]);
    assert_eq!(enc, array(&vector["pkEm"]));

    // DeriveKeyPair (section 7.1.3).
    for (ikm, secret) in [("ikmR", "skRm"), ("ikmE", "skEm")] {
        let prk = labeled_extract(KEM_SUITE, b"dkp_prk", &hex(&vector[ikm]));
        assert_eq!(labeled_expand(&prk, KEM_SUITE, b"sk", b""), array(&vector[secret]), "{ikm}");
    }
    assert_eq!(labeled_extract(HPKE_SUITE, b"psk_id_hash", b""), PSK_ID_HASH);
    let context = key_schedule_context(&hex(&vector["info"]));
    assert_eq!(context, array(&vector["key_schedule_context"]));
    let info = Info::new(&hex(&vector["info"]));

    for &backend in Backend::ALL {
        let group = X25519::on(backend);
        let (recipient, ephemeral) = (array(&vector["skRm"]), array(&vector["skEm"]));
        assert_eq!(group.public_key(&recipient), Some(recipient_public));
        assert_eq!(group.public_key(&ephemeral), Some(enc));

        // Encap and Decap.
        let mut sent = [[0; 32]];
        assert_eq!(group.agree(&ephemeral, &[recipient_public], &mut sent), 1);
        let mut received = [[0; 32]];
        assert_eq!(group.agree(&recipient, &[enc], &mut received), 1);
        assert_eq!(sent, received);
        let shared = info.shared_secret(&sent[0], &enc, &recipient_public);
        assert_eq!(*shared, array(&vector["shared_secret"]));

        // KeySchedule.
        let secret = Hmac::new(&shared).tag(&info.secret);
        assert_eq!(*secret, array(&vector["secret"]));
        let (key, base_nonce) = info.key_schedule(&shared);
        assert_eq!(*key, array(&vector["key"]));
        assert_eq!(base_nonce, array(&vector["base_nonce"]));
        let exporter = labeled_expand(&secret, HPKE_SUITE, b"exp", &context);
        assert_eq!(exporter, array(&vector["exporter_secret"]));

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
            let tag = aead(backend).seal(&key, &nonce, &hex(&case["aad"]), &mut text).unwrap();
            text.extend_from_slice(&tag);
            assert_eq!(text, hex(&case["ct"]), "sequence {sequence}");
        }

        let exports = vector["exports"].as_array().unwrap();
        assert_eq!(exports.len(), 3);
        for case in exports {
            assert_eq!(case["L"], 32);
            let context = hex(&case["exporter_context"]);
            let exported = labeled_expand(&exporter, HPKE_SUITE, b"sec", &context);
            assert_eq!(exported, array(&case["exported_value"]));
        }
    }
}

/// Both halves of the exchange by one backend.
fn seal_with(
    backend: Backend,
    ephemeral: &Secret,
    recipient: &[u8; 32],
    info: &Info,
    aad: &[u8],
) -> Option<[u8; SEALED_LENGTH]> {
    let (mut enc, mut dh) = ([[0; 32]], [[0; 32]]);
    let agreed = X25519::on(backend).agree_each(&[*ephemeral], &[*recipient], &mut enc, &mut dh);
    let mut sealed = [0; SEALED_LENGTH];
    let exchange = (&dh[0], &enc[0]);
    (agreed == 1).then_some(())?;
    seal(backend, info, exchange, recipient, aad, &[5; 32], &mut sealed)?;
    Some(sealed)
}

#[test]
fn single_shot_opens_only_what_it_sealed() {
    let info = Info::new(b"info");
    for &backend in Backend::ALL {
        let public_key = |secret| X25519::on(backend).public_key(secret).unwrap();
        let recipient = [7; 32];
        let public = public_key(&recipient);
        let sealed = seal_with(backend, &[9; 32], &public, &info, b"aad").unwrap();
        assert_eq!(Some(sealed), seal_with(Backend::Pure, &[9; 32], &public, &info, b"aad"));
        let key = open(backend, &recipient, &public, &info, b"aad", &sealed).unwrap();
        assert_eq!(key.expose_secret(), &[5; 32]);

        for bit in 0..SEALED_LENGTH * 8 {
            let mut changed = sealed;
            changed[bit / 8] ^= 1 << (bit % 8);
            // X25519 ignores the top bit of a coordinate (RFC 7748 section 5), but `enc` is hashed.
            assert!(
                open(backend, &recipient, &public, &info, b"aad", &changed).is_err(),
                "bit {bit}"
            );
        }
        assert!(open(backend, &recipient, &public, &info, b"aa", &sealed).is_err());
        assert!(open(backend, &recipient, &public, &Info::new(b"inf"), b"aad", &sealed).is_err());
        assert!(open(backend, &[8; 32], &public_key(&[8; 32]), &info, b"aad", &sealed).is_err());
    }
}

#[test]
fn a_small_order_point_is_refused_at_use() {
    let info = Info::new(b"");
    let mut refused = 0;
    for &backend in Backend::ALL {
        let public = X25519::on(backend).public_key(&[3; 32]).unwrap();
        for point in super::super::x25519::tests::small_order_points() {
            assert_eq!(seal_with(backend, &[3; 32], &point, &info, b""), None);
            let mut sealed = [0; SEALED_LENGTH];
            sealed[..32].copy_from_slice(&point);
            assert!(open(backend, &[3; 32], &public, &info, b"", &sealed).is_err());
            refused += 1;
        }
    }
    assert_eq!(refused, 14 * Backend::ALL.len());
}
