//! Ed25519 signatures (RFC 8032). They are deterministic, so every library makes the same;
//! verification stays with dalek, because libraries differ in what they accept.

use ed25519_dalek::{Signer as _, SigningKey};

use super::backend::Backend;

pub(super) fn sign(backend: Backend, key: &SigningKey, message: &[u8]) -> [u8; 64] {
    let signature = match backend {
        Backend::Pure => None,
        #[cfg(feature = "lanes")]
        Backend::Lanes => return sign(Backend::one_by_one(), key, message),
        #[cfg(feature = "aws-lc")]
        Backend::AwsLc => {
            let key_pair = zeroize::Zeroizing::new(key.to_keypair_bytes());
            sealpost_native::ed25519::sign(&key_pair, message)
        }
    };
    signature.unwrap_or_else(|| key.sign(message).to_bytes())
}

#[cfg(test)]
mod tests {
    use std::vec::Vec;

    use sealpost_vectors::{array, hex, rows};

    use super::*;

    /// RFC 8032 section 7.1, the test named SHA(abc); the others are among `sign.input`.
    const SHA_ABC: [&str; 4] = [
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a\
         2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589\
         09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ];

    #[test]
    fn every_backend_signs_as_rfc_8032_says() {
        let columns = "secret public message signature";
        let mut signed = 0;
        for [secret, public, message, signature] in
            rows(sealpost_vectors::ED25519_SIGN_INPUT, columns).chain([SHA_ABC])
        {
            let key = SigningKey::from_bytes(&array(secret));
            assert_eq!(key.verifying_key().to_bytes(), array(public));
            for &backend in Backend::ALL {
                let found = sign(backend, &key, &hex(message));
                assert_eq!(found, array(signature), "{backend:?}, {secret}");
                signed += 1;
            }
        }
        assert_eq!(signed, 1025 * Backend::ALL.len());
    }

    #[test]
    fn every_backend_signs_the_same_bytes() {
        let mut compared = 0;
        for seed in 0..4 {
            let key = SigningKey::from_bytes(&[seed; 32]);
            // Around the blocks of SHA-512.
            for length in (0..8).chain(60..70).chain(120..140).chain([255]) {
                let message: Vec<u8> = (0..length).collect();
                let expected = key.sign(&message).to_bytes();
                for &backend in Backend::ALL {
                    assert_eq!(sign(backend, &key, &message), expected, "{backend:?}");
                    compared += 1;
                }
            }
        }
        assert_eq!(compared, 4 * 39 * Backend::ALL.len());
    }
}
