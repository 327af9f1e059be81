//! Encrypted files over both suites: whole or refused.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs)] // tests

mod common;
#[path = "common/content.rs"]
mod room;

use std::io::{self, Read, Write};
use std::sync::LazyLock;

use proptest::prelude::*;
use room::{Room, SUITES};
use sealpost_crypto::*;

const CHUNK: usize = MEDIA_CHUNK_LENGTH;
const FRAME: usize = CHUNK + 17;

/// A file's bytes: cheap, and no two chunks alike.
fn file(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index / CHUNK * 31 + index % 251).to_le_bytes()[0]).collect()
}

struct Encrypted {
    attachment: MediaAttachment,
    bytes: Vec<u8>,
    /// Where the frames begin.
    head: usize,
}

fn encrypt(room: &Room, file: &[u8]) -> Encrypted {
    let encryptor = MediaEncryptor::new(&room.alice_ring).unwrap();
    let announced = encryptor.encrypted_length(file.len().try_into().unwrap());
    let head = usize::try_from(encryptor.encrypted_length(0)).unwrap();
    let attachment =
        MediaAttachment::new("Ab1".parse().unwrap(), MediaKind::File, &encryptor.media());
    let mut bytes = vec![];
    encryptor.reader(file).read_to_end(&mut bytes).unwrap();
    assert_eq!(announced, u64::try_from(bytes.len()).unwrap());
    Encrypted { attachment, bytes, head }
}

/// What Bob, who got the attachment in a message, makes of a download.
fn decrypt(room: &Room, attachment: &MediaAttachment, bytes: &[u8]) -> Result<Vec<u8>, MediaError> {
    let mut decryptor = MediaDecryptor::new(attachment, &room.bob_ring)?;
    let mut output = vec![];
    decryptor.push(bytes, &mut output)?;
    decryptor.finish(&mut output)?;
    Ok(output)
}

