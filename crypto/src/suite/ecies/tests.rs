//! The seal against vectors of others: Wycheproof for the curve and the cipher, NIST for the KDF,
//! X's own SDK for the whole.

use std::vec::Vec;

use serde_json::Value;

use super::super::p256_keys::tests::{POINT_VECTORS, secret};
use super::super::p256_keys::{point_from_uncompressed, uncompressed};
use super::super::xchat;
use super::*;
use crate::encoding::decode_base64;
use p256::PublicKey;
use sealpost_vectors::{Tally, expected, hex, rows};

const KDF_VECTORS: &str = sealpost_vectors::ANSX963;
const CIPHER_VECTORS: &str = sealpost_vectors::WYCHEPROOF_AES_GCM;
const XCHAT_VECTORS: &str = sealpost_vectors::XCHAT;

/// The cipher of the key schedule.
type Cipher = AesGcm<Aes128, U16>;

fn cipher(key: &[u8]) -> Cipher {
    Cipher::new(key.try_into().unwrap())
}

#[test]
fn ansx963_outputs_are_reproduced() {
    let (mut cases, mut with_shared_info) = (0, 0);
    for [count, z, shared_info, key_data] in rows(KDF_VECTORS, "COUNT Z SharedInfo key_data") {
        let (shared_info, key_data) = (hex(shared_info), hex(key_data));
        let length = if shared_info.is_empty() { 16 } else { 128 };
        assert_eq!(key_data.len(), length);
        let mut output = vec![0; length];
        x963_kdf(&hex(z), &shared_info, &mut output);
        assert_eq!(output, key_data, "case {count}");
        cases += 1;
        with_shared_info += usize::from(!shared_info.is_empty());
    }
    assert_eq!((cases, with_shared_info), (20, 10));
}

#[test]
fn wycheproof_aes_128_gcm_with_a_128_bit_nonce() {
    let (mut cases, mut altered) = (0, 0);
    for [id, result, key, iv, aad, msg, ct, tag] in
        rows(CIPHER_VECTORS, "tcId result key iv aad msg ct tag")
    {
        assert_eq!(result, "valid");
        cases += 1;
        let (aead, aad, message, ciphertext) = (cipher(&hex(key)), hex(aad), hex(msg), hex(ct));
        let nonce: [u8; 16] = hex(iv).try_into().unwrap();
        let tag: [u8; TAG_LENGTH] = hex(tag).try_into().unwrap();

        let mut text = message.clone();
        let made =
            aead.encrypt_inout_detached(&nonce.into(), &aad, text.as_mut_slice().into()).unwrap();
        assert_eq!((&text, made[..].to_vec()), (&ciphertext, tag.to_vec()), "case {id}");

        let open = |nonce: [u8; 16], aad: &[u8], text: &mut [u8], tag: [u8; TAG_LENGTH]| {
            aead.decrypt_inout_detached(&nonce.into(), aad, text.into(), &tag.into())
        };
        open(nonce, &aad, &mut text, tag).unwrap();
        assert_eq!(text, message, "case {id}");

        // This selection has no invalid cases of its own: each bit of each input makes one.
        for bit in 0..128 {
            let (mut nonce_out, mut tag_out) = (nonce, tag);
            nonce_out[bit / 8] ^= 1 << (bit % 8);
            tag_out[bit / 8] ^= 1 << (bit % 8);
            open(nonce_out, &aad, &mut ciphertext.clone(), tag).unwrap_err();
            open(nonce, &aad, &mut ciphertext.clone(), tag_out).unwrap_err();
            altered += 2;
        }
        for bit in 0..ciphertext.len() * 8 {
            let mut text = ciphertext.clone();
            text[bit / 8] ^= 1 << (bit % 8);
            open(nonce, &aad, &mut text, tag).unwrap_err();
            altered += 1;
        }
        open(nonce, &[&aad[..], &[0]].concat(), &mut ciphertext.clone(), tag).unwrap_err();
        altered += 1;
    }
    // The 20 messages have 600 bytes together.
    assert_eq!((cases, altered), (20, 20 * 257 + 600 * 8));
}

/// A seal computed beside our code, from the vector's shared coordinate.
fn sealed_from_shared(point: &[u8; POINT_LENGTH], shared: &[u8]) -> [u8; SEALED_LENGTH] {
    let okm = Sha256::digest([shared, &[0, 0, 0, 1], point].concat());
    let mut ciphertext = PLAINTEXT;
    let nonce: [u8; 16] = okm[16..].try_into().unwrap();
    let tag = cipher(&okm[..16])
        .encrypt_inout_detached(&nonce.into(), &[], ciphertext.as_mut_slice().into())
        .unwrap();
    [&point[..], &ciphertext, &tag].concat().try_into().unwrap()
}

const PLAINTEXT: [u8; 32] = [5; 32];

