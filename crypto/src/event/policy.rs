//! What a reader puts up with.

use crate::Suite;

/// Which signatures a reader accepts. The default is strict: the one version that each suite
/// signs today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadPolicy {
    legacy_signatures: bool,
}

/// What a key change's signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignedContent {
    /// The conversation key.
    Key,
    /// The sealed copies in their text form: X's versions 2 to 5.
    SealedCopies,
}

impl ReadPolicy {
    /// Only what is signed today.
    #[must_use]
    pub const fn strict() -> Self {
        Self { legacy_signatures: false }
    }

    /// Also X's signature versions 2 to 6, for reading old history. Versions below 2 stay refused.
    ///
    /// # Security
    /// Versions 2 to 5 cover the sealed copies and not the key. A key they introduce is kept for
    /// history and never becomes current.
    #[must_use]
    pub const fn accept_legacy_signatures(self) -> Self {
        Self { legacy_signatures: true }
    }

    /// What a signature of `version` covers, if it is accepted. The suite is that of the verified
    /// signer's key; the version never selects one.
    pub(super) fn signed_content(self, suite: Suite, version: &str) -> Option<SignedContent> {
        if version == suite.signature_version() {
            return Some(SignedContent::Key);
        }
        match (suite, version) {
            #[cfg(feature = "xchat")]
            (Suite::XChat, "6") if self.legacy_signatures => Some(SignedContent::Key),
            #[cfg(feature = "xchat")]
            (Suite::XChat, "2" | "3" | "4" | "5") if self.legacy_signatures => {
                Some(SignedContent::SealedCopies)
            }
            _ => None,
        }
    }
}
