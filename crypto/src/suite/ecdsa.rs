//! ECDSA on P-256 with SHA-256 and the nonces of RFC 6979 (HMAC-SHA-256, nothing added), as X's
//! own clients sign: the same message gives the same 64 bytes.

use p256::PublicKey;
use p256::ecdsa::signature::{MultipartSigner as _, MultipartVerifier as _};
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};

use super::backend::Backend;

/// Signs the parts, one after the other. `s` is not brought to the low half.
pub(super) fn sign(backend: Backend, key: &SigningKey, message: &[&[u8]]) -> Signature {
    match backend {
        Backend::Pure => key.multipart_sign(message),
        #[cfg(feature = "aws-lc")]
        Backend::AwsLc => {
            faster::sign(backend, key, message).unwrap_or_else(|| key.multipart_sign(message))
        }
        #[cfg(feature = "lanes")]
        Backend::Lanes => sign(Backend::one_by_one(), key, message),
    }
}

/// Whether a signature of the parts holds. Both `s` and `n - s` do.
pub(super) fn verify(
    backend: Backend,
    key: &PublicKey,
    message: &[&[u8]],
    signature: &Signature,
) -> bool {
    #[cfg(feature = "aws-lc")]
    if backend.is_on_aws_lc() && faster::verify(key, message, signature) {
        return true;
    }
    #[cfg(not(feature = "aws-lc"))]
    let _ = backend;
    // A library may fail for other reasons: that a signature does not hold, one says alone.
    VerifyingKey::from(*key).multipart_verify(message, signature).is_ok()
}

/// Nearly all of a signature's time goes into multiplying the base point by the nonce.
#[cfg(feature = "aws-lc")]
mod faster {
    use p256::PublicKey;
    use p256::ecdsa::{Signature, SigningKey};
    use p256::elliptic_curve::Curve as _;
    use p256::elliptic_curve::bigint::U256;
    use p256::elliptic_curve::ff::PrimeField as _;
    use p256::elliptic_curve::ops::{Invert, Reduce as _};
    use p256::{FieldBytes, NistP256, NonZeroScalar, Scalar};
    use rfc6979::KGenerator;
    use sha2::{Digest as _, Sha256};
    use zeroize::Zeroizing;

    use crate::suite::backend::{Backend, Group as _, P256};
    use crate::suite::p256_keys::uncompressed;

    /// FIPS 186-5 section 6.4.1, the base point multiplied by the backend. `None` when that fails,
    /// and for the nonces that ECDSA passes over.
    pub(super) fn sign(backend: Backend, key: &SigningKey, message: &[&[u8]]) -> Option<Signature> {
        let digest = digest(message);
        let secret = key.as_nonzero_scalar();
        let secret_bytes = Zeroizing::new(secret.to_repr());
        let mut nonce = Zeroizing::new([0; 32]);
        KGenerator::<Sha256, U256>::new(&secret_bytes, &digest, &[], &NistP256::ORDER)
            .fill_next_k(&mut *nonce);

        let point = P256::on(backend).public_key(&nonce)?;
        let (_, x) = point.split_first()?;
        let r = scalar(x.first_chunk()?);
        let nonce = NonZeroScalar::from_repr(FieldBytes::from(*nonce)).into_option()?;
        let nonce = Zeroizing::new(nonce);
        let inverse = Zeroizing::new(Invert::invert(&*nonce));
        let s = inverse.as_ref() * &(scalar(&digest) + r * secret.as_ref());
        Signature::from_scalars(r, s).ok()
    }

    pub(super) fn verify(key: &PublicKey, message: &[&[u8]], signature: &Signature) -> bool {
        let (key, signature) = (uncompressed(key), signature.to_bytes().into());
        sealpost_native::ecdsa::verify(&key, &digest(message), &signature)
    }

    fn digest(message: &[&[u8]]) -> [u8; 32] {
        let mut hash = Sha256::new();
        message.iter().for_each(|part| hash.update(part));
        hash.finalize().into()
    }

    /// A big-endian number modulo the order.
    fn scalar(bytes: &[u8; 32]) -> Scalar {
        Scalar::reduce(&U256::from_be_slice(bytes))
    }
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use sealpost_vectors::{array, hex};

    use super::super::p256_keys::tests::ORDER;
    use super::*;

    /// RFC 6979 appendix A.2.5, with SHA-256: message, r, s.
    const RFC6979: [[&str; 3]; 2] = [
        [
            "sample",
            "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716",
            "f7cb1c942d657c41d436c7a1b6e29f65f3e900dbb9aff4064dc4ab2f843acda8",
        ],
        [
            "test",
            "f1abb023518351cd71d881567b1ea663ed3efcf6c5132b354f28d3b0b7d38367",
            "019f4113742a2b14bd25926b49c649155f267e60d3814b4c0cc84250e46f0083",
        ],
    ];

    #[test]
    fn every_backend_signs_as_rfc_6979_says() {
        let secret = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
        let key = SigningKey::from_slice(&hex(secret)).unwrap();
        for [message, r, s] in RFC6979 {
            let expected = Signature::from_scalars(array::<32>(r), array::<32>(s)).unwrap();
            for &backend in Backend::ALL {
                assert_eq!(sign(backend, &key, &[message.as_bytes()]), expected, "{backend:?}");
            }
        }
    }

    /// X's vectors check what the crate signs; this compares everybody with the crate.
    #[test]
    fn every_backend_signs_the_same_bytes() {
        let mut last = ORDER;
        last[31] -= 1;
        let mut one = [0; 32];
        one[31] = 1;
        let mut compared = 0;
        for key in [one, last, [0x11; 32], [0xab; 32]] {
            let key = SigningKey::from_slice(&key).unwrap();
            for length in 0..16 {
                let message: Vec<u8> = (0..length).collect();
                let parts: [&[u8]; 2] = [&message, b"tail"];
                let expected: Signature = key.multipart_sign(&parts);
                for &backend in Backend::ALL {
                    assert_eq!(sign(backend, &key, &parts), expected, "{backend:?}");
                    compared += 1;
                }
            }
        }
        assert_eq!(compared, 4 * 16 * Backend::ALL.len());
    }
}
