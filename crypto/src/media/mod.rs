//! Encrypted files, in a stream of small frames and in constant memory.
//!
//! Each frame is authenticated with its place in the stream and the last one says that it is the
//! last, so that nothing can be changed, moved, left out or added.

mod decryptor;
mod encryptor;
mod error;
#[cfg(feature = "std")]
mod io;

pub use decryptor::MediaDecryptor;
pub use encryptor::{EncryptedMedia, MediaEncryptor};
pub use error::MediaError;
#[cfg(feature = "std")]
pub use io::{MediaReader, MediaTransform, MediaWriter};

use crate::suite::content::MEDIA_SALT_LENGTH;
use crate::suite::secretstream::FRAME_OVERHEAD;

/// How many bytes of a file go into one frame.
pub const MEDIA_CHUNK_LENGTH: usize = 1024;

/// A full frame.
const FRAME_LENGTH: usize = MEDIA_CHUNK_LENGTH + FRAME_OVERHEAD;
/// In the X25519 suite a version byte and the salt stand before the stream.
const SALTED_HEAD_LENGTH: usize = 1 + MEDIA_SALT_LENGTH;
const VERSION: u8 = 1;
