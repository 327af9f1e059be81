//! The crates that the library composes, where no door of its own stands between: HKDF and HMAC
//! (RFC 5869, RFC 4231, Project Wycheproof), ChaCha20 (RFC 8439), XChaCha20-Poly1305 of rows at
//! rest (Project Wycheproof).
#![allow(clippy::unwrap_used, missing_docs)] // a test

use chacha20::ChaCha20;
use chacha20::cipher::{KeyIvInit as _, StreamCipher as _, StreamCipherSeek as _};
use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::{AeadInOut as _, KeyInit as _};
use hkdf::Hkdf;
use hmac::{Hmac, Mac as _};
use sealpost_vectors::{Tally, array, expected, hex, rows};
use sha2::Sha256;

/// The output, or `None` where RFC 5869 allows none as long.
fn hkdf(ikm: &str, salt: &str, info: &str, length: &str) -> Option<Vec<u8>> {
    let mut output = vec![0; length.parse().unwrap()];
    let extracted = Hkdf::<Sha256>::new(Some(&hex(salt)), &hex(ikm));
    extracted.expand(&hex(info), &mut output).ok().map(|()| output)
}

#[test]
fn hkdf_is_that_of_rfc_5869() {
    let mut cases = 0;
    for [ikm, salt, info, length, prk, okm] in
        rows(sealpost_vectors::RFC5869, "IKM salt info L PRK OKM")
    {
        let (extracted, _) = Hkdf::<Sha256>::extract(Some(&hex(salt)), &hex(ikm));
        assert_eq!(extracted[..], hex(prk));
        assert_eq!(hkdf(ikm, salt, info, length), Some(hex(okm)));
        cases += 1;
    }
    assert_eq!(cases, 3);
}

#[test]
fn wycheproof_hkdf_outputs_are_made_or_are_too_long() {
    let mut tally = Tally::new();
    for [id, result, ikm, salt, info, size, okm] in
        rows(sealpost_vectors::WYCHEPROOF_HKDF, "tcId result ikm salt info size okm")
    {
        let found = hkdf(ikm, salt, info, size);
        if let Some(found) = &found {
            assert_eq!(*found, hex(okm), "case {id}");
        }
        let outcome = if found.is_some() { "made" } else { "refused" };
        *tally.entry((expected(result), outcome)).or_default() += 1;
    }
    assert_eq!(tally, Tally::from([(("valid", "made"), 83), (("invalid", "refused"), 3)]));
}

/// Whether a tag, or the first half of one, is that of the message.
fn hmac_verifies(key: &str, message: &str, tag: &str) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(&hex(key)).unwrap();
    mac.update(&hex(message));
    mac.verify_truncated_left(&hex(tag)).is_ok()
}

#[test]
fn hmac_is_that_of_rfc_4231() {
    let mut cases = 0;
    for [key, message, tag] in rows(sealpost_vectors::RFC4231, "Key Msg MD") {
        assert!(hmac_verifies(key, message, tag), "{message}");
        cases += 1;
    }
    assert_eq!(cases, 6);
}

#[test]
fn wycheproof_hmac_tags_verify_or_are_refused() {
    let mut tally = Tally::new();
    for [id, result, key, message, tag] in
        rows(sealpost_vectors::WYCHEPROOF_HMAC, "tcId result key msg tag")
    {
        let verifies = hmac_verifies(key, message, tag);
        assert_eq!(verifies, result == "valid", "case {id}");
        let outcome = if verifies { "verifies" } else { "refused" };
        *tally.entry((expected(result), outcome)).or_default() += 1;
    }
    assert_eq!(tally, Tally::from([(("valid", "verifies"), 66), (("invalid", "refused"), 108)]));
}

#[test]
fn chacha20_is_that_of_rfc_8439() {
    let mut cases = 0;
    for [key, nonce, counter, plaintext, ciphertext] in rows(
        sealpost_vectors::RFC8439_CHACHA20,
        "KEY NONCE INITIAL_BLOCK_COUNTER PLAINTEXT CIPHERTEXT",
    ) {
        let mut cipher = ChaCha20::new(&array(key).into(), &array(nonce).into());
        cipher.seek(64 * counter.parse::<u64>().unwrap());
        let mut text = hex(plaintext);
        cipher.apply_keystream(&mut text);
        assert_eq!(text, hex(ciphertext));
        cases += 1;
    }
    assert_eq!(cases, 3);
}

#[test]
fn wycheproof_xchacha20_poly1305_texts_open_or_are_refused() {
    let mut tally = Tally::new();
    for [id, result, key, nonce, aad, message, ciphertext, tag] in
        rows(sealpost_vectors::WYCHEPROOF_XCHACHA20_POLY1305, "tcId result key iv aad msg ct tag")
    {
        let cipher = XChaCha20Poly1305::new(&array(key).into());
        let (nonce, aad, tag) = (array(nonce).into(), hex(aad), array(tag).into());
        let mut text = hex(ciphertext);
        let opened =
            cipher.decrypt_inout_detached(&nonce, &aad, text.as_mut_slice().into(), &tag).is_ok();
        if opened {
            assert_eq!(text, hex(message), "case {id}");
            let made =
                cipher.encrypt_inout_detached(&nonce, &aad, text.as_mut_slice().into()).unwrap();
            assert_eq!((text, made), (hex(ciphertext), tag), "case {id}");
        }
        let outcome = if opened { "opens" } else { "refused" };
        *tally.entry((expected(result), outcome)).or_default() += 1;
    }
    assert_eq!(tally, Tally::from([(("valid", "opens"), 246), (("invalid", "refused"), 60)]));
}
