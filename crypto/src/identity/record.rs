//! Directory rows: untrusted text until verified for the user they were asked for.

use alloc::borrow::{Cow, ToOwned as _};
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
#[derive(Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize))]
pub struct PublicKeyRecord {
    #[cfg_attr(feature = "serde", serde(default))]
    user_id: Option<RowText>,
    #[cfg_attr(feature = "serde", serde(default))]
    public_key: Option<RowText>,
    #[cfg_attr(feature = "serde", serde(default))]
    signing_public_key: Option<RowText>,
    #[cfg_attr(feature = "serde", serde(default))]
    identity_public_key_signature: Option<RowText>,
    #[cfg_attr(feature = "serde", serde(default))]
    signing_public_key_signature: Option<RowText>,
    #[cfg_attr(feature = "serde", serde(default))]
    public_key_version: Option<RowText>,
    /// What X's API called it up to 2.165.
    #[cfg_attr(feature = "serde", serde(default))]
    version: Option<RowText>,
}

/// A member as it came. The schema says string; numbers have been seen. Anything else spoils its
/// own row only.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Deserialize), serde(untagged))]
enum RowText {
    Text(String),
    #[cfg(feature = "serde")]
    Number(u64),
    #[cfg(feature = "serde")]
    Other(serde::de::IgnoredAny),
}

impl From<PublicKeyRow<'_>> for PublicKeyRecord {
    fn from(row: PublicKeyRow<'_>) -> Self {
        Self {
            user_id: row.user_id.map(RowText::from),
            public_key: row.public_key.map(RowText::from),
            signing_public_key: row.signing_public_key.map(RowText::from),
            identity_public_key_signature: row.identity_public_key_signature.map(RowText::from),
            signing_public_key_signature: row.signing_public_key_signature.map(RowText::from),
            public_key_version: row.public_key_version.map(RowText::from),
            version: None,
        }
    }
}

impl From<&str> for RowText {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl PublicKeyRecord {
    /// The user the row says it belongs to, if it says so.
    #[must_use]
    pub fn claimed_user_id(&self) -> Option<&str> {
        match &self.user_id {
            Some(RowText::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The same row, attributed to `user` if it carried no user id: what a route that answers for
    /// one user means by leaving it out. A claim the row does carry is kept.
    #[must_use]
    pub fn with_user_id(mut self, user: UserId) -> Self {
        self.user_id.get_or_insert_with(|| RowText::Text(user.to_string()));
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
        if !self.may_belong_to(expected) {
            return Err(RecordProblem::OtherUser);
        }
        let version = self.version()?;
        let identity = required(self.public_key.as_ref(), RecordField::PublicKey)?;
        let identity =
            IdentityPublicKey::from_base64(&identity).map_err(RecordProblem::IdentityKey)?;
        let signing = required(self.signing_public_key.as_ref(), RecordField::SigningPublicKey)?;
        let signing = SigningPublicKey::from_row(&signing).map_err(RecordProblem::SigningKey)?;
        let binding = required(
            self.identity_public_key_signature.as_ref(),
            RecordField::IdentityPublicKeySignature,
        )?;
        let binding = Signature::from_base64(&binding).map_err(RecordProblem::BindingSignature)?;
        let reverse = optional(
            self.signing_public_key_signature.as_ref(),
            RecordField::SigningPublicKeySignature,
        )?;
        let reverse = reverse.map(|text| Signature::from_base64(&text)).transpose();
        let reverse = reverse.map_err(RecordProblem::ReverseSignature)?;
        if identity.suite() != signing.suite() {
            return Err(RecordProblem::MixedSuites);
        }
        signing.0.check_form(&binding).map_err(RecordProblem::BindingSignature)?;
        signing
            .0
            .verify_binding(expected, &identity.0, &binding)
            .map_err(RecordProblem::Binding)?;
        if let Some(reverse) = reverse {
            signing.0.check_form(&reverse).map_err(RecordProblem::ReverseSignature)?;
            identity
                .0
                .verify_reverse_binding(&signing.0, &reverse)
                .map_err(RecordProblem::Binding)?;
        }
        Ok(Participant::new(expected, version, identity, signing))
    }

    /// Whether the row names this user, or nobody.
    fn may_belong_to(&self, user: UserId) -> bool {
        match &self.user_id {
            None => true,
            Some(claim) => claim.text().is_some_and(|claim| claim.parse() == Ok(user)),
        }
    }

    fn version(&self) -> Result<PublicKeyVersion, RecordProblem> {
        let field = RecordField::PublicKeyVersion;
        let newer = optional(self.public_key_version.as_ref(), field)?;
        let older = optional(self.version.as_ref(), field)?;
        match (newer, older) {
            (Some(newer), Some(older)) if newer != older => Err(RecordProblem::TwoVersions),
            (Some(version), _) | (None, Some(version)) => {
                version.parse().map_err(RecordProblem::Version)
            }
            (None, None) => Err(RecordProblem::Missing(field)),
        }
    }
}

/// Of a user's rows, the one with the numerically newest version, verified. Rows that name other
/// users are passed over, so this takes the answer for many users as it is.
///
/// # Errors
/// [`RecordError`] with [`RecordProblem::NoKeys`] when there is no row at all, with
/// [`RecordProblem::OtherUser`] when all of them are other users', with
/// [`RecordProblem::TwoVersions`] when two different pairs claim the newest version, and for a
/// row without a readable version: which one is the newest cannot be told then.
pub fn newest_participant<'a>(
    user: &UserId,
    rows: impl IntoIterator<Item = &'a PublicKeyRecord>,
) -> Result<Participant, RecordError> {
    let fail = |problem| RecordError::new(*user, problem);
    let mut newest: Option<(PublicKeyVersion, &PublicKeyRecord)> = None;
    let mut problem = RecordProblem::NoKeys;
    for row in rows {
        if !row.may_belong_to(*user) {
            problem = RecordProblem::OtherUser;
            continue;
        }
        let version = row.version().map_err(fail)?;
        match newest {
            Some((best, _)) if version < best => {}
            Some((best, other)) if version == best && row != other => {
                return Err(fail(RecordProblem::TwoVersions));
            }
            _ => newest = Some((version, row)),
        }
    }
    let (_, row) = newest.ok_or_else(|| fail(problem))?;
    row.verify(user)
}

impl fmt::Debug for PublicKeyRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PublicKeyRecord")
            .field("user_id", &self.claimed_user_id())
            .field("public_key_version", &self.version().ok())
            .finish_non_exhaustive()
    }
}

impl RowText {
    /// The member's text; `None` for something that is neither text nor a number.
    fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            #[cfg(feature = "serde")]
            Self::Number(number) => Some(Cow::Owned(number.to_string())),
            #[cfg(feature = "serde")]
            Self::Other(_) => None,
        }
    }
}

/// A member that may be left out; empty is left out, too.
fn optional(
    value: Option<&RowText>,
    field: RecordField,
) -> Result<Option<Cow<'_, str>>, RecordProblem> {
    match value {
        None => Ok(None),
        Some(value) => {
            let text = value.text().ok_or(RecordProblem::NotText(field))?;
            Ok(Some(text).filter(|text| !text.is_empty()))
        }
    }
}

fn required(value: Option<&RowText>, field: RecordField) -> Result<Cow<'_, str>, RecordProblem> {
    optional(value, field)?.ok_or(RecordProblem::Missing(field))
}
