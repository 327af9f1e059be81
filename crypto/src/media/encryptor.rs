//! Encrypting a file.

use alloc::vec::Vec;
use core::fmt;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::{MEDIA_CHUNK_LENGTH, SALTED_HEAD_LENGTH, VERSION};
use crate::suite::content::{MEDIA_SALT_LENGTH, MediaKey};
use crate::suite::secretstream::{FRAME_OVERHEAD, FrameTag, HEADER_LENGTH, SecretStream};
use crate::{AttachmentId, EncryptError, KeyVersion, Keyring, Suite, random};

/// Which file was encrypted: what an attachment needs of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncryptedMedia {
    key_version: KeyVersion,
    salt: Option<[u8; MEDIA_SALT_LENGTH]>,
}

impl EncryptedMedia {
    /// The version of the conversation key it is encrypted under. A message that carries the
    /// attachment must be written under the same.
    #[must_use]
    pub const fn key_version(&self) -> KeyVersion {
        self.key_version
    }

    /// What binds the file to an attachment; in X's suite nothing does.
    #[must_use]
    pub fn attachment_id(&self) -> Option<AttachmentId> {
        self.salt.as_ref().map(AttachmentId::of_salt)
    }
}

/// Encrypts one file under a conversation's current key, piece by piece.
///
/// With `std`, [`reader`](Self::reader) and [`writer`](Self::writer) do the pieces.
///
/// # Security
/// In the X25519 suite each file has a key of its own, derived with a random salt, and the salt is
/// the attachment's id: a server cannot swap the files of a conversation. X's suite uses the
/// conversation key itself and binds nothing.
pub struct MediaEncryptor {
    stream: SecretStream,
    media: EncryptedMedia,
    header: [u8; HEADER_LENGTH],
    header_is_written: bool,
    /// What may turn out to be the last frame.
    pending: Zeroizing<Vec<u8>>,
}

impl MediaEncryptor {
    /// Begins a file, with the operating system's generator.
    ///
    /// # Errors
    /// [`EncryptError`] when the keyring has no key, or the generator fails.
    #[cfg(feature = "getrandom")]
    pub fn new(keyring: &Keyring) -> Result<Self, EncryptError> {
        Self::with_rng(keyring, &mut getrandom::SysRng)
    }

    /// Begins a file, with the caller's generator.
    ///
    /// # Errors
    /// [`EncryptError`] when the keyring has no key, or the generator fails.
    pub fn with_rng<R: TryCryptoRng + ?Sized>(
        keyring: &Keyring,
        rng: &mut R,
    ) -> Result<Self, EncryptError> {
        let (suite, key_version, key) = keyring.current_with_suite()?;
        let salt = match suite {
            #[cfg(feature = "x25519")]
            Suite::X25519 => {
                let mut salt = [0; MEDIA_SALT_LENGTH];
                random::fill(rng, &mut salt)?;
                Some(salt)
            }
            #[cfg(feature = "xchat")]
            Suite::XChat => None,
        };
        let mut header = [0; HEADER_LENGTH];
        random::fill(rng, &mut header)?;
        let key = MediaKey::new(key, keyring.conversation_id(), key_version, salt.as_ref());
        Ok(Self {
            stream: SecretStream::new(key.as_bytes(), &header),
            media: EncryptedMedia { key_version, salt },
            header,
            header_is_written: false,
            pending: Zeroizing::new(Vec::with_capacity(MEDIA_CHUNK_LENGTH)),
        })
    }

    /// What an attachment needs of the file.
    #[must_use]
    pub const fn media(&self) -> EncryptedMedia {
        self.media
    }

    /// How long a file of `length` bytes is when encrypted: what an upload announces.
    #[must_use]
    pub const fn encrypted_length(&self, length: u64) -> u64 {
        let head = HEADER_LENGTH + if self.media.salt.is_some() { SALTED_HEAD_LENGTH } else { 0 };
        let frames = length.div_ceil(MEDIA_CHUNK_LENGTH as u64);
        length
            .saturating_add(frames.saturating_mul(FRAME_OVERHEAD as u64))
            .saturating_add(head as u64)
    }

    /// Encrypts the next piece of the file and appends what is ready to `output`.
    pub fn push(&mut self, mut piece: &[u8], output: &mut Vec<u8>) {
        self.write_header(output);
        while !piece.is_empty() {
            // A full frame is only the last one if nothing follows.
            if self.pending.len() == MEDIA_CHUNK_LENGTH {
                self.stream.push(FrameTag::Message, &self.pending, output);
                self.pending.clear();
            }
            if let (true, Some((now, later @ [_, ..]))) =
                (self.pending.is_empty(), piece.split_first_chunk::<MEDIA_CHUNK_LENGTH>())
            {
                self.stream.push(FrameTag::Message, now, output);
                piece = later;
                continue;
            }
            let room = MEDIA_CHUNK_LENGTH - self.pending.len();
            let (now, later) = piece.split_at(room.min(piece.len()));
            self.pending.extend_from_slice(now);
            piece = later;
        }
    }

    /// Ends the file and appends the rest to `output`.
    pub fn finish(mut self, output: &mut Vec<u8>) {
        self.end(output);
    }

    pub(super) fn end(&mut self, output: &mut Vec<u8>) {
        self.write_header(output);
        // X has no frame in an empty file.
        if !self.pending.is_empty() {
            self.stream.push(FrameTag::Final, &self.pending, output);
            self.pending.clear();
        }
    }

    fn write_header(&mut self, output: &mut Vec<u8>) {
        if self.header_is_written {
            return;
        }
        self.header_is_written = true;
        if let Some(salt) = &self.media.salt {
            output.push(VERSION);
            output.extend_from_slice(salt);
        }
        output.extend_from_slice(&self.header);
    }
}

impl fmt::Debug for MediaEncryptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MediaEncryptor(key version {}, ..)", self.media.key_version)
    }
}