/// The attachment as it arrives in a message.
fn received(room: &Room, attachment: &MediaAttachment) -> MediaAttachment {
    let message = Message::new(Text::new("").with_attachment(attachment.clone()));
    match room.say(1, &message).content() {
        Content::Text(text) => text.attachments()[0].media().unwrap().clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn content_files_of_every_length_come_back() {
    for suite in SUITES {
        let room = Room::new(suite);
        for length in [0, 1, 16, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 77] {
            let file = file(length);
            let encrypted = encrypt(&room, &file);
            assert_eq!(
                encrypted.bytes.len(),
                encrypted.head + length + 17 * length.div_ceil(CHUNK)
            );
            let attachment = received(&room, &encrypted.attachment);
            assert_eq!(attachment, encrypted.attachment);
            assert_eq!(attachment.id().is_some(), suite == Suite::X25519);
            assert_eq!(decrypt(&room, &attachment, &encrypted.bytes), Ok(file), "{suite} {length}");
        }
    }
}

/// Ten megabytes through a reader and a writer, in pieces that fit nothing.
#[test]
fn content_a_large_file_comes_back() {
    let room = Room::new(Suite::X25519);
    let file = file(10 * 1024 * 1024 + 1);
    let Encrypted { attachment, bytes, .. } = encrypt(&room, &file);
    let attachment = attachment.with_file_size(file.len().try_into().unwrap());
    let decryptor = MediaDecryptor::new(&attachment, &room.bob_ring).unwrap();
    let mut writer = decryptor.writer(Vec::with_capacity(file.len()));
    for piece in bytes.chunks(100_003) {
        writer.write_all(piece).unwrap();
    }
    assert!(writer.finish().unwrap() == file);
}

/// Cut anywhere at a border of a frame, or inside one: refused, except for the bare head, which X
/// takes for an empty file; there the size in the attachment tells.
#[test]
fn content_truncated_at_every_border() {
    for suite in SUITES {
        let room = Room::new(suite);
        let file = file(3 * CHUNK + 77);
        let Encrypted { attachment, bytes, head } = encrypt(&room, &file);
        let sized = attachment.clone().with_file_size(file.len().try_into().unwrap());
        let borders = (0..=3).map(|frame| head + frame * FRAME);
        for border in borders.clone() {
            for cut in [border, border + 1, border + 16, border + 17, border + 18] {
                let refused = decrypt(&room, &sized, &bytes[..cut]);
                let expected = match cut - border {
                    0 if border == head => MediaError::OtherSize,
                    0 => MediaError::Truncated,
                    _ => MediaError::NotAuthentic,
                };
                assert_eq!(refused, Err(expected), "{suite}: {cut}");
            }
        }
        assert_eq!(decrypt(&room, &attachment, &bytes[..head]), Ok(vec![]));
        for cut in 0..head {
            assert_eq!(decrypt(&room, &attachment, &bytes[..cut]), Err(MediaError::Truncated));
        }
        // A whole file whose last frame is gone, and one whose only frame is gone.
        let whole = encrypt(&room, &file[..2 * CHUNK]);
        let cut = &whole.bytes[..whole.head + FRAME];
        assert_eq!(decrypt(&room, &whole.attachment, cut), Err(MediaError::Truncated));
    }
}

#[test]
fn content_reordered_repeated_extended_or_mixed_at_every_border() {
    for suite in SUITES {
        let room = Room::new(suite);
        let Encrypted { attachment, bytes, head } = encrypt(&room, &file(4 * CHUNK));
        let other = encrypt(&room, &file(4 * CHUNK));
        let frame = |bytes: &[u8], number: usize| bytes[head + number * FRAME..][..FRAME].to_vec();
        let frames: Vec<Vec<u8>> = (0..4).map(|number| frame(&bytes, number)).collect();
        let build = |frames: &[Vec<u8>]| [&bytes[..head], &frames.concat()].concat();
        assert!(decrypt(&room, &attachment, &build(&frames)).is_ok());
        let refused = |frames: &[Vec<u8>]| decrypt(&room, &attachment, &build(frames)).unwrap_err();
        for number in 0..4 {
            let mut changed = frames.clone();
            changed.remove(number);
            let expected =
                if number == 3 { MediaError::Truncated } else { MediaError::NotAuthentic };
            assert_eq!(refused(&changed), expected, "without {number}");
            let mut changed = frames.clone();
            changed.insert(number, frames[number].clone());
            let expected =
                if number == 3 { MediaError::TrailingBytes } else { MediaError::NotAuthentic };
            assert_eq!(refused(&changed), expected, "{number} twice");
            let mut changed = frames.clone();
            changed[number] = frame(&other.bytes, number);
            assert_eq!(refused(&changed), MediaError::NotAuthentic, "{number} of another file");
            for second in 0..number {
                let mut changed = frames.clone();
                changed.swap(second, number);
                assert_eq!(refused(&changed), MediaError::NotAuthentic, "{second} for {number}");
            }
        }
        for extra in [1, 17, FRAME] {
            let longer = [&bytes[..], &vec![0; extra]].concat();
            let refused = decrypt(&room, &attachment, &longer);
            assert_eq!(refused, Err(MediaError::TrailingBytes), "{extra}");
        }
        for index in (0..bytes.len()).step_by(37).chain(0..head) {
            let mut changed = bytes.clone();
            changed[index] ^= 1 << (index % 8);
            let expected = match suite {
                Suite::X25519 if index < 17 => MediaError::OtherFile,
                _ => MediaError::NotAuthentic,
            };
            assert_eq!(decrypt(&room, &attachment, &changed), Err(expected), "{suite}: {index}");
        }
    }
}

#[test]
fn content_our_suite_binds_a_file_to_its_attachment() {
    for suite in SUITES {
        let mut room = Room::new(suite);
        let (one, other) = (encrypt(&room, b"one"), encrypt(&room, b"other"));
        let swapped = decrypt(&room, &one.attachment, &other.bytes);
        match suite {
            Suite::X25519 => {
                assert_eq!(swapped, Err(MediaError::OtherFile));
                assert_ne!(one.attachment.id(), other.attachment.id());
                let longer = one.attachment.clone().with_file_size(4);
                assert_eq!(decrypt(&room, &longer, &one.bytes), Err(MediaError::OtherSize));
                assert!(decrypt(&room, &longer.with_file_size(3), &one.bytes).is_ok());
            }
            // X's own suite does not say which file it means.
            _ => assert_eq!(swapped, Ok(b"other".to_vec())),
        }
        let version = one.attachment.key_version();
        let empty = Keyring::new(room.stage.group.id());
        assert_eq!(
            MediaDecryptor::new(&one.attachment, &empty).err(),
            Some(MediaError::NoKey { version })
        );
        assert!(matches!(MediaEncryptor::new(&empty), Err(EncryptError::NoKey { .. })));
        // An older key stays good for its files; a newer one is another key.
        room.rotate();
        assert_eq!(decrypt(&room, &one.attachment, &one.bytes), Ok(b"one".to_vec()));
        let newer = encrypt(&room, b"newer");
        assert!(newer.attachment.key_version() > version);
        assert!(decrypt(&room, &newer.attachment, &one.bytes).is_err());
    }
}

/// An attachment of X's suite names no file of ours.
#[test]
fn content_an_attachment_without_a_salt_names_no_file() {
    let (ours, theirs) = (Room::new(Suite::X25519), Room::new(Suite::XChat));
    let attachment = encrypt(&theirs, b"x").attachment;
    let suite = Suite::X25519;
    assert_eq!(
        MediaDecryptor::new(&attachment, &ours.bob_ring).err(),
        Some(MediaError::NoId { suite })
    );
    let id = encrypt(&ours, b"x").attachment.id().unwrap().as_str().to_owned();
    assert!(id.len() == 32 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')));
}

/// Gives and takes what it likes, and is interrupted in between.
struct Moody<T> {
    inner: T,
    turn: usize,
}

impl<T> Moody<T> {
    fn next(&mut self, length: usize) -> io::Result<usize> {
        self.turn += 1;
        if self.turn.is_multiple_of(3) {
            return Err(io::ErrorKind::Interrupted.into());
        }
        Ok(length.min(self.turn * 37 % 1500 + 1))
    }
}

impl<R: Read> Read for Moody<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.next(buffer.len())?;
        self.inner.read(&mut buffer[..length])
    }
}

impl<W: Write> Write for Moody<W> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let length = self.next(buffer.len())?;
        self.inner.write(&buffer[..length])
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

#[test]
fn content_readers_and_writers_put_up_with_short_and_interrupted_ones() {
    let moody = |inner| Moody { inner, turn: 0 };
    for suite in SUITES {
        let room = Room::new(suite);
        let file = file(20 * CHUNK + 5);
        let encryptor = MediaEncryptor::new(&room.alice_ring).unwrap();
        let attachment =
            MediaAttachment::new("Ab1".parse().unwrap(), MediaKind::File, &encryptor.media());
        let mut reader = encryptor.reader(Moody { inner: &file[..], turn: 0 });
        let mut bytes = vec![];
        assert_eq!(reader.read(&mut []).unwrap(), 0);
        io::copy(&mut reader, &mut bytes).unwrap();
        assert_eq!(reader.read(&mut [0; 9]).unwrap(), 0, "the end stays the end");

        let decryptor = MediaDecryptor::new(&attachment, &room.bob_ring).unwrap();
        let mut writer = decryptor.writer(moody(vec![]));
        writer.write_all(&bytes).unwrap();
        writer.flush().unwrap();
        assert!(writer.finish().unwrap().inner == file, "{suite}");

        let encryptor = MediaEncryptor::new(&room.alice_ring).unwrap();
        let attachment =
            MediaAttachment::new("Ab1".parse().unwrap(), MediaKind::File, &encryptor.media());
        let mut writer = encryptor.writer(moody(vec![]));
        writer.write_all(&file).unwrap();
        let bytes = writer.finish().unwrap().inner;
        let decryptor = MediaDecryptor::new(&attachment, &room.bob_ring).unwrap();
        let mut reader = decryptor.reader(Moody { inner: &bytes[..], turn: 0 });
        // By hand: the standard library's own loops would put up with interruptions, too.
        let (mut decrypted, mut buffer) = (vec![], [0; 999]);
        loop {
            match reader.read(&mut buffer).unwrap() {
                0 => break,
                count => decrypted.extend_from_slice(&buffer[..count]),
            }
        }
        assert!(decrypted == file, "{suite}");
    }
}

/// A disk or a connection that fails.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

impl Write for Broken {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn content_failures_of_others_are_handed_on() {
    let room = Room::new(Suite::X25519);
    let Encrypted { attachment, bytes, .. } = encrypt(&room, &file(20 * CHUNK));
    let decryptor = || MediaDecryptor::new(&attachment, &room.bob_ring).unwrap();
    let encryptor = || MediaEncryptor::new(&room.alice_ring).unwrap();
    // What came before the failure is no whole file.
    let mut read = vec![];
    let mut reader = decryptor().reader(bytes[..bytes.len() / 2].chain(Broken));
    let error = reader.read_to_end(&mut read).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
    assert!(read.len() < 20 * CHUNK);
    let error = encryptor().reader(Broken).read(&mut [0; 9]).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);

    let error = encryptor().writer(Broken).write_all(&file(20 * CHUNK)).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    // A full buffer takes nothing more, and does not say why.
    let mut small = [0; 100];
    let error = decryptor().writer(&mut small[..]).write_all(&bytes).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::WriteZero);
}

