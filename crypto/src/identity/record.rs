//! Directory rows: untrusted text until verified for the user they were asked for.

use alloc::borrow::ToOwned as _;
use alloc::string::{String, ToString as _};
use core::fmt;

use super::{
    IdentityPublicKey, Participant, RecordError, RecordField, RecordProblem, SigningPublicKey,
};
use crate::sign::Signature;
use crate::{PublicKeyVersion, UserId};

/// The members of a directory row, each optional because the server's schema requires none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs)] // built by callers, member by member
pub struct PublicKeyRow<'a> {
    /// The user the row says it belongs to. X's per-user route leaves it out.
    pub user_id: Option<&'a str>,
    /// The identity key: base64 of its SPKI.
    pub public_key: Option<&'a str>,
    /// The signing key: base64 of its SPKI.
    pub signing_public_key: Option<&'a str>,
    /// The signature that binds the two: base64 of 64 bytes.
    pub identity_public_key_signature: Option<&'a str>,
    /// The reverse signature, of the identity key over the signing key, which the XChat suite
    /// has and directories may leave out: base64 of 64 bytes.
    pub signing_public_key_signature: Option<&'a str>,
    /// The version under which the server has them.
    pub public_key_version: Option<&'a str>,
}

/// One row of the public-key directory, as the server claims it. **Untrusted.**
///
/// Nothing in it is parsed before [`verify`](Self::verify), so one broken row does not spoil the
/// others of an answer. It cannot be sealed to:
///
/// ```
/// # use sealpost_crypto::*;
/// # fn f(account: &Account, conversation: &Conversation, bob: &Participant) {
/// KeyChange::new(account, conversation, KeyVersion::new(1)).participants([bob]);
/// # }
/// ```
///
/// takes a [`Participant`], and with a record in its place the same line does not compile:
///
/// ```compile_fail,E0271
/// # use sealpost_crypto::*;
/// # fn f(account: &Account, conversation: &Conversation, bob: &PublicKeyRecord) {
/// KeyChange::new(account, conversation, KeyVersion::new(1)).participants([bob]);
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
pub struct PublicKeyRecord {
    #[cfg_attr(feature = "serde", serde(default, deserialize_with = "text_or_number"))]
    user_id: Option<String>,
    #[cfg_attr(feature = "serde", serde(default))]
    public_key: Option<String>,
    #[cfg_attr(feature = "serde", serde(default))]
    signing_public_key: Option<String>,
    #[cfg_attr(feature = "serde", serde(default))]
    identity_public_key_signature: Option<String>,
    #[cfg_attr(feature = "serde", serde(default))]
    signing_public_key_signature: Option<String>,
    // X's API calls it `version` up to 2.165 and `public_key_version` after.
    #[cfg_attr(
        feature = "serde",
        serde(default, alias = "version", deserialize_with = "text_or_number")
    )]
    public_key_version: Option<String>,
}

impl From<PublicKeyRow<'_>> for PublicKeyRecord {
    fn from(row: PublicKeyRow<'_>) -> Self {
        Self {
            user_id: row.user_id.map(str::to_owned),
            public_key: row.public_key.map(str::to_owned),
            signing_public_key: row.signing_public_key.map(str::to_owned),
            identity_public_key_signature: row.identity_public_key_signature.map(str::to_owned),
            signing_public_key_signature: row.signing_public_key_signature.map(str::to_owned),
            public_key_version: row.public_key_version.map(str::to_owned),
        }
    }
}

impl PublicKeyRecord {
    /// The user the row says it belongs to, if it says so.
    #[must_use]
    pub fn claimed_user_id(&self) -> Option<&str> {
        self.user_id.as_deref()
    }

    /// The same row, attributed to `user` if it carried no user id: what a route that answers for
    /// one user means by leaving it out. A claim the row does carry is kept.
    #[must_use]
    pub fn with_user_id(mut self, user: UserId) -> Self {
        self.user_id.get_or_insert_with(|| user.to_string());
        self
    }

