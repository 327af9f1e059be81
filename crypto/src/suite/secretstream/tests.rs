//! Against X's answers, and against an independent libsodium.

use std::vec;

use dryoc::classic::crypto_secretstream_xchacha20poly1305 as sodium;
use serde_json::Value;

use super::*;
use crate::encoding::decode_base64;

fn known_answers(kind: &str) -> Vec<Value> {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../tests/vectors/xchat-vectors.json")).unwrap();
    let answers = vectors["known_answers"].as_array().unwrap();
    answers.iter().filter(|answer| answer["kind"] == kind).cloned().collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    decode_base64(value.as_str().unwrap()).unwrap()
}

/// A text in frames of 1,024 bytes, as X cuts it.
fn encrypt(key: &[u8; 32], header: &[u8; 24], text: &[u8]) -> Vec<u8> {
    let mut stream = SecretStream::new(key, header);
    let mut output = header.to_vec();
    let mut chunks = text.chunks(1024).peekable();
    while let Some(chunk) = chunks.next() {
        let tag = if chunks.peek().is_some() { FrameTag::Message } else { FrameTag::Final };
        stream.push(tag, chunk, &mut output);
    }
    output
}

#[test]
fn x_s_streams_are_reproduced() {
    let answers = known_answers("secretstream");
    assert_eq!(answers.len(), 5);
    for answer in answers {
        let key = bytes(&answer["key_b64"]).try_into().unwrap();
        let header = bytes(&answer["header_b64"]).try_into().unwrap();
        let text = bytes(&answer["plaintext_b64"]);
        assert_eq!(encrypt(&key, &header, &text), bytes(&answer["ciphertext_b64"]));
    }
}

#[test]
fn every_frame_length_agrees_with_libsodium() {
    let (key, header) = ([7; 32], [9; 24]);
    let mut stream = SecretStream::new(&key, &header);
    let mut theirs = sodium::State::new();
    sodium::crypto_secretstream_xchacha20poly1305_init_pull(&mut theirs, &header, &key);
    for length in (0..=80).chain([1007, 1008, 1009, 1023, 1024, 5000]) {
        let text: Vec<u8> = (0..length).map(|index: u32| index.to_le_bytes()[0]).collect();
        // Each kind of frame, those that rekey included: push is 1, rekey is 2, final is both.
        for tag in 0..=3 {
            let mut frame = vec![];
            stream.push_tagged(tag, &text, &mut frame);
            let (mut opened, mut their_tag) = (vec![0; text.len()], 9);
            sodium::crypto_secretstream_xchacha20poly1305_pull(
                &mut theirs,
                &mut opened,
                &mut their_tag,
                &frame,
                None,
            )
            .unwrap();
            assert_eq!((opened, their_tag), (text.clone(), tag), "{length}");
        }
    }
}

#[test]
fn libsodium_s_frames_are_pulled_in_their_order_only() {
    let key = [3; 32];
    let (mut theirs, mut header) = (sodium::State::new(), [0; 24]);
    sodium::crypto_secretstream_xchacha20poly1305_init_push(&mut theirs, &mut header, &key);
    let mut frame = |text: &[u8], tag| {
        let mut frame = vec![0; text.len() + FRAME_OVERHEAD];
        sodium::crypto_secretstream_xchacha20poly1305_push(
            &mut theirs,
            &mut frame,
            text,
            None,
            tag,
        )
        .unwrap();
        frame
    };
    let frames = [frame(b"one", 0), frame(b"", 0), frame(b"three", 3)];
    let pull = |stream: &mut SecretStream, frame: &[u8]| {
        let mut frame = frame.to_vec();
        stream.pull(&mut frame).map(|(tag, text)| (tag, text.to_vec()))
    };
    let mut stream = SecretStream::new(&key, &header);
    let expected =
        [(FrameTag::Message, &b"one"[..]), (FrameTag::Message, b""), (FrameTag::Final, b"three")];
    for (frame, (tag, text)) in frames.iter().zip(expected) {
        assert_eq!(pull(&mut stream, frame), Some((tag, text.to_vec())));
    }
    for first in [1, 2] {
        assert_eq!(pull(&mut SecretStream::new(&key, &header), &frames[first]), None);
    }
    for length in 0..frames[0].len() {
        assert_eq!(pull(&mut SecretStream::new(&key, &header), &frames[0][..length]), None);
    }
    for bit in 0..frames[0].len() * 8 {
        let mut changed = frames[0].clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(pull(&mut SecretStream::new(&key, &header), &changed), None, "{bit}");
    }
}

#[test]
fn tags_that_media_streams_do_not_have_are_refused() {
    let (key, header) = ([7; 32], [9; 24]);
    let mut refused = 0;
    for tag in 0..=u8::MAX {
        let mut frame = vec![];
        SecretStream::new(&key, &header).push_tagged(tag, b"text", &mut frame);
        let pulled = SecretStream::new(&key, &header).pull(&mut frame).map(|(tag, _)| tag);
        assert_eq!(pulled, FrameTag::from_byte(tag), "{tag}");
        refused += usize::from(pulled.is_none());
    }
    assert_eq!(refused, 254);
}

#[test]
fn the_key_changes_before_the_counter_repeats() {
    let (key, header) = ([7; 32], [9; 24]);
    let [mut one, mut other] = [0, 1].map(|_| {
        let mut stream = SecretStream::new(&key, &header);
        stream.0.nonce[..4].fill(0xff);
        stream
    });
    let first_key = one.0.key;
    for text in [&b"last of the old key"[..], b"first of the new one"] {
        let mut frame = vec![];
        one.push(FrameTag::Message, text, &mut frame);
        assert_eq!(other.pull(&mut frame), Some((FrameTag::Message, text)));
    }
    assert_ne!(one.0.key, first_key);
    assert_eq!(one.0.nonce[..4], [2, 0, 0, 0]);
    assert_eq!((one.0.key, one.0.nonce), (other.0.key, other.0.nonce));
    // The same key as libsodium's own rekeying gives, from the state before it.
    let mut plain = SecretStream::new(&key, &header);
    let mut theirs = sodium::State::new();
    sodium::crypto_secretstream_xchacha20poly1305_init_pull(&mut theirs, &header, &key);
    sodium::crypto_secretstream_xchacha20poly1305_rekey(&mut theirs);
    plain.rekey();
    let mut frame = vec![];
    plain.push(FrameTag::Final, b"text", &mut frame);
    let (mut opened, mut tag) = (vec![0; 4], 9);
    sodium::crypto_secretstream_xchacha20poly1305_pull(
        &mut theirs,
        &mut opened,
        &mut tag,
        &frame,
        None,
    )
    .unwrap();
    assert_eq!((&opened[..], tag), (&b"text"[..], 3));
}
