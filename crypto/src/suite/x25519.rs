//! The X25519 suite: X25519 and Ed25519 keys, HPKE seals, Ed25519 signatures.

use alloc::boxed::Box;
use core::hash::{Hash, Hasher};

use rand_core::TryCryptoRng;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use super::backend::{self, Backend, Secret};
use super::batch::{Agreed, Job, Scheme};
use super::hpke::{self, Info};
use super::{Recipient, ed25519};
use crate::action::ActionPayload;
use crate::context::{ActionContext, ChangeContext};
use crate::identity::KeyError;
use crate::key::derive;
use crate::random::{self, RandomError};
use crate::seal::OpenError;
use crate::sign::{Signature, Transcript, VerifyError};
use crate::{ConversationKey, UserId, wipe};

pub(crate) const SEALED_KEY_LENGTH: usize = hpke::SEALED_LENGTH;
pub(crate) const SIGNATURE_VERSION: &str = "1001";
/// SPKI of both kinds of key (RFC 8410): a 12-byte prefix and 32 key bytes.
pub(crate) const SPKI_LENGTH: usize = 44;

/// SEQUENCE { SEQUENCE { OID 1.3.101.110 }, BIT STRING } (RFC 8410 section 4).
const X25519_SPKI_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x6e, 0x03, 0x21, 0x00];
/// The same with OID 1.3.101.112.
const ED25519_SPKI_PREFIX: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// 2^255 - 19, little-endian.
const FIELD_PRIME: [u8; 32] = {
    let mut prime = [0xff; 32];
    prime[0] = 0xed;
    prime[31] = 0x7f;
    prime
};

/// The canonical points that give an all-zero shared secret with every private key: 0, 1, -1 and
/// the two of order 8 (RFC 7748 section 7).
const LOW_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    {
        let mut one = [0; 32];
        one[0] = 1;
        one
    },
    [
        0xe0, 0xeb, 0x7a, 0x7c, 0x3b, 0x41, 0xb8, 0xae, 0x16, 0x56, 0xe3, 0xfa, 0xf1, 0x9f, 0xc4,
        0x6a, 0xda, 0x09, 0x8d, 0xeb, 0x9c, 0x32, 0xb1, 0xfd, 0x86, 0x62, 0x05, 0x16, 0x5f, 0x49,
        0xb8, 0x00,
    ],
    [
        0x5f, 0x9c, 0x95, 0xbc, 0xa3, 0x50, 0x8c, 0x24, 0xb1, 0xd0, 0xb1, 0x55, 0x9c, 0x83, 0xef,
        0x5b, 0x04, 0x44, 0x5c, 0xc4, 0x58, 0x1c, 0x8e, 0x86, 0xd8, 0x22, 0x4e, 0xdd, 0xd0, 0x9f,
        0x11, 0x57,
    ],
    {
        let mut minus_one = FIELD_PRIME;
        minus_one[0] -= 1;
        minus_one
    },
];

/// A validated X25519 public key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct IdentityKey([u8; 32]);

impl IdentityKey {
    pub(crate) fn from_spki(spki: &[u8; SPKI_LENGTH]) -> Result<Self, KeyError> {
        let bytes = strip_prefix(spki, &X25519_SPKI_PREFIX)?;
        // Little-endian: compare from the last byte. All of this is public.
        if bytes.iter().rev().ge(FIELD_PRIME.iter().rev()) {
            return Err(KeyError::NotCanonical);
        }
        if LOW_ORDER.contains(bytes) {
            return Err(KeyError::LowOrder);
        }
        Ok(Self(*bytes))
    }

    pub(crate) fn to_spki(self) -> [u8; SPKI_LENGTH] {
        with_prefix(&X25519_SPKI_PREFIX, &self.0)
    }

    pub(crate) const fn as_point(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A validated Ed25519 public key.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    pub(crate) fn from_spki(spki: &[u8; SPKI_LENGTH]) -> Result<Self, KeyError> {
        let bytes = strip_prefix(spki, &ED25519_SPKI_PREFIX)?;
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::NotOnCurve)?;
        if key.to_edwards().compress().as_bytes() != bytes {
            return Err(KeyError::NotCanonical);
        }
        if key.is_weak() {
            return Err(KeyError::LowOrder);
        }
        Ok(Self(key))
    }

    pub(crate) fn to_spki(self) -> [u8; SPKI_LENGTH] {
        with_prefix(&ED25519_SPKI_PREFIX, self.0.as_bytes())
    }

    pub(crate) fn verify_binding(
        &self,
        user: UserId,
        identity: &IdentityKey,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        self.verify(&binding(user, identity, self), signature)
    }

    pub(crate) fn verify_key_change(
        &self,
        context: &ChangeContext,
        key: &ConversationKey,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        self.verify(&key_change(context, key), signature)
    }

    pub(crate) fn verify_action(
        &self,
        context: &ActionContext,
        action: &ActionPayload<'_>,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        self.verify(&action.transcript(context), signature)
    }

    pub(super) fn verify(
        &self,
        transcript: &Transcript,
        signature: &Signature,
    ) -> Result<(), VerifyError> {
        self.verify_bytes(transcript.as_bytes(), signature)
    }

