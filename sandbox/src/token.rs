//! Bearer tokens: who is asking.

use std::collections::BTreeMap;
use std::fmt;

use sealpost_crypto::UserId;

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
    valid: BTreeMap<String, UserId>,
    /// How many tokens of a user were revoked: the next one must differ from all of them.
    revoked: BTreeMap<UserId, u64>,
}

impl Tokens {
    pub(crate) const fn new(seed: Seed) -> Self {
        Self { seed, valid: BTreeMap::new(), revoked: BTreeMap::new() }
    }

    /// The user's token: the same one until it is revoked.
    pub(crate) fn issue(&mut self, user: UserId) -> SandboxToken {
        let revoked = self.revoked.get(&user).copied().unwrap_or_default();
        let half = |half: &str| self.seed.number(&format!("token {half} {user} {revoked}"));
        let text = format!("sandbox-{:016x}{:016x}", half("first"), half("second"));
        self.valid.insert(text.clone(), user);
        SandboxToken { user, text }
    }

    /// Makes a token invalid; does nothing when it already is.
    pub(crate) fn revoke(&mut self, token: &SandboxToken) {
        if self.valid.remove(&token.text).is_some() {
            *self.revoked.entry(token.user).or_default() += 1;
        }
    }

    pub(crate) fn user(&self, text: &str) -> Option<UserId> {
        self.valid.get(text).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_lives_until_it_is_revoked_and_never_returns() {
        let user = UserId::new(7).unwrap();
        let mut tokens = Tokens::new(Seed::new(0));
        let first = tokens.issue(user);
        assert_eq!(tokens.issue(user), first);
        assert_eq!(tokens.user(first.as_str()), Some(user));
        tokens.revoke(&first);
        assert_eq!(tokens.user(first.as_str()), None);
        let second = tokens.issue(user);
        assert_ne!(second, first);
        tokens.revoke(&first);
        assert_eq!(tokens.user(second.as_str()), Some(user), "an old token revokes nothing new");
    }

    #[test]
    fn debug_hides_the_text() {
        let token = Tokens::new(Seed::new(0)).issue(UserId::new(7).unwrap());
        assert!(!format!("{token:?}").contains("sandbox-"));
    }
}
