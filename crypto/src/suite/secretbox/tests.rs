//! Against X's answers, and against an independent libsodium.

use std::vec;

use dryoc::classic::crypto_secretbox as sodium;
use serde_json::Value;

use super::*;
use crate::encoding::decode_base64;

#[test]
fn x_s_boxes_are_reproduced() {
    let vectors: Value = serde_json::from_str(sealpost_vectors::XCHAT).unwrap();
    let answers = vectors["known_answers"].as_array().unwrap();
    let answers: Vec<_> = answers.iter().filter(|answer| answer["kind"] == "secretbox").collect();
    assert_eq!(answers.len(), 3);
    for answer in answers {
        let bytes = |name: &str| decode_base64(answer[name].as_str().unwrap()).unwrap();
        let key: [u8; 32] = bytes("key_b64").try_into().unwrap();
        let nonce = bytes("nonce_b64").try_into().unwrap();
        let sealed = seal(&key, &nonce, &bytes("plaintext_b64"));
        assert_eq!(sealed, bytes("box_b64"));
        assert_eq!(*open(&key, &sealed).unwrap(), bytes("plaintext_b64"));
    }
}

#[test]
fn every_length_agrees_with_libsodium() {
    let (key, nonce) = ([7; 32], [9; 24]);
    for length in (0..=200).chain([1023, 1024, 65_537]) {
        let text: Vec<u8> = (0..length).map(|index: u32| index.to_le_bytes()[1]).collect();
        let mut theirs = vec![0; text.len() + TAG_LENGTH];
        sodium::crypto_secretbox_easy(&mut theirs, &text, &nonce, &key).unwrap();
        let sealed = seal(&key, &nonce, &text);
        assert_eq!(sealed, [&nonce[..], &theirs].concat(), "{length}");
        assert_eq!(*open(&key, &sealed).unwrap(), text, "{length}");
    }
}

#[test]
fn a_changed_bit_or_a_missing_byte_is_refused() {
    let key = [7; 32];
    let sealed = seal(&key, &[9; 24], b"some text");
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&key, &changed).is_none(), "{bit}");
    }
    for length in 0..sealed.len() {
        assert!(open(&key, &sealed[..length]).is_none(), "{length}");
    }
    assert!(open(&key, &[&sealed[..], &[0]].concat()).is_none());
    assert!(open(&[8; 32], &sealed).is_none());
}