    /// Strict verification: canonical encodings, no small-order points, no cofactor.
    fn verify_bytes(&self, message: &[u8], signature: &Signature) -> Result<(), VerifyError> {
        let signature = ed25519_dalek::Signature::from_bytes(signature.as_bytes());
        self.0.verify_strict(message, &signature).map_err(|_| VerifyError)
    }
}

impl Hash for VerifyingKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.as_bytes().hash(state);
    }
}

/// Both secret keys of an identity, on the heap so that moving an identity leaves no copy, and
/// wiped on drop.
pub(crate) struct SecretKeys(Box<Pairs>);

struct Pairs {
    identity: Zeroizing<Secret>,
    identity_public: [u8; 32],
    signing: ed25519_dalek::SigningKey,
}

impl SecretKeys {
    pub(crate) fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, RandomError> {
        let mut identity = Zeroizing::new([0; 32]);
        random::fill(rng, &mut *identity)?;
        let mut signing = Zeroizing::new([0; 32]);
        random::fill(rng, &mut *signing)?;
        Ok(Self::from_halves(&identity, &signing))
    }

    /// From the raw secret forms of RFC 7748 and RFC 8032: any 32 bytes are one.
    pub(crate) fn from_halves(identity: &[u8; 32], signing: &[u8; 32]) -> Self {
        let identity_public = PublicKey::from(&StaticSecret::from(*identity)).to_bytes();
        let identity = Zeroizing::new(*identity);
        let signing = ed25519_dalek::SigningKey::from_bytes(signing);
        Self(Box::new(Pairs { identity, identity_public, signing }))
    }

    /// Writes the raw secret forms.
    pub(crate) fn write_halves(&self, identity: &mut [u8; 32], signing: &mut [u8; 32]) {
        identity.copy_from_slice(&*self.0.identity);
        signing.copy_from_slice(self.0.signing.as_bytes());
    }

    pub(crate) fn identity_key(&self) -> IdentityKey {
        IdentityKey(self.0.identity_public)
    }

    pub(crate) fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.signing.verifying_key())
    }

    pub(crate) fn sign_binding(&self, user: UserId) -> Signature {
        self.sign(&binding(user, &self.identity_key(), &self.verifying_key()))
    }

    pub(crate) fn sign_key_change(
        &self,
        context: &ChangeContext,
        key: &ConversationKey,
    ) -> Signature {
        self.sign(&key_change(context, key))
    }

    pub(crate) fn sign_action(
        &self,
        context: &ActionContext,
        action: &ActionPayload<'_>,
    ) -> Signature {
        self.sign(&action.transcript(context))
    }

    pub(crate) fn open(
        &self,
        context: &ChangeContext,
        recipient: Recipient,
        sealed: &[u8; SEALED_KEY_LENGTH],
    ) -> Result<ConversationKey, OpenError> {
        hpke::open(
            Backend::fastest(),
            &self.0.identity,
            &self.0.identity_public,
            &seal_info(context),
            seal_aad(recipient).as_bytes(),
            sealed,
        )
    }

    pub(super) fn sign(&self, transcript: &Transcript) -> Signature {
        let (backend, key) = (Backend::fastest(), &self.0.signing);
        let sign = || ed25519::sign(backend, key, transcript.as_bytes());
        Signature::from_bytes(wipe::stack_after(sign))
    }
}

/// HPKE for many: `info` is hashed once.
pub(crate) struct Sealer<'a> {
    info: Info,
    key: &'a ConversationKey,
}

impl<'a> Sealer<'a> {
    pub(super) fn new(context: &ChangeContext, key: &'a ConversationKey) -> Self {
        Self { info: seal_info(context), key }
    }
}

impl Scheme for Sealer<'_> {
    type Group = backend::X25519;
    type Sealed = [u8; SEALED_KEY_LENGTH];

    fn draw<R: TryCryptoRng + ?Sized>(
        rng: &mut R,
        secrets: &mut [Secret],
    ) -> Result<(), RandomError> {
        random::fill_secrets(rng, secrets)
    }

    fn seal(
        &self,
        backend: Backend,
        agreed: Agreed<'_, Self>,
        job: &mut Job<'_, Self>,
    ) -> Option<()> {
        let aad = seal_aad(job.recipient);
        let (shared, key) = ((agreed.shared, agreed.ephemeral), self.key.expose_secret());
        hpke::seal(backend, &self.info, shared, job.identity, aad.as_bytes(), key, job.sealed)
    }
}

/// Message id and sender are part of it, so a copy cannot be moved into another change.
fn seal_info(context: &ChangeContext) -> Info {
    let info = Transcript::new("sealpost/1 conversation-key")
        .id(context.message_id)
        .id(context.sender)
        .id(context.conversation)
        .id(context.key_version);
    Info::new(info.as_bytes())
}

/// `field(user) || field(key version)`: two fields of at most 20 digits.
struct Aad {
    bytes: [u8; 44],
    length: usize,
}