    /// Checks that the row is `expected`'s: well-formed keys of one suite, bound together, and
    /// for this user.
    ///
    /// # Errors
    /// [`RecordError`] names the user and what is wrong.
    ///
    /// # Security
    /// The key version is not bound by the signature: a server may serve an old pair again under
    /// a new number. Pin both keys.
    pub fn verify(&self, expected: &UserId) -> Result<Participant, RecordError> {
        self.check(*expected).map_err(|problem| RecordError::new(*expected, problem))
    }

    fn check(&self, expected: UserId) -> Result<Participant, RecordProblem> {
        if self.user_id.as_deref().is_some_and(|claim| claim.parse() != Ok(expected)) {
            return Err(RecordProblem::OtherUser);
        }
        let version = self.version()?;
        let identity = IdentityPublicKey::from_base64(required(
            self.public_key.as_deref(),
            RecordField::PublicKey,
        )?)
        .map_err(RecordProblem::IdentityKey)?;
        let signing = SigningPublicKey::from_row(required(
            self.signing_public_key.as_deref(),
            RecordField::SigningPublicKey,
        )?)
        .map_err(RecordProblem::SigningKey)?;
        let binding = Signature::from_base64(required(
            self.identity_public_key_signature.as_deref(),
            RecordField::IdentityPublicKeySignature,
        )?)
        .map_err(RecordProblem::BindingSignature)?;
        if identity.suite() != signing.suite() {
            return Err(RecordProblem::MixedSuites);
        }
        signing
            .0
            .verify_binding(expected, &identity.0, &binding)
            .map_err(RecordProblem::Binding)?;
        if let Some(reverse) = self.signing_public_key_signature.as_deref() {
            let reverse =
                Signature::from_base64(reverse).map_err(RecordProblem::ReverseSignature)?;
            identity
                .0
                .verify_reverse_binding(&signing.0, &reverse)
                .map_err(RecordProblem::Binding)?;
        }
        Ok(Participant::new(expected, version, identity, signing))
    }

    fn version(&self) -> Result<PublicKeyVersion, RecordProblem> {
        required(self.public_key_version.as_deref(), RecordField::PublicKeyVersion)?
            .parse()
            .map_err(RecordProblem::Version)
    }
}

/// Of a user's rows, the one with the numerically newest version, verified.
///
/// # Errors
/// [`RecordError`] with [`RecordProblem::NoKeys`] when there is no row, and for any row that
/// claims another user or has no readable version: a newest one cannot be told then.
pub fn newest_participant<'a>(
    user: &UserId,
    rows: impl IntoIterator<Item = &'a PublicKeyRecord>,
) -> Result<Participant, RecordError> {
    let fail = |problem| RecordError::new(*user, problem);
    let mut newest: Option<(PublicKeyVersion, &PublicKeyRecord)> = None;
    for row in rows {
        let version = row.version().map_err(fail)?;
        if newest.is_none_or(|(best, _)| version > best) {
            newest = Some((version, row));
        }
    }
    let (_, row) = newest.ok_or_else(|| fail(RecordProblem::NoKeys))?;
    row.verify(user)
}

impl fmt::Debug for PublicKeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKeyRecord")
            .field("user_id", &self.user_id)
            .field("public_key_version", &self.public_key_version)
            .finish_non_exhaustive()
    }
}

fn required(value: Option<&str>, field: RecordField) -> Result<&str, RecordProblem> {
    value.filter(|text| !text.is_empty()).ok_or(RecordProblem::Missing(field))
}

/// The server's schema says string; numbers have been seen.
#[cfg(feature = "serde")]
fn text_or_number<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    use serde::Deserialize as _;

    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    enum TextOrNumber {
        Text(String),
        Number(u64),
    }

    Ok(Option::<TextOrNumber>::deserialize(deserializer)?.map(|value| match value {
        TextOrNumber::Text(text) => text,
        TextOrNumber::Number(number) => number.to_string(),
    }))
}
