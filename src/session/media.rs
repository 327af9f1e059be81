//! Attachments: encrypted on the way up, decrypted on the way down, a piece at a time.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use zeroize::{Zeroize as _, Zeroizing};

use super::{Sent, Session, SessionError};
use crate::transport::TotalBytes;
use crate::{
    ConversationId, Dimensions, MediaAttachment, MediaDecryptor, MediaEncryptor, MediaKind,
    Message, Text, UploadOptions,
};

/// How much of a file is in memory at a time.
const PIECE: usize = 64 * 1024;

/// A file to send.
#[derive(Clone, Debug)]
#[must_use = "nothing is sent before `send_media`"]
pub struct MediaToSend {
    kind: MediaKind,
    length: u64,
    text: String,
    file_name: Option<String>,
    dimensions: Option<Dimensions>,
    duration: Option<Duration>,
}

impl MediaToSend {
    /// A file of this many bytes.
    pub const fn new(kind: MediaKind, length: u64) -> Self {
        Self {
            kind,
            length,
            text: String::new(),
            file_name: None,
            dimensions: None,
            duration: None,
        }
    }

    /// With words.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = text.into();
        self
    }

    /// Its name.
    pub fn file_name(mut self, name: impl Into<String>) -> Self {
        self.file_name = Some(name.into());
        self
    }

    /// Its width and height.
    pub const fn dimensions(mut self, dimensions: Dimensions) -> Self {
        self.dimensions = Some(dimensions);
        self
    }

    /// How long it plays.
    pub const fn duration(mut self, duration: Duration) -> Self {
        self.duration = Some(duration);
        self
    }
}

/// How far a file has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MediaProgress {
    /// Bytes of the file that are through.
    pub done: u64,
    /// Bytes of the file, where they are known.
    pub total: Option<u64>,
}

impl Session {
    /// Encrypts and uploads a file, and sends a message with it. `progress` is told of each piece.
    /// Memory does not grow with the file.
    ///
    /// # Errors
    /// [`SessionError::Upload`], [`SessionError::File`], [`SessionError::KeyRotated`]; no message is
    /// sent then. Otherwise as
    /// [`send`](Self::send).
    pub async fn send_media<R: AsyncRead + Unpin + Send>(
        &self,
        conversation: ConversationId,
        media: MediaToSend,
        mut file: R,
        progress: impl Fn(MediaProgress) + Send + Sync,
    ) -> Result<Sent, SessionError> {
        let record = self.vault().conversation(conversation).await?;
        let mut encryptor = MediaEncryptor::new(record.keyring())?;
        let encrypted = encryptor.media();
        let length = media.length;
        let total = TotalBytes::new(encryptor.encrypted_length(length));
        let upload = self.client().begin_media_upload(&conversation, total, UploadOptions::new());
        let mut upload = upload.await?;
        let (mut piece, mut ciphertext) = (Zeroizing::new(vec![0; PIECE]), Vec::new());
        let mut done = 0;
        loop {
            let read = file.read(&mut piece).await.map_err(SessionError::File)?;
            let Some(plaintext) = piece.get(..read).filter(|piece| !piece.is_empty()) else {
                break;
            };
            encryptor.push(plaintext, &mut ciphertext);
            Box::pin(upload.write(&ciphertext)).await?;
            ciphertext.clear();
            done += plaintext.len() as u64;
            progress(MediaProgress { done, total: Some(length) });
        }
        encryptor.finish(&mut ciphertext);
        Box::pin(upload.write(&ciphertext)).await?;
        let uploaded = Box::pin(upload.finish()).await?;

        let mut attachment = MediaAttachment::new(uploaded.media_hash_key, media.kind, &encrypted)
            .with_file_size(length);
        if let Some(name) = media.file_name {
            attachment = attachment.with_file_name(name);
        }
        if let Some(dimensions) = media.dimensions {
            attachment = attachment.with_dimensions(dimensions);
        }
        if let Some(duration) = media.duration {
            attachment = attachment.with_duration(duration);
        }
        let message = Message::new(Text::new(media.text).with_attachment(attachment));
        // Under the key that the file is encrypted with, whatever has come since.
        self.send_under(&record, &message).await
    }

    /// Downloads and decrypts the file of an attachment, of at most `limit` bytes. `progress` is
    /// told of each piece. Memory does not grow with the file. Returns how many bytes it has.
    ///
    /// # Security
    /// Each piece is authentic when it is written; only the end tells whether the file is whole.
    /// After an error, throw away what was written.
    ///
    /// # Errors
    /// [`SessionError::Media`], [`SessionError::Call`], [`SessionError::File`].
    pub async fn download_media<W: AsyncWrite + Unpin + Send>(
        &self,
        conversation: ConversationId,
        attachment: &MediaAttachment,
        limit: u64,
        mut file: W,
        progress: impl Fn(MediaProgress) + Send + Sync,
    ) -> Result<u64, SessionError> {
        let record = self.vault().conversation(conversation).await?;
        let mut decryptor = MediaDecryptor::new(attachment, record.keyring())?;
        // Frames take less than a thirtieth more.
        let most = TotalBytes::new(limit.saturating_add(limit / 30).saturating_add(1024));
        let download = self.client().download_media(&conversation, attachment.hash_key(), most);
        let mut pieces = download.await?.into_stream();
        let mut plaintext = Zeroizing::new(Vec::with_capacity(PIECE));
        let mut done = 0;
        while let Some(piece) = futures_util::StreamExt::next(&mut pieces).await {
            // In parts that the buffer holds: growing, it would leave plaintext behind.
            for part in piece?.chunks(PIECE / 2) {
                decryptor.push(part, &mut plaintext)?;
                done += write(&mut file, &mut plaintext).await?;
            }
            progress(MediaProgress { done, total: attachment.file_size() });
        }
        decryptor.finish(&mut plaintext)?;
        done += write(&mut file, &mut plaintext).await?;
        file.flush().await.map_err(SessionError::File)?;
        Ok(done)
    }
}

async fn write<W: AsyncWrite + Unpin + Send>(
    file: &mut W,
    plaintext: &mut Vec<u8>,
) -> Result<u64, SessionError> {
    file.write_all(plaintext).await.map_err(SessionError::File)?;
    let length = plaintext.len() as u64;
    plaintext.zeroize();
    Ok(length)
}