impl Aad {
    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

/// As a transcript of two ids would be, but without an allocation for each recipient.
fn seal_aad(recipient: Recipient) -> Aad {
    let mut aad = Aad { bytes: [0; 44], length: 0 };
    for number in [recipient.user.as_u64(), recipient.public_key_version.as_u64()] {
        let mut digits = itoa::Buffer::new();
        let digits = digits.format(number).as_bytes();
        let [.., length] = digits.len().to_be_bytes();
        let field = [0, length].into_iter().chain(digits.iter().copied());
        aad.bytes.iter_mut().skip(aad.length).zip(field).for_each(|(to, from)| *to = from);
        aad.length += 2 + digits.len();
    }
    aad
}

/// Unlike X's own binding it names the user, so one user's keys cannot be served as another's.
fn binding(user: UserId, identity: &IdentityKey, signing: &VerifyingKey) -> Transcript {
    Transcript::new("sealpost/1 key-binding")
        .id(user)
        .bytes(&identity.to_spki())
        .bytes(&signing.to_spki())
}

/// Signed in place of the key: a commitment to it, so the transcript is not itself a secret.
fn key_change(context: &ChangeContext, key: &ConversationKey) -> Transcript {
    let info = Transcript::new("sealpost/1 key-commitment")
        .id(context.conversation)
        .id(context.key_version);
    let mut commitment = [0; 32];
    derive(key, info.as_bytes(), &mut commitment);
    Transcript::new("sealpost/1 key-change")
        .id(context.message_id)
        .id(context.sender)
        .id(context.sender_key_version)
        .id(context.conversation)
        .id(context.key_version)
        .bytes(&commitment)
}

fn strip_prefix<'a>(
    spki: &'a [u8; SPKI_LENGTH],
    prefix: &[u8; 12],
) -> Result<&'a [u8; 32], KeyError> {
    spki.strip_prefix(prefix).and_then(|key| key.try_into().ok()).ok_or(KeyError::Algorithm)
}

fn with_prefix(prefix: &[u8; 12], key: &[u8; 32]) -> [u8; SPKI_LENGTH] {
    let mut spki = [0; SPKI_LENGTH];
    let (head, tail) = spki.split_at_mut(prefix.len());
    head.copy_from_slice(prefix);
    tail.copy_from_slice(key);
    spki
}

#[cfg(test)]
pub(super) mod tests {
    use std::vec::Vec;

    use sealpost_vectors::{Tally, array, expected, hex, rows};

    use super::*;
    use crate::encoding::encode_base64;

    /// Every 32-byte string that X25519 takes to the all-zero secret: the canonical ones, the
    /// same numbers plus 2^255 - 19 where they fit, and all of these with the ignored top bit set.
    pub(in crate::suite) fn small_order_points() -> Vec<[u8; 32]> {
        let mut points = LOW_ORDER.to_vec();
        let mut prime_plus_one = FIELD_PRIME;
        prime_plus_one[0] += 1;
        points.extend([FIELD_PRIME, prime_plus_one]);
        for index in 0..points.len() {
            let mut point = points[index];
            point[31] |= 0x80;
            points.push(point);
        }
        points
    }

    #[test]
    fn the_listed_points_are_the_small_order_ones() {
        let points = small_order_points();
        assert_eq!(points.len(), 14);
        for point in points {
            let shared = StaticSecret::from([1; 32]).diffie_hellman(&PublicKey::from(point));
            assert!(!shared.was_contributory(), "{point:02x?}");
            let refused = IdentityKey::from_spki(&with_prefix(&X25519_SPKI_PREFIX, &point));
            let reason = if LOW_ORDER.contains(&point) {
                KeyError::LowOrder
            } else {
                KeyError::NotCanonical
            };
            assert_eq!(refused.err(), Some(reason), "{point:02x?}");
        }
    }

    /// Through the doors of keys and signatures: what is `valid` verifies, and nothing else.
    #[test]
    fn wycheproof_signatures_verify_or_are_refused() {
        let mut tally = Tally::new();
        for [id, result, key, message, signature] in
            rows(sealpost_vectors::WYCHEPROOF_ED25519, "tcId result pk msg sig")
        {
            let spki = with_prefix(&ED25519_SPKI_PREFIX, &array(key));
            let outcome =
                VerifyingKey::from_spki(&spki).map_err(|error| error.code()).and_then(|key| {
                    let signature = Signature::from_base64(&encode_base64(&hex(signature)))
                        .map_err(|error| error.code())?;
                    key.verify_bytes(&hex(message), &signature).map_err(|error| error.code())
                });
            assert_eq!(outcome.is_ok(), result == "valid", "case {id}");
            *tally.entry((expected(result), outcome.err().unwrap_or("verifies"))).or_default() += 1;
        }
        let all = [
            (("valid", "verifies"), 88),
            (("invalid", "signature.length"), 12),
            (("invalid", "signature.verify"), 51),
        ];
        assert_eq!(tally, Tally::from(all));
    }

    impl IdentityKey {
        /// A key that cannot come in by the door, to see that it is refused at use as well.
        pub(crate) fn unusable() -> Self {
            Self([0; 32])
        }
    }
}