#[test]
fn wycheproof_points_open_what_their_shared_secret_seals() {
    let mut tally = Tally::new();
    for [id, result, public, private, shared] in
        rows(POINT_VECTORS, "tcId result public private shared")
    {
        // Other lengths are refused before there is a seal to open.
        let Ok(point) = hex(public).try_into() else {
            *tally.entry((expected(result), "other length")).or_default() += Backend::ALL.len();
            continue;
        };
        let sealed = sealed_from_shared(&point, &hex(shared));
        for &backend in Backend::ALL {
            let outcome = match open(backend, &secret(private), &sealed) {
                Ok(key) => {
                    assert_eq!(key.expose_secret(), &PLAINTEXT, "case {id}");
                    "opens"
                }
                Err(OpenError) => "refused",
            };
            *tally.entry((expected(result), outcome)).or_default() += 1;
        }
    }
    assert_eq!(
        tally,
        Tally::from([
            (("valid", "opens"), 330 * Backend::ALL.len()),
            (("invalid", "refused"), 16 * Backend::ALL.len()),
            (("invalid", "other length"), 8 * Backend::ALL.len()),
            (("acceptable", "other length"), Backend::ALL.len()),
        ])
    );
}

/// The known answers of one kind.
fn known_answers(kind: &str) -> Vec<Value> {
    let mut vectors: Value = serde_json::from_str(XCHAT_VECTORS).unwrap();
    let Value::Array(answers) = vectors["known_answers"].take() else { panic!("no list") };
    answers.into_iter().filter(|answer| answer["kind"] == kind).collect()
}

fn bytes<const N: usize>(answer: &Value, name: &str) -> [u8; N] {
    decode_base64(answer[name].as_str().unwrap()).unwrap().try_into().unwrap()
}

fn over_backends<T: Copy>(items: impl Iterator<Item = T>) -> impl Iterator<Item = (T, Backend)> {
    items.flat_map(|item| Backend::ALL.iter().map(move |backend| (item, *backend)))
}

#[test]
fn seals_of_xs_sdk_are_reproduced_and_open_only_unaltered() {
    let answers = known_answers("ecies_seal");
    assert_eq!(answers.len(), 3);
    for (answer, backend) in over_backends(answers.iter()) {
        let group = P256::on(backend);
        let blob: [u8; 64] = bytes(answer, "recipient_private_keys_b64");
        let (identity, signing) = (blob.first_chunk().unwrap(), blob.last_chunk().unwrap());
        let recipient: [u8; POINT_LENGTH] = bytes(answer, "recipient_public_sec1_b64");
        assert_eq!(group.public_key(identity), Some(recipient));
        let ephemeral: Secret = bytes(answer, "ephemeral_private_b64");
        let point: [u8; POINT_LENGTH] = bytes(answer, "ephemeral_public_sec1_b64");

        let x: [u8; 32] = bytes(answer, "ecdh_x_b64");
        let (mut points, mut shared) = ([P256::BLANK], [[0; 32]]);
        assert_eq!(group.agree_each(&[ephemeral], &[recipient], &mut points, &mut shared), 1);
        assert_eq!((points, shared), ([point], [x]));
        assert_eq!(group.agree(identity, &[point], &mut shared), 1);
        assert_eq!(shared, [x]);
        let okm: [u8; 32] = bytes(answer, "kdf_output_b64");
        let mut output = [0; 32];
        x963_kdf(&x, &point, &mut output);
        assert_eq!(output, okm);
        let (_, nonce) = key_schedule(&x, &point);
        assert_eq!(nonce, okm[16..]);

        let plaintext: [u8; 32] = bytes(answer, "plaintext_b64");
        let sealed: [u8; SEALED_LENGTH] = bytes(answer, "sealed_b64");
        let mut made = [0; SEALED_LENGTH];
        seal(&x, &point, &plaintext, &mut made).unwrap();
        assert_eq!(made, sealed);
        assert_eq!(open(backend, identity, &sealed).unwrap().expose_secret(), &plaintext);
        let keys = xchat::SecretKeys::from_scalars(identity, signing).unwrap();
        assert_eq!(keys.open(&sealed).unwrap().expose_secret(), &plaintext);
    }

    let others = answers.iter().cycle().skip(1);
    for ((answer, other), backend) in over_backends(answers.iter().zip(others)) {
        let blob: [u8; 64] = bytes(answer, "recipient_private_keys_b64");
        let (recipient, signing) = (blob.first_chunk().unwrap(), blob.last_chunk().unwrap());
        let sealed: [u8; SEALED_LENGTH] = bytes(answer, "sealed_b64");
        let mut refused = 0;
        for bit in 0..SEALED_LENGTH * 8 {
            let mut changed = sealed;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(open(backend, recipient, &changed).err(), Some(OpenError), "bit {bit}");
            refused += 1;
        }
        assert_eq!(refused, 904);

        // Neither to another recipient, nor with the signing half, nor behind the negated point.
        let others = bytes::<SEALED_LENGTH>(other, "sealed_b64");
        assert_eq!(open(backend, recipient, &others).err(), Some(OpenError));
        assert_eq!(open(backend, signing, &sealed).err(), Some(OpenError));
        let mut negated = sealed;
        let point = point_from_uncompressed(sealed.first_chunk().unwrap()).unwrap();
        let minus = PublicKey::try_from(-point.to_projective()).unwrap();
        negated[..POINT_LENGTH].copy_from_slice(&uncompressed(&minus));
        assert_eq!(open(backend, recipient, &negated).err(), Some(OpenError));
    }
}
