//! Against X's answers, and against an independent libsodium.

use std::vec;

use dryoc::classic::crypto_secretstream_xchacha20poly1305 as sodium;
use serde_json::Value;

use super::*;
use crate::encoding::decode_base64;

fn known_answers(kind: &str) -> Vec<Value> {
    let vectors: Value = serde_json::from_str(sealpost_vectors::XCHAT).unwrap();
    let answers = vectors["known_answers"].as_array().unwrap();
    answers.iter().filter(|answer| answer["kind"] == kind).cloned().collect()
}

fn bytes(value: &Value) -> Vec<u8> {
    decode_base64(value.as_str().unwrap()).unwrap()
}

/// A text in frames of 1,024 bytes, as X cuts it.
fn encrypt(backend: Backend, key: &[u8; 32], header: &[u8; 24], text: &[u8]) -> Vec<u8> {
    let mut stream = SecretStream::with_backend(backend, key, header);
    let mut output = header.to_vec();
    let mut chunks = text.chunks(1024).peekable();
    while let Some(chunk) = chunks.next() {
        let tag = if chunks.peek().is_some() { FrameTag::Message } else { FrameTag::Final };
        stream.push(tag, chunk, &mut output);
    }
    output
}

/// The tag and the text of a frame; of one that is refused nothing comes out.
fn pull(stream: &mut SecretStream, frame: &[u8]) -> Option<(FrameTag, Vec<u8>)> {
    let mut output = b"before".to_vec();
    let tag = stream.pull(frame, &mut output);
    assert!(tag.is_some() || output == b"before");
    tag.map(|tag| (tag, output.split_off(6)))
}

#[test]
fn x_s_streams_are_reproduced() {
    let answers = known_answers("secretstream");
    assert_eq!(answers.len(), 5);
    for answer in answers {
        let key = bytes(&answer["key_b64"]).try_into().unwrap();
        let header = bytes(&answer["header_b64"]).try_into().unwrap();
        let text = bytes(&answer["plaintext_b64"]);
        for &backend in Backend::ALL {
            let encrypted = encrypt(backend, &key, &header, &text);
            assert_eq!(encrypted, bytes(&answer["ciphertext_b64"]), "{backend:?}");
        }
    }
}

#[test]
fn every_frame_length_agrees_with_libsodium() {
    Backend::ALL.iter().for_each(|backend| agrees_with_libsodium(*backend));
}

fn agrees_with_libsodium(backend: Backend) {
    let (key, header) = ([7; 32], [9; 24]);
    let mut stream = SecretStream::with_backend(backend, &key, &header);
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
            assert_eq!((opened, their_tag), (text.clone(), tag), "{backend:?} {length}");
        }
    }
}

#[test]
fn libsodium_s_frames_are_pulled_in_their_order_only() {
    // Texts that fill whole blocks of the authenticator, and such that do not.
    let whole = [[5; 16], [6; 16]].concat();
    for texts in [[&b"one"[..], b"", b"three"], [&whole, &whole[..16], &[7; 1024]]] {
        for &backend in Backend::ALL {
            pulled_in_their_order_only(backend, texts);
        }
    }
}

fn pulled_in_their_order_only(backend: Backend, texts: [&[u8]; 3]) {
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
    let frames = [frame(texts[0], 0), frame(texts[1], 0), frame(texts[2], 3)];
    let new = || SecretStream::with_backend(backend, &key, &header);
    let mut stream = new();
    let tags = [FrameTag::Message, FrameTag::Message, FrameTag::Final];
    for (frame, (tag, text)) in frames.iter().zip(tags.into_iter().zip(texts)) {
        assert_eq!(pull(&mut stream, frame), Some((tag, text.to_vec())), "{backend:?}");
    }
    for first in [1, 2] {
        assert_eq!(pull(&mut new(), &frames[first]), None, "{backend:?}");
    }
    for length in 0..frames[0].len() {
        assert_eq!(pull(&mut new(), &frames[0][..length]), None, "{backend:?} {length}");
    }
    for bit in 0..frames[0].len() * 8 {
        let mut changed = frames[0].clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(pull(&mut new(), &changed), None, "{backend:?} {bit}");
    }
}

/// The same frames, one after the other, and each reads them and is where its writer was.
#[test]
fn every_backend_makes_and_reads_the_same_frames() {
    let (key, header) = ([7; 32], [9; 24]);
    let mut streams: Vec<SecretStream> = Backend::ALL
        .iter()
        .map(|&backend| SecretStream::with_backend(backend, &key, &header))
        .collect();
    let mut compared = 0;
    for length in [1024, 0, 16, 1, 1024, 1008, 1023, 64, 5008] {
        let text: Vec<u8> = (0..length).map(|index: u32| index.to_le_bytes()[0]).collect();
        let mut frames: Vec<Vec<u8>> = vec![];
        for stream in &mut streams {
            let before = stream.state.nonce;
            let mut frame = vec![];
            stream.push(FrameTag::Message, &text, &mut frame);
            // Back, and the same again from the other side.
            let after = core::mem::replace(&mut stream.state.nonce, before);
            let pulled = pull(stream, &frame);
            assert_eq!(pulled, Some((FrameTag::Message, text.clone())), "{length}");
            assert_eq!(stream.state.nonce, after);
            frames.push(frame);
            compared += 1;
        }
        assert!(frames.iter().all(|frame| *frame == frames[0]), "{length}");
    }
    assert_eq!(compared, 9 * Backend::ALL.len());
}

#[test]
fn tags_that_media_streams_do_not_have_are_refused() {
    let (key, header) = ([7; 32], [9; 24]);
    let mut refused = 0;
    let texts = [&b"text"[..], &[7; 16]];
    for (&backend, text) in
        Backend::ALL.iter().flat_map(|backend| texts.map(|text| (backend, text)))
    {
        let new = || SecretStream::with_backend(backend, &key, &header);
        for tag in 0..=u8::MAX {
            let mut frame = vec![];
            new().push_tagged(tag, text, &mut frame);
            let pulled = pull(&mut new(), &frame).map(|(tag, _)| tag);
            assert_eq!(pulled, FrameTag::from_byte(tag), "{backend:?} {tag}");
            refused += usize::from(pulled.is_none());
        }
    }
    assert_eq!(refused, 2 * 254 * Backend::ALL.len());
}

#[test]
fn the_key_changes_before_the_counter_repeats() {
    let (key, header) = ([7; 32], [9; 24]);
    let [mut one, mut other] = [0, 1].map(|_| {
        let mut stream = SecretStream::new(&key, &header);
        stream.state.nonce[..4].fill(0xff);
        stream
    });
    let first_key = one.state.key;
    for text in [&b"last of the old key"[..], b"first of the new one"] {
        let mut frame = vec![];
        one.push(FrameTag::Message, text, &mut frame);
        assert_eq!(pull(&mut other, &frame), Some((FrameTag::Message, text.to_vec())));
    }
    assert_ne!(one.state.key, first_key);
    assert_eq!(one.state.nonce[..4], [2, 0, 0, 0]);
    assert_eq!((one.state.key, one.state.nonce), (other.state.key, other.state.nonce));
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
