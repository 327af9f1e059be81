//! Proof Key for Code Exchange (RFC 7636), with both methods that X takes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// A verifier has 43 to 128 characters, and so has a plain challenge.
const LENGTHS: std::ops::RangeInclusive<usize> = 43..=128;

/// What a code verifier is held against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Challenge {
    S256([u8; 32]),
    Plain(String),
}

impl Challenge {
    /// `None` for a challenge that no verifier has, or a method that there is not.
    pub(crate) fn parse(method: &str, text: &str) -> Option<Self> {
        match method {
            "S256" => URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self::S256),
            "plain" => is_verifier(text).then(|| Self::Plain(text.to_owned())),
            _ => None,
        }
    }

    pub(crate) fn is_of(&self, verifier: &str) -> bool {
        is_verifier(verifier)
            && match self {
                Self::S256(digest) => digest[..] == Sha256::digest(verifier)[..],
                Self::Plain(text) => text == verifier,
            }
    }
}

/// RFC 7636 section 4.1.
fn is_verifier(text: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    LENGTHS.contains(&text.len()) && text.bytes().all(unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_verifier_of_appendix_b_and_no_other() {
        let challenge = Challenge::parse("S256", CHALLENGE).unwrap();
        assert!(challenge.is_of(VERIFIER));
        for verifier in
            ["", CHALLENGE, &VERIFIER[1..], &format!("{VERIFIER}A"), &VERIFIER.to_lowercase()]
        {
            assert!(!challenge.is_of(verifier), "{verifier}");
        }
        let plain = Challenge::parse("plain", VERIFIER).unwrap();
        assert!(plain.is_of(VERIFIER));
        assert!(!plain.is_of(CHALLENGE));
    }

    #[test]
    fn what_is_no_challenge_is_refused() {
        let short = "a".repeat(42);
        let long = "a".repeat(129);
        for (method, text) in [
            ("S256", ""),
            ("S256", &CHALLENGE[1..]),
            ("S256", &format!("{CHALLENGE}=")),
            ("S256", &CHALLENGE.replace('-', "+")),
            ("plain", ""),
            ("plain", &short),
            ("plain", &long),
            ("plain", &format!("{VERIFIER}!")),
            ("s256", CHALLENGE),
            ("", CHALLENGE),
        ] {
            assert_eq!(Challenge::parse(method, text), None, "{method} {text}");
        }
    }
}