#[test]
fn content_a_failed_file_stays_failed() {
    let room = Room::new(Suite::X25519);
    let Encrypted { attachment, mut bytes, head } = encrypt(&room, &file(20 * CHUNK));
    bytes[head + 10 * FRAME] ^= 1;
    let decryptor = || MediaDecryptor::new(&attachment, &room.bob_ring).unwrap();
    let media_error = |error: io::Error| {
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        *error.get_ref().unwrap().downcast_ref::<MediaError>().unwrap()
    };
    let mut reader = decryptor().reader(&bytes[..]);
    let mut buffer = vec![0; 100 * CHUNK];
    let mut read = 0;
    let error = loop {
        match reader.read(&mut buffer) {
            Ok(0) => panic!("not the end"),
            Ok(count) => read += count,
            Err(error) => break error,
        }
    };
    assert_eq!(media_error(error), MediaError::NotAuthentic);
    assert!(read <= 10 * CHUNK);
    for _ in 0..3 {
        assert_eq!(media_error(reader.read(&mut buffer).unwrap_err()), MediaError::Failed);
    }
    let mut writer = decryptor().writer(vec![]);
    assert_eq!(media_error(writer.write_all(&bytes).unwrap_err()), MediaError::NotAuthentic);
    assert_eq!(media_error(writer.finish().unwrap_err()), MediaError::Failed);
    let mut output = vec![];
    let mut pushed = decryptor();
    assert_eq!(pushed.push(&bytes, &mut output), Err(MediaError::NotAuthentic));
    assert_eq!(pushed.push(&bytes, &mut output), Err(MediaError::Failed));
    assert_eq!(pushed.finish(&mut output), Err(MediaError::Failed));
    assert_eq!(output.len(), 10 * CHUNK);
    // A writer that was not finished leaves a file that is not whole.
    let encryptor = MediaEncryptor::new(&room.alice_ring).unwrap();
    let attachment =
        MediaAttachment::new("Ab1".parse().unwrap(), MediaKind::File, &encryptor.media());
    let mut unfinished = vec![];
    encryptor.writer(&mut unfinished).write_all(&file(3 * CHUNK)).unwrap();
    assert_eq!(decrypt(&room, &attachment, &unfinished), Err(MediaError::Truncated));
}

