//! Content of the X25519 suite: XChaCha20-Poly1305 under keys derived for each use.

use alloc::vec::Vec;
use core::fmt;

use chacha20poly1305::{AeadInOut as _, KeyInit as _, XChaCha20Poly1305};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize as _, Zeroizing};

use super::{FieldContext, MEDIA_SALT_LENGTH, MessageParts, NONCE_LENGTH};
use crate::context::ChangeContext;
use crate::key::{derive, derive_with_salt};
use crate::sign::{ShortText, Transcript};
use crate::{ConversationId, ConversationKey, KeyVersion};

/// The first byte of everything encrypted, so that another cipher can follow this one.
pub(crate) const VERSION: u8 = 1;
const TAG_LENGTH: usize = 16;
const HEAD_LENGTH: usize = 1 + NONCE_LENGTH;

/// What a message's signature is over. Unlike X's it covers lifetime and notification.
pub(super) fn message(context: &ChangeContext, message: MessageParts<'_>) -> Transcript {
    let contents: [u8; 32] = Sha256::digest(message.contents).into();
    facts("sealpost/1 message", context)
        .bytes(&contents)
        .id(OrEmpty(message.ttl_msec))
        .id(OrEmpty(message.should_notify))
}

/// A text, or none for an absent value.
struct OrEmpty<T>(Option<T>);

impl<T: ShortText> fmt::Display for OrEmpty<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_ref().map_or(Ok(()), |value| value.fmt(f))
    }
}

impl<T: ShortText> ShortText for OrEmpty<T> {}

pub(super) fn encrypt_message(
    key: &ConversationKey,
    context: &ChangeContext,
    nonce: &[u8; NONCE_LENGTH],
    plaintext: &[u8],
) -> Vec<u8> {
    let key = use_key(key, "sealpost/1 message-key", context.conversation, context.key_version);
    seal(&key, nonce, facts("sealpost/1 message-aad", context).as_bytes(), plaintext)
}

pub(super) fn decrypt_message(
    key: &ConversationKey,
    context: &ChangeContext,
    contents: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let key = use_key(key, "sealpost/1 message-key", context.conversation, context.key_version);
    open(&key, facts("sealpost/1 message-aad", context).as_bytes(), contents)
}

pub(super) fn encrypt_field(
    key: &ConversationKey,
    field: &FieldContext,
    nonce: &[u8; NONCE_LENGTH],
    plaintext: &[u8],
) -> Vec<u8> {
    let key = use_key(key, "sealpost/1 metadata-key", field.conversation, field.key_version);
    seal(&key, nonce, field_aad(field).as_bytes(), plaintext)
}

pub(super) fn decrypt_field(
    key: &ConversationKey,
    field: &FieldContext,
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let key = use_key(key, "sealpost/1 metadata-key", field.conversation, field.key_version);
    open(&key, field_aad(field).as_bytes(), sealed)
}

pub(super) fn derive_media_key(
    key: &ConversationKey,
    conversation: ConversationId,
    key_version: KeyVersion,
    salt: &[u8; MEDIA_SALT_LENGTH],
    output: &mut [u8; 32],
) {
    let info = Transcript::new("sealpost/1 media-key").id(conversation).id(key_version);
    derive_with_salt(key, Some(salt), info.as_bytes(), output);
}

/// The five facts of a message behind a label.
fn facts(label: &'static str, context: &ChangeContext) -> Transcript {
    Transcript::new(label)
        .id(context.message_id)
        .id(context.sender)
        .id(context.sender_key_version)
        .id(context.conversation)
        .id(context.key_version)
}

fn field_aad(field: &FieldContext) -> Transcript {
    Transcript::new("sealpost/1 metadata-aad")
        .id(field.conversation)
        .id(field.key_version)
        .name(field.name)
}

/// No key is used for two things, nor for two conversations or versions.
fn use_key(
    key: &ConversationKey,
    label: &'static str,
    conversation: ConversationId,
    key_version: KeyVersion,
) -> Zeroizing<[u8; 32]> {
    let info = Transcript::new(label).id(conversation).id(key_version);
    let mut derived = Zeroizing::new([0; 32]);
    derive(key, info.as_bytes(), &mut derived);
    derived
}

/// `01 || nonce || ciphertext || tag`
fn seal(key: &[u8; 32], nonce: &[u8; NONCE_LENGTH], aad: &[u8], plaintext: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(HEAD_LENGTH + plaintext.len() + TAG_LENGTH);
    sealed.push(VERSION);
    sealed.extend_from_slice(nonce);
    sealed.extend_from_slice(plaintext);
    let ciphertext = sealed.get_mut(HEAD_LENGTH..).unwrap_or_default();
    let aead = XChaCha20Poly1305::new(key.into());
    match aead.encrypt_inout_detached(nonce.into(), aad, ciphertext.into()) {
        Ok(tag) => sealed.extend_from_slice(&tag),
        // Only for texts above 256 GiB, which no memory holds; never plaintext all the same.
        Err(_) => sealed.zeroize(),
    }
    sealed
}

fn open(key: &[u8; 32], aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let rest = sealed.strip_prefix(&[VERSION])?;
    let (nonce, rest) = rest.split_first_chunk::<NONCE_LENGTH>()?;
    let (ciphertext, tag) = rest.split_last_chunk::<TAG_LENGTH>()?;
    let mut plaintext = Zeroizing::new(ciphertext.to_vec());
    XChaCha20Poly1305::new(key.into())
        .decrypt_inout_detached(nonce.into(), aad, plaintext.as_mut_slice().into(), tag.into())
        .ok()?;
    Some(plaintext)
}
