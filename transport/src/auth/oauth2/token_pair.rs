//! The tokens of one sign-in.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::super::{CredentialsError, Presented};
use super::error::MissingScopes;
use super::scope::Scope;
use crate::error::{Error, Malformation};
use crate::exchange::Reply;

/// X's documented lifetime of an access token, for an answer that names none.
const DEFAULT_LIFETIME: Duration = Duration::from_secs(2 * 3600);
/// A token is renewed this long before it expires.
const MARGIN: Duration = Duration::from_secs(60);

/// The tokens of one user, as the authorization server issued them. `Debug` does not show them.
///
/// To keep one, keep [`to_json`](Self::to_json).
#[derive(Clone, Debug)]
pub struct TokenPair {
    access: SecretString,
    refresh: Option<SecretString>,
    expires_at: SystemTime,
    scopes: BTreeSet<Scope>,
    refresh_begun: bool,
}

impl TokenPair {
    /// Tokens that were issued elsewhere. Without scopes they count as unknown, and no call is held
    /// back for want of one.
    ///
    /// # Errors
    /// [`CredentialsError`], if a token is empty or has a character that is not visible ASCII.
    pub fn new(
        access: SecretString,
        refresh: Option<SecretString>,
        expires_at: SystemTime,
        scopes: impl IntoIterator<Item = Scope>,
    ) -> Result<Self, CredentialsError> {
        Presented::check_one("the access token", &access)?;
        refresh
            .as_ref()
            .map_or(Ok(()), |refresh| Presented::check_one("the refresh token", refresh))?;
        let scopes = scopes.into_iter().collect();
        Ok(Self { access, refresh, expires_at, scopes, refresh_begun: false })
    }

    /// What calls are made with.
    #[must_use]
    pub const fn access_token(&self) -> &SecretString {
        &self.access
    }

    /// What the next pair is got with, once; only there if `offline.access` was granted.
    #[must_use]
    pub const fn refresh_token(&self) -> Option<&SecretString> {
        self.refresh.as_ref()
    }

    /// When the access token expires, by this machine's clock.
    #[must_use]
    pub const fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// What was granted.
    #[must_use]
    pub const fn scopes(&self) -> &BTreeSet<Scope> {
        &self.scopes
    }

