//! What a reader puts up with.

use crate::Suite;
use crate::action::Layout;

/// Which signatures a reader accepts. The default is strict: the one version that each suite
/// signs today.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReadPolicy {
    legacy_signatures: bool,
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
    /// Versions 2 to 5 cover the sealed copies and not the key: a key they introduce is kept for
    /// history and never becomes current. Older layouts of group actions leave out members of the
    /// newer ones; what a layout does not sign is not handed out.
    #[must_use]
    pub const fn accept_legacy_signatures(self) -> Self {
        Self { legacy_signatures: true }
    }

    /// The layout of what a signature of `version` was made over, if it is accepted. The suite is
    /// that of the verified signer's key; the version never selects one.
    pub(crate) fn layout(self, suite: Suite, version: &str) -> Option<Layout> {
        if version == suite.signature_version() {
            return Some(Layout::CURRENT);
        }
        match (suite, version.as_bytes()) {
            #[cfg(feature = "xchat")]
            (Suite::XChat, [digit @ b'2'..=b'6']) if self.legacy_signatures => {
                Some(Layout(digit - b'0'))
            }
            _ => None,
        }
    }
}
