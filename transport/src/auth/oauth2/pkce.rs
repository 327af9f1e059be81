//! Proof Key for Code Exchange (RFC 7636), method S256 only.

use std::fmt;

use base64ct::{Base64UrlUnpadded, Encoding as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::error::RandomnessError;

/// 256 bits, which are 43 characters (RFC 7636 section 4.1).
const RANDOM_BYTES: usize = 32;

/// What proves that whoever redeems an authorization code also asked for it: 43 random characters.
///
/// Wiped on drop; `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct CodeVerifier(SecretString);

impl CodeVerifier {
    pub(super) fn generate() -> Result<Self, RandomnessError> {
        random_text().map(Self)
    }

    /// The S256 challenge, which may be public.
    #[must_use]
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge(Base64UrlUnpadded::encode_string(&Sha256::digest(self.expose_secret())))
    }

    /// The text itself.
    ///
    /// # Security
    /// It goes to the token endpoint only, never into a URL.
    #[must_use]
    pub fn expose_secret(&self) -> &str {
        self.0.expose_secret()
    }
}

/// The hash of a [`CodeVerifier`], base64url without padding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeChallenge(String);

impl CodeChallenge {
    /// Its 43 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CodeChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// 256 random bits in 43 unreserved characters.
pub(super) fn random_text() -> Result<SecretString, RandomnessError> {
    let mut bytes = Zeroizing::new([0; RANDOM_BYTES]);
    getrandom::fill(&mut *bytes).map_err(RandomnessError)?;
    Ok(Base64UrlUnpadded::encode_string(&*bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    #[test]
    fn the_challenge_of_appendix_b() {
        let verifier = CodeVerifier("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into());
        let challenge = verifier.challenge();
        assert_eq!(challenge.as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(challenge.to_string(), challenge.as_str());
    }

    #[test]
    fn a_verifier_is_long_unreserved_new_and_not_shown() {
        let one = CodeVerifier::generate().unwrap();
        let two = CodeVerifier::generate().unwrap();
        assert_ne!(one.expose_secret(), two.expose_secret());
        assert_eq!(one.expose_secret().len(), 43);
        let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        assert!(one.expose_secret().bytes().all(unreserved));
        assert!(!format!("{one:?} {one:#?}").contains(one.expose_secret()));
    }
}
