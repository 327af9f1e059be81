//! Files through `std::io`.

use std::io::{self, Read, Write};
use std::vec::Vec;

use zeroize::Zeroize as _;

use super::{FRAME_LENGTH, MEDIA_CHUNK_LENGTH, MediaDecryptor, MediaEncryptor, MediaError};

/// Encrypting or decrypting: [`MediaEncryptor`] or [`MediaDecryptor`].
pub trait MediaTransform: sealed::Transform {}

impl MediaTransform for MediaEncryptor {}
impl MediaTransform for MediaDecryptor {}

mod sealed {
    use super::*;

    pub trait Transform {
        /// Takes the next piece and appends what is ready.
        fn push_piece(&mut self, piece: &[u8], output: &mut Vec<u8>) -> Result<(), MediaError>;

        /// Appends the rest.
        fn end_pieces(&mut self, output: &mut Vec<u8>) -> Result<(), MediaError>;
    }
}

impl sealed::Transform for MediaEncryptor {
    fn push_piece(&mut self, piece: &[u8], output: &mut Vec<u8>) -> Result<(), MediaError> {
        self.push(piece, output);
        Ok(())
    }

    fn end_pieces(&mut self, output: &mut Vec<u8>) -> Result<(), MediaError> {
        self.end(output);
        Ok(())
    }
}

impl sealed::Transform for MediaDecryptor {
    fn push_piece(&mut self, piece: &[u8], output: &mut Vec<u8>) -> Result<(), MediaError> {
        self.push(piece, output)
    }

    fn end_pieces(&mut self, output: &mut Vec<u8>) -> Result<(), MediaError> {
        self.end(output)
    }
}

/// How much is taken at a time.
const PIECE_LENGTH: usize = 8 * 1024;
/// More than comes out of a piece: its frames, one that was begun before, and the head.
const READY_LENGTH: usize = (PIECE_LENGTH / MEDIA_CHUNK_LENGTH + 2) * FRAME_LENGTH;

/// Reads a file encrypted or decrypted, in constant memory.
///
/// Decrypting, the end of the file is only reported once it is whole; until then what was read is
/// to be kept aside. A [`MediaError`] comes inside an [`io::Error`] of kind `InvalidData`.
pub struct MediaReader<R, T> {
    inner: R,
    transform: T,
    piece: Vec<u8>,
    ready: Ready,
    is_at_end: bool,
}

/// Writes a file encrypted or decrypted, in constant memory.
///
/// The file is not complete before [`finish`](Self::finish): dropping the writer leaves it
/// truncated, which its readers notice.
pub struct MediaWriter<W, T> {
    inner: W,
    transform: T,
    ready: Ready,
}

/// Bytes that came out and were not handed on yet; decrypted ones, perhaps. Its memory never grows:
/// what is outgrown is not wiped.
struct Ready {
    bytes: Vec<u8>,
    taken: usize,
}

impl Ready {
    fn new() -> Self {
        Self { bytes: Vec::with_capacity(READY_LENGTH), taken: 0 }
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.taken..).unwrap_or_default()
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.taken = 0;
    }
}

impl Drop for Ready {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl MediaEncryptor {
    /// Reads the file encrypted: for uploads that ask for the next bytes.
    #[must_use]
    pub fn reader<R: Read>(self, plaintext: R) -> MediaReader<R, Self> {
        MediaReader::new(plaintext, self)
    }

    /// Writes the file encrypted.
    #[must_use]
    pub fn writer<W: Write>(self, ciphertext: W) -> MediaWriter<W, Self> {
        MediaWriter { inner: ciphertext, transform: self, ready: Ready::new() }
    }
}

impl MediaDecryptor {
    /// Reads the file decrypted.
    #[must_use]
    pub fn reader<R: Read>(self, ciphertext: R) -> MediaReader<R, Self> {
        MediaReader::new(ciphertext, self)
    }

    /// Writes the file decrypted: for downloads that hand over the next bytes.
    #[must_use]
    pub fn writer<W: Write>(self, plaintext: W) -> MediaWriter<W, Self> {
        MediaWriter { inner: plaintext, transform: self, ready: Ready::new() }
    }
}

impl<R, T> MediaReader<R, T> {
    fn new(inner: R, transform: T) -> Self {
        let piece = std::vec![0; PIECE_LENGTH];
        Self { inner, transform, piece, ready: Ready::new(), is_at_end: false }
    }
}

impl<R, T> Drop for MediaReader<R, T> {
    /// Encrypting, the piece is of the file itself.
    fn drop(&mut self) {
        self.piece.zeroize();
    }
}

impl<R: Read, T: MediaTransform> Read for MediaReader<R, T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.ready.rest().is_empty() && !self.is_at_end && !buffer.is_empty() {
            self.ready.clear();
            let count = match self.inner.read(&mut self.piece) {
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            let piece = self.piece.get(..count).unwrap_or_default();
            self.is_at_end = piece.is_empty();
            let taken = if self.is_at_end {
                self.transform.end_pieces(&mut self.ready.bytes)
            } else {
                self.transform.push_piece(piece, &mut self.ready.bytes)
            };
            // A failed file gives nothing any more, and never its end.
            taken.map_err(|error| {
                self.ready.clear();
                self.is_at_end = false;
                invalid(error)
            })?;
        }
        let count = self.ready.rest().read(buffer)?;
        self.ready.taken += count;
        Ok(count)
    }
}

impl<W: Write, T: MediaTransform> MediaWriter<W, T> {
    /// Ends the file and gives back what it was written to.
    ///
    /// # Errors
    /// What the inner writer reports; decrypting, `InvalidData` with a [`MediaError`] for a file
    /// that is not whole.
    pub fn finish(mut self) -> io::Result<W> {
        self.write_ready()?;
        self.transform.end_pieces(&mut self.ready.bytes).map_err(invalid)?;
        self.write_ready()?;
        self.inner.flush()?;
        Ok(self.inner)
    }

    fn write_ready(&mut self) -> io::Result<()> {
        while !self.ready.rest().is_empty() {
            match self.inner.write(self.ready.rest()) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => self.ready.taken += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.ready.clear();
        Ok(())
    }
}

impl<W: Write, T: MediaTransform> Write for MediaWriter<W, T> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        // What could not be written before goes first: nothing is taken in twice.
        self.write_ready()?;
        let piece = buffer.get(..PIECE_LENGTH).unwrap_or(buffer);
        self.transform.push_piece(piece, &mut self.ready.bytes).map_err(invalid)?;
        Ok(piece.len())
    }

    /// Hands on what is ready. The rest of the file stays in memory until it fills a frame.
    fn flush(&mut self) -> io::Result<()> {
        self.write_ready()?;
        self.inner.flush()
    }
}

fn invalid(error: MediaError) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}
