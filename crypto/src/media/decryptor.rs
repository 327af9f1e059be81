//! Decrypting a file.

use alloc::vec::Vec;
use core::{fmt, mem};

use super::{FRAME_LENGTH, MEDIA_CHUNK_LENGTH, MediaError, SALTED_HEAD_LENGTH, VERSION};
use crate::suite::content::{MEDIA_SALT_LENGTH, MediaKey};
use crate::suite::secretstream::{FrameTag, HEADER_LENGTH, SecretStream};
use crate::{Keyring, MediaAttachment, Suite};

/// Decrypts one attached file, piece by piece.
///
/// With `std`, [`reader`](Self::reader) and [`writer`](Self::writer) do the pieces.
///
/// # Security
/// Each piece that comes out is authentic, and the file is whole only once
/// [`finish`](Self::finish) says so: until then keep it aside.
pub struct MediaDecryptor {
    key: MediaKey,
    salt: Option<[u8; MEDIA_SALT_LENGTH]>,
    file_size: Option<u64>,
    state: State,
    /// What has come in and is not a whole head or frame yet: encrypted.
    pending: Vec<u8>,
    written: u64,
}

enum State {
    Head,
    Frames(SecretStream),
    Finished,
    Failed,
}

impl MediaDecryptor {
    /// Begins the file of an attachment, as a verified message names it.
    ///
    /// # Errors
    /// [`MediaError::NoKey`] when the keyring lacks the key of its version; in the X25519 suite
    /// [`MediaError::NoId`] when the attachment does not say which file it is.
    pub fn new(attachment: &MediaAttachment, keyring: &Keyring) -> Result<Self, MediaError> {
        let version = attachment.key_version();
        let no_key = MediaError::NoKey { version };
        let key = keyring.get(version).ok_or(no_key)?;
        let salt = match keyring.suite().ok_or(no_key)? {
            #[cfg(feature = "x25519")]
            suite @ Suite::X25519 => {
                let id = attachment.id().ok_or(MediaError::NoId { suite })?;
                Some(id.salt().ok_or(MediaError::NoId { suite })?)
            }
            #[cfg(feature = "xchat")]
            Suite::XChat => None,
        };
        Ok(Self {
            key: MediaKey::new(key, keyring.conversation_id(), version, salt.as_ref()),
            salt,
            file_size: attachment.file_size(),
            state: State::Head,
            pending: Vec::with_capacity(FRAME_LENGTH),
            written: 0,
        })
    }

    /// Decrypts the next piece of the file and appends what is authentic to `output`: at most as many
    /// bytes as the piece and [`MEDIA_CHUNK_LENGTH`] are.
    ///
    /// # Errors
    /// [`MediaError`]; the file is of no use then, and every further call fails.
    ///
    /// # Security
    /// A `Vec` that grows leaves its old contents in memory: to wipe the file later, reserve first.
    pub fn push(&mut self, mut piece: &[u8], output: &mut Vec<u8>) -> Result<(), MediaError> {
        while !piece.is_empty() {
            let wanted = match self.state {
                State::Head => self.head_length(),
                State::Frames(_) => FRAME_LENGTH,
                State::Finished => return self.fail(MediaError::TrailingBytes),
                State::Failed => return Err(MediaError::Failed),
            };
            let room = wanted - self.pending.len();
            let (now, later) = piece.split_at(room.min(piece.len()));
            piece = later;
            if now.len() == wanted {
                self.take(now, output)?;
                continue;
            }
            self.pending.extend_from_slice(now);
            if self.pending.len() == wanted {
                self.take_pending(output)?;
            }
        }
        Ok(())
    }

    /// Ends the file, appends the rest to `output` and says whether it is whole.
    ///
    /// # Errors
    /// [`MediaError`]; all that came out is of no use then.
    pub fn finish(mut self, output: &mut Vec<u8>) -> Result<(), MediaError> {
        self.end(output)
    }

    pub(super) fn end(&mut self, output: &mut Vec<u8>) -> Result<(), MediaError> {
        if let (State::Frames(_), false) = (&self.state, self.pending.is_empty()) {
            self.take_pending(output)?;
        }
        let is_whole = match self.state {
            State::Finished => true,
            // An empty file of X's has no frame.
            State::Frames(_) => self.written == 0 && self.pending.is_empty(),
            State::Head => false,
            State::Failed => return Err(MediaError::Failed),
        };
        if !is_whole {
            return self.fail(MediaError::Truncated);
        }
        if !self.has_expected_size() {
            return self.fail(MediaError::OtherSize);
        }
        self.state = State::Finished;
        Ok(())
    }

    fn take_pending(&mut self, output: &mut Vec<u8>) -> Result<(), MediaError> {
        let mut pending = mem::take(&mut self.pending);
        let taken = self.take(&pending, output);
        pending.clear();
        self.pending = pending;
        taken
    }

    /// Takes bytes for a head or a frame.
    fn take(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> Result<(), MediaError> {
        self.step(bytes, output).or_else(|error| self.fail(error))
    }

    fn step(&mut self, bytes: &[u8], output: &mut Vec<u8>) -> Result<(), MediaError> {
        let State::Frames(stream) = &mut self.state else {
            let header = self.check_head(bytes)?;
            self.state = State::Frames(SecretStream::new(self.key.as_bytes(), &header));
            return Ok(());
        };
        let before = output.len();
        let tag = stream.pull(bytes, output).ok_or(MediaError::NotAuthentic)?;
        let length = output.len() - before;
        // Only the last frame may be short: what is shorter and not the last was cut off.
        if tag == FrameTag::Message && length < MEDIA_CHUNK_LENGTH {
            return Err(MediaError::Truncated);
        }
        self.written += u64::try_from(length).unwrap_or(u64::MAX);
        if tag == FrameTag::Final {
            self.state = State::Finished;
        }
        Ok(())
    }

    /// The header of the stream, once what stands before it is that of the attached file.
    fn check_head(&self, head: &[u8]) -> Result<[u8; HEADER_LENGTH], MediaError> {
        let rest = match &self.salt {
            None => head,
            Some(salt) => head
                .strip_prefix(&[VERSION])
                .and_then(|rest| rest.strip_prefix(salt))
                .ok_or(MediaError::OtherFile)?,
        };
        rest.try_into().map_err(|_| MediaError::Truncated)
    }

    const fn head_length(&self) -> usize {
        HEADER_LENGTH + if self.salt.is_some() { SALTED_HEAD_LENGTH } else { 0 }
    }

    /// X does not say which size its attachments name, so there only a file that was cut down to
    /// its header is told apart from one that was empty; and a file of as many bytes as the header
    /// has not even then.
    fn has_expected_size(&self) -> bool {
        let Some(size) = self.file_size else { return true };
        let encrypted_and_empty = u64::try_from(self.head_length()).unwrap_or(u64::MAX);
        match self.salt {
            Some(_) => size == self.written,
            None => self.written > 0 || size == 0 || size == encrypted_and_empty,
        }
    }

    fn fail(&mut self, error: MediaError) -> Result<(), MediaError> {
        self.state = State::Failed;
        Err(error)
    }
}

impl fmt::Debug for MediaDecryptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MediaDecryptor(..)")
    }
}
