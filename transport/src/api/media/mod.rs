//! Encrypted attachments: up in segments, down in pieces. All of it is ciphertext.

pub(crate) mod calls;
pub(crate) mod download;
pub(crate) mod error;
pub(crate) mod size;
pub(crate) mod upload;
