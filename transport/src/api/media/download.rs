//! Downloads: pieces of ciphertext, as they arrive.

use std::fmt;

use bytes::{Bytes, BytesMut};
use futures_util::{Stream, stream};
use sealpost_crypto::{ConversationId, MediaHashKey};
use tokio::io::{AsyncWrite, AsyncWriteExt as _};

use super::error::DownloadError;
use super::size::TotalBytes;
use crate::body::Body;
use crate::client::Client;
use crate::context::{Operation, ResponseInfo};
use crate::error::Error;
use crate::exchange::Call;
use crate::incoming::Incoming;

/// An attachment's ciphertext on its way.
///
/// # Security
/// It is what the server sent: whether it is whole and whose it is only decrypting it tells.
#[must_use = "nothing is received before the body is taken"]
pub struct MediaDownload {
    incoming: Incoming,
}

impl Client {
    /// Opens the download of an attachment: `GET /2/chat/media/{id}/{media_hash_key}`.
    ///
    /// At most `limit` bytes are received; one that is announced to have more is refused here. The
    /// limits on waiting are those of any call, and for the body one second for each 64 KiB on top;
    /// the time that its reader takes does not count. Memory holds what the connection buffers, some
    /// hundred kilobytes, however large the attachment is.
    ///
    /// # Errors
    /// [`Error::BodyTooLarge`]; [`Error::AcceptedWithErrors`] and [`Error::MalformedResponse`] when
    /// the server answers with success and no bytes; otherwise as [`Error`] describes.
    pub async fn download_media(
        &self,
        conversation_id: &ConversationId,
        media_hash_key: &MediaHashKey,
        limit: TotalBytes,
    ) -> Result<MediaDownload, Error> {
        let conversation = conversation_id.path().to_string();
        let incoming = self
            .open(Call {
                operation: Operation::DownloadMedia,
                path: &["2", "chat", "media", &conversation, media_hash_key.as_str()],
                query: &[],
                body: Body::None,
            })
            .await?;
        Ok(MediaDownload { incoming: incoming.limited(limit.as_u64())? })
    }
}

impl MediaDownload {
    /// How many bytes the server says there are.
    #[must_use]
    pub fn announced(&self) -> Option<TotalBytes> {
        self.incoming.announced().map(TotalBytes::new)
    }

    /// The id and the rate limit that came with the answer.
    #[must_use]
    pub fn response(&self) -> ResponseInfo {
        self.incoming.response()
    }

    /// The ciphertext in pieces, of whatever length they arrive in. The stream ends after the last
    /// piece or after an error.
    ///
    /// # Errors
    /// [`Error`], as the last item.
    pub fn into_stream(self) -> impl Stream<Item = Result<Bytes, Error>> + Send + Unpin {
        Box::pin(stream::try_unfold(self.incoming, |mut incoming| async move {
            Ok(incoming.chunk().await?.map(|piece| (piece, incoming)))
        }))
    }

    /// Writes the ciphertext to `writer`, and says how much there was.
    ///
    /// # Errors
    /// [`DownloadError`]. What was written then is of no use.
    pub async fn write_to<W: AsyncWrite + Unpin + Send>(
        mut self,
        writer: &mut W,
    ) -> Result<TotalBytes, DownloadError> {
        while let Some(piece) = self.incoming.chunk().await? {
            writer.write_all(&piece).await.map_err(DownloadError::Write)?;
        }
        writer.flush().await.map_err(DownloadError::Write)?;
        Ok(TotalBytes::new(self.incoming.received()))
    }

    /// All of the ciphertext, in memory.
    ///
    /// # Errors
    /// As [`Error`] describes.
    pub async fn into_bytes(mut self) -> Result<Bytes, Error> {
        let mut whole = BytesMut::new();
        while let Some(piece) = self.incoming.chunk().await? {
            whole.extend_from_slice(&piece);
        }
        Ok(whole.freeze())
    }
}

impl fmt::Debug for MediaDownload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MediaDownload")
            .field("announced", &self.announced())
            .finish_non_exhaustive()
    }
}
