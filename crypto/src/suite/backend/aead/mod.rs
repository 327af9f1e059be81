//! ChaCha20-Poly1305 (RFC 8439), the AEAD of HPKE.

#[cfg(feature = "aws-lc")]
mod aws_lc;
mod pure;

use super::{Backend, Secret};

/// ChaCha20-Poly1305 in place, by one library.
pub(crate) trait Aead {
    /// The tag. `None` when the library fails: the text is wiped then.
    fn seal(&self, key: &Secret, nonce: &[u8; 12], aad: &[u8], text: &mut [u8])
    -> Option<[u8; 16]>;

    /// `None` when the tag does not hold: the text is wiped then.
    fn open(
        &self,
        key: &Secret,
        nonce: &[u8; 12],
        aad: &[u8],
        text: &mut [u8],
        tag: &[u8; 16],
    ) -> Option<()>;
}

pub(crate) fn aead(backend: Backend) -> &'static dyn Aead {
    match backend {
        Backend::Pure => &pure::RustCrypto,
        #[cfg(feature = "aws-lc")]
        Backend::AwsLc => &aws_lc::AwsLc,
        #[cfg(feature = "lanes")]
        Backend::Lanes => aead(Backend::one_by_one()),
    }
}