static ROOMS: LazyLock<[Room; 2]> = LazyLock::new(|| SUITES.map(Room::new));

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    /// However a file and its ciphertext are cut into pieces, the same comes out.
    #[test]
    fn content_pieces_make_no_difference(
        length in 0usize..5000,
        pieces in proptest::collection::vec(1usize..3000, 1..8),
    ) {
        for room in &*ROOMS {
            let file = file(length);
            let mut encryptor = MediaEncryptor::new(&room.alice_ring).unwrap();
            let hash_key = "Ab1".parse().unwrap();
            let attachment = MediaAttachment::new(hash_key, MediaKind::File, &encryptor.media());
            let (mut bytes, mut rest) = (vec![], &file[..]);
            for size in pieces.iter().cycle() {
                let (piece, later) = rest.split_at(rest.len().min(*size));
                encryptor.push(piece, &mut bytes);
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            encryptor.finish(&mut bytes);
            let mut decryptor = MediaDecryptor::new(&attachment, &room.bob_ring).unwrap();
            let (mut decrypted, mut rest) = (vec![], &bytes[..]);
            for size in pieces.iter().rev().cycle() {
                let (piece, later) = rest.split_at(rest.len().min(*size));
                decryptor.push(piece, &mut decrypted).unwrap();
                rest = later;
                if rest.is_empty() {
                    break;
                }
            }
            decryptor.finish(&mut decrypted).unwrap();
            prop_assert_eq!(&decrypted, &file);
        }
    }

    #[test]
    fn content_any_bytes_are_a_file_or_a_typed_error(bytes in proptest::collection::vec(any::<u8>(), 0..3000)) {
        for room in &*ROOMS {
            let attachment = encrypt(room, b"").attachment;
            let refused = decrypt(room, &attachment, &bytes);
            // The bare header is an empty file of X's.
            let is_bare = bytes.len() == 24 && attachment.id().is_none();
            prop_assert_eq!(refused.is_ok(), is_bare);
        }
    }
}