    /// Checks that these scopes were granted.
    ///
    /// # Errors
    /// [`MissingScopes`] names those that were not.
    pub fn require<'a>(
        &self,
        scopes: impl IntoIterator<Item = &'a Scope>,
    ) -> Result<(), MissingScopes> {
        let missing = scopes.into_iter().filter(|scope| !self.scopes.contains(scope));
        let scopes: Vec<Scope> = missing.cloned().collect();
        if scopes.is_empty() { Ok(()) } else { Err(MissingScopes { scopes }) }
    }

    /// Whether the refresh token was sent, and may be used up: no answer to it has been kept.
    #[must_use]
    pub const fn refresh_begun(&self) -> bool {
        self.refresh_begun
    }

    /// The same tokens, with the mark that their refresh token is being sent, or without.
    pub(super) fn marked(&self, refresh_begun: bool) -> Self {
        Self { refresh_begun, ..self.clone() }
    }

    /// The access token for a call that takes these scopes.
    pub(super) fn access_for(&self, scopes: &[Scope]) -> Result<&SecretString, MissingScopes> {
        if !self.scopes.is_empty() {
            self.require(scopes)?;
        }
        Ok(&self.access)
    }

    /// Whether it is time for the next pair.
    pub(super) fn expires_soon(&self, now: SystemTime) -> bool {
        self.expires_at.duration_since(now).map_or(true, |left| left <= MARGIN)
    }

    pub(super) fn has_expired(&self, now: SystemTime) -> bool {
        self.expires_at <= now
    }

    /// Reads an answer (RFC 6749 section 5.1) to a request sent at `sent`. What it leaves out is
    /// as it was asked for, or as it was before.
    pub(super) fn from_answer(
        mut reply: Reply,
        sent: SystemTime,
        scopes: &BTreeSet<Scope>,
        refresh: Option<&SecretString>,
    ) -> Result<Self, Error> {
        let mut text = |name: &'static str| match reply.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(SecretString::from(text))),
            Some(_) => Err(reply.malformed(name, Malformation::WrongType { expected: "a string" })),
        };
        let kind = text("token_type")?;
        let (access, renewed) = (text("access_token")?, text("refresh_token")?);
        let granted = text("scope")?;
        let lifetime = reply.take("expires_in");
        let Some(access) = access else {
            return Err(reply.unconfirmed(Some("access_token")));
        };
        let invalid = |field| reply.malformed(field, Malformation::InvalidValue);
        // RFC 6749 section 7.1: a token of a kind that is not understood must not be used.
        if !kind.is_some_and(|kind| kind.expose_secret().eq_ignore_ascii_case("bearer")) {
            return Err(invalid("token_type"));
        }
        Presented::check_one("", &access).map_err(|_| invalid("access_token"))?;
        renewed
            .iter()
            .try_for_each(|token| Presented::check_one("", token))
            .map_err(|_| invalid("refresh_token"))?;
        let lifetime = match &lifetime {
            None => Some(DEFAULT_LIFETIME),
            Some(Value::String(text)) => text.parse().ok().map(Duration::from_secs),
            Some(value) => value.as_u64().map(Duration::from_secs),
        };
        let expires_at = lifetime.and_then(|lifetime| sent.checked_add(lifetime));
        let expires_at = expires_at.ok_or_else(|| invalid("expires_in"))?;
        let scopes = match granted {
            None => scopes.clone(),
            Some(granted) => {
                let granted = granted.expose_secret().split(' ');
                granted.filter_map(|scope| scope.parse().ok()).collect()
            }
        };
        let refresh = renewed.or_else(|| refresh.cloned());
        Ok(Self { access, refresh, expires_at, scopes, refresh_begun: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(expires_at: SystemTime) -> TokenPair {
        let refresh = Some("planted-refresh".into());
        TokenPair::new("planted-access".into(), refresh, expires_at, [Scope::DmRead]).unwrap()
    }

    #[test]
    fn a_pair_is_renewed_within_a_minute_of_its_end() {
        let end = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let pair = pair(end);
        let ago = |millis| end - Duration::from_millis(millis);
        for (now, soon, expired) in [
            (ago(7_200_000), false, false),
            (ago(60_001), false, false),
            (ago(60_000), true, false),
            (ago(1), true, false),
            (end, true, true),
            (end + Duration::from_secs(1), true, true),
            (end + Duration::from_secs(10_000_000), true, true),
            (SystemTime::UNIX_EPOCH, false, false),
        ] {
            assert_eq!((pair.expires_soon(now), pair.has_expired(now)), (soon, expired), "{now:?}");
        }
    }

    #[test]
    fn missing_scopes_are_named() {
        let pair = pair(SystemTime::now());
        assert_eq!(pair.require(&[Scope::DmRead]), Ok(()));
        let error = pair.require(&[Scope::DmRead, Scope::DmWrite, Scope::UsersRead]).unwrap_err();
        assert_eq!(error.scopes(), [Scope::DmWrite, Scope::UsersRead]);
        assert!(error.to_string().contains("dm.write, users.read"), "{error}");
        assert!(!error.to_string().contains("dm.read"), "{error}");
    }

    #[test]
    fn a_call_takes_its_scopes_where_they_are_known() {
        let known = pair(SystemTime::now());
        assert!(known.access_for(&[]).is_ok() && known.access_for(&[Scope::DmRead]).is_ok());
        let missing = known.access_for(&[Scope::DmRead, Scope::DmWrite]).unwrap_err();
        assert_eq!(missing.scopes(), [Scope::DmWrite]);
        let unknown = TokenPair::new("a".into(), None, SystemTime::now(), []).unwrap();
        assert!(unknown.access_for(&[Scope::DmWrite]).is_ok());
    }

    #[test]
    fn bad_tokens_are_refused_and_good_ones_not_shown() {
        let now = SystemTime::now();
        for token in ["", "a b", "a\n", "ä"] {
            assert!(TokenPair::new(token.into(), None, now, []).is_err(), "{token}");
            assert!(TokenPair::new("a".into(), Some(token.into()), now, []).is_err(), "{token}");
        }
        assert!(!format!("{:?} {:#?}", pair(now), pair(now)).contains("planted"));
    }
}
