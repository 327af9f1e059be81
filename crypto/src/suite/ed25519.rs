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

    use super::*;
    use crate::suite::vectors::hex;

    /// RFC 8032 section 7.1, tests 1 to 3: secret key, message, signature.
    const VECTORS: [[&str; 3]; 3] = [
        [
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "-",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555\
             fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ],
        [
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da0\
             85ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ],
        [
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac1\
             8ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ],
    ];

    #[test]
    fn every_backend_signs_as_rfc_8032_says() {
        for [secret, message, signature] in VECTORS {
            let key = SigningKey::from_bytes(hex(secret).first_chunk().unwrap());
            for &backend in Backend::ALL {
                let found = sign(backend, &key, &hex(message));
                assert_eq!(found[..], hex(signature), "{backend:?}");
            }
        }
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
