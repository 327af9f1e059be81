//! Encrypted files: a file comes back whatever pieces it goes and comes in, libsodium's stream (by
//! `dryoc`) opens X's, and what was changed, cut or made up gives an error and no byte that was not
//! in the file at that place.

use dryoc::classic::crypto_secretstream_xchacha20poly1305 as secretstream;
use sealpost_crypto::*;

use crate::input::{Input, piece};
use crate::stage::{Seeded, Stage, stage};

/// Longer files have nothing new: a chunk has 1 KiB.
const LONGEST: usize = 5 * MEDIA_CHUNK_LENGTH;

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let suite = input.pick(&[Suite::X25519, Suite::XChat]);
    let what = input.byte() % 4;
    let length = input.number() as usize % LONGEST;
    let at = input.number() as usize;
    let pieces = input.piece();
    let rest = input.rest();
    let stage = stage(suite);

    // No two chunks are alike.
    let file: Vec<u8> = (0..length).map(|index| (index / 7 + index) as u8 ^ rest.len() as u8).collect();
    let mut encryptor = MediaEncryptor::with_rng(&stage.ring, &mut Seeded::new(8)).unwrap();
    let attachment = attachment(&encryptor);
    let announced = encryptor.encrypted_length(length as u64);
    let head = encryptor.encrypted_length(0) as usize;
    let mut encrypted = Vec::new();
    for piece in cut(&file, pieces) {
        encryptor.push(piece, &mut encrypted);
    }
    encryptor.finish(&mut encrypted);
    assert_eq!(encrypted.len() as u64, announced);

    let sized = attachment.with_file_size(length as u64);
    let (output, outcome) = decrypt(stage, &sized, &encrypted, pieces);
    assert_eq!((outcome, &output), (Ok(()), &file));
    if suite == Suite::XChat {
        assert_eq!(open_with_dryoc(stage, &encrypted), file);
    }

    match what {
        0 => {
            let bit = at % (encrypted.len() * 8);
            encrypted[bit / 8] ^= 1 << (bit % 8);
        }
        1 => encrypted.truncate(at % encrypted.len()),
        2 => encrypted.extend(rest.first()),
        _ => {
            encrypted.truncate(head);
            encrypted.extend(rest);
        }
    }
    let is_same = encrypted.len() as u64 == announced && what == 2
        || what == 3 && rest.is_empty() && file.is_empty();
    let (output, outcome) = decrypt(stage, &sized, &encrypted, pieces);
    if outcome.is_ok() && !is_same {
        // The header is all there is of an empty file. X does not say which size an attachment
        // names, and this may be the one of an encrypted empty file, too.
        let may_be_empty = file.is_empty() || suite == Suite::XChat && length == head;
        assert!(may_be_empty && encrypted.len() == head, "{what}: {} bytes", encrypted.len());
    }
    assert!(file.starts_with(&output), "something that was not in the file");
}

fn attachment(encryptor: &MediaEncryptor) -> MediaAttachment {
    MediaAttachment::new("Ab1".parse().unwrap(), MediaKind::File, &encryptor.media())
}

fn decrypt(
    stage: &Stage,
    attachment: &MediaAttachment,
    encrypted: &[u8],
    pieces: &[u8],
) -> (Vec<u8>, Result<(), MediaError>) {
    let mut decryptor = MediaDecryptor::new(attachment, &stage.ring).unwrap();
    let mut output = Vec::new();
    for piece in cut(encrypted, pieces) {
        if let Err(error) = decryptor.push(piece, &mut output) {
            return (output, Err(error));
        }
    }
    let end = decryptor.finish(&mut output);
    (output, end)
}

/// Pieces of these lengths, in units of 16 bytes and a bit, then the rest.
fn cut<'a>(mut bytes: &'a [u8], lengths: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    for length in lengths {
        let length = usize::from(*length) * 17;
        let (piece, rest) = bytes.split_at(length.min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces.push(bytes);
    pieces
}

/// X's stream is libsodium's, under the conversation key.
fn open_with_dryoc(stage: &Stage, encrypted: &[u8]) -> Vec<u8> {
    let (header, frames) = encrypted.split_first_chunk::<24>().unwrap();
    let mut state = secretstream::State::new();
    secretstream::crypto_secretstream_xchacha20poly1305_init_pull(
        &mut state,
        header,
        stage.key().expose_secret(),
    );
    let mut file = Vec::new();
    for frame in frames.chunks(MEDIA_CHUNK_LENGTH + 17) {
        let (mut text, mut tag) = (vec![0; frame.len() - 17], 0);
        secretstream::crypto_secretstream_xchacha20poly1305_pull(
            &mut state, &mut text, &mut tag, frame, None,
        )
        .unwrap();
        file.extend(text);
    }
    file
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let seed = |head: [u8; 2], length: u64, at: u64, pieces: &[u8], rest: &[u8]| {
        [&head, [length, at].map(u64::to_le_bytes).as_flattened(), &*piece(pieces), rest].concat()
    };
    let mut seeds = Vec::new();
    for suite in [0, 1] {
        seeds.push(seed([suite, 0], 1, 500, &[], b""));
        seeds.push(seed([suite, 0], 3000, 9000, &[1, 2, 61, 0, 3], b""));
        // Cut between two frames.
        for head in [24, 24 + 17] {
            let border = head + MEDIA_CHUNK_LENGTH as u64 + 17;
            seeds.push(seed([suite, 1], 2048, border, &[60, 61, 62], b""));
        }
        seeds.push(seed([suite, 2], 1024, 0, &[], b"x"));
        seeds.push(seed([suite, 3], 0, 0, &[1], b""));
        seeds.push(seed([suite, 3], 1025, 0, &[], &[7; 40]));
    }
    seeds
}
