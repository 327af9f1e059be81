//! Bearer tokens: who is asking.

use std::collections::BTreeMap;
use std::fmt;

use sealpost_crypto::UserId;

use crate::oauth::{Scope, Scopes, joined};
use crate::seed::Seed;

/// A bearer token the sandbox accepts for one user.
///
/// `Display` writes the text that goes after `Authorization: Bearer `. It opens nothing but the
/// sandbox that made it; `Debug` hides it all the same, as a real token's would.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct SandboxToken {
    user: UserId,
    text: String,
}

impl SandboxToken {
    /// The user this token speaks for.
    #[must_use]
    pub const fn user_id(&self) -> UserId {
        self.user
    }

    /// The token's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for SandboxToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for SandboxToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxToken").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The tokens that are valid now.
#[derive(Debug)]
pub(crate) struct Tokens {
    seed: Seed,
    valid: BTreeMap<String, (UserId, Scopes)>,
    /// How many tokens of a user were revoked: the next one must differ from all of them.
    revoked: BTreeMap<UserId, u64>,
}

impl Tokens {
    pub(crate) const fn new(seed: Seed) -> Self {
        Self { seed, valid: BTreeMap::new(), revoked: BTreeMap::new() }
    }

    /// The user's token for these scopes: the same one until one of the user's is revoked.
    pub(crate) fn issue(&mut self, user: UserId, scopes: Scopes) -> SandboxToken {
        let revoked = self.revoked.get(&user).copied().unwrap_or_default();
        let mut label = format!("{user} {revoked}");
        if scopes != Scopes::from(Scope::ALL) {
            label = format!("{label} {}", joined(&scopes, " "));
        }
        let half = |half: &str| self.seed.number(&format!("token {half} {label}"));
        let text = format!("sandbox-{:016x}{:016x}", half("first"), half("second"));
        self.valid.insert(text.clone(), (user, scopes));
        SandboxToken { user, text }
    }

    /// Makes a token invalid; does nothing when it already is.
    pub(crate) fn revoke(&mut self, token: &SandboxToken) {
        if self.valid.remove(&token.text).is_some() {
            *self.revoked.entry(token.user).or_default() += 1;
        }
    }

    /// Whose token it is, and what for.
    pub(crate) fn caller(&self, text: &str) -> Option<(UserId, &Scopes)> {
        self.valid.get(text).map(|(user, scopes)| (*user, scopes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lives_until_it_is_revoked_and_never_returns() {
        let user = UserId::new(7).unwrap();
        let mut tokens = Tokens::new(Seed::new(0));
        let all = || Scopes::from(Scope::ALL);
        let first = tokens.issue(user, all());
        assert_eq!(tokens.issue(user, all()), first);
        assert_eq!(tokens.caller(first.as_str()), Some((user, &all())));
        let narrow = tokens.issue(user, Scopes::from([Scope::DM_READ]));
        assert_ne!(narrow, first);
        assert_eq!(tokens.caller(narrow.as_str()).unwrap().1, &Scopes::from([Scope::DM_READ]));
        tokens.revoke(&first);
        assert_eq!(tokens.caller(first.as_str()), None);
        let second = tokens.issue(user, all());
        assert_ne!(second, first);
        tokens.revoke(&first);
        assert!(tokens.caller(second.as_str()).is_some(), "an old token revokes nothing new");
    }

    #[test]
    fn debug_hides_the_text() {
        let token = Tokens::new(Seed::new(0)).issue(UserId::new(7).unwrap(), Scopes::new());
        assert!(!format!("{token:?}").contains("sandbox-"));
    }
}
