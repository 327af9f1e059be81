//! Project Wycheproof's ECDSA vectors through our door and our verification, and the ranges of
//! `r` and `s`.

use std::vec::Vec;

#[cfg(feature = "aws-lc")]
use sha2::{Digest as _, Sha256};

use super::super::p256_keys::tests::ORDER;
use super::*;
use crate::encoding::encode_base64;
use crate::sign::SignatureError;
use sealpost_vectors::{Tally, expected, hex, rows};

const VECTORS: &str = sealpost_vectors::WYCHEPROOF_ECDSA;

struct Case {
    id: &'static str,
    result: &'static str,
    key: VerifyingKey,
    message: Vec<u8>,
    signature: Vec<u8>,
}

impl Case {
    /// The outcome of `signature` under this case's key, from its text on.
    fn check(&self, signature: &[u8]) -> &'static str {
        let signature = match Signature::from_base64(&encode_base64(signature)) {
            Ok(signature) => signature,
            Err(error) => {
                assert_eq!(error, SignatureError::Length { found: signature.len() });
                return error.code();
            }
        };
        // In two parts, as payloads are verified.
        let (head, tail) = self.message.split_at(self.message.len() / 2);
        let verified = self.key.verify(&[head, tail], &signature);
        for &backend in Backend::ALL {
            let holds = p256::ecdsa::Signature::from_slice(signature.as_bytes())
                .is_ok_and(|s| ecdsa::verify(backend, &self.key.0, &[head, tail], &s));
            assert_eq!(holds, verified.is_ok(), "case {}, {backend:?}", self.id);
        }
        // Alone, too: what AWS-LC does not confirm is decided elsewhere.
        #[cfg(feature = "aws-lc")]
        assert_eq!(
            sealpost_native::ecdsa::verify(
                &p256_keys::uncompressed(&self.key.0),
                &Sha256::digest(&self.message).into(),
                signature.as_bytes(),
            ),
            verified.is_ok(),
            "case {}, AWS-LC alone",
            self.id
        );
        verified.map_or_else(|error| error.code(), |()| "verifies")
    }

    fn halves(&self) -> [[u8; 32]; 2] {
        [self.signature[..32].try_into().unwrap(), self.signature[32..].try_into().unwrap()]
    }
}

fn cases() -> impl Iterator<Item = Case> {
    rows(VECTORS, "tcId result publicKeyDer msg sig").map(
        |[id, result, key, message, signature]| {
            let key = VerifyingKey::from_spki(&hex(key).try_into().unwrap()).unwrap();
            let (message, signature) = (hex(message), hex(signature));
            Case { id, result: expected(result), key, message, signature }
        },
    )
}

#[test]
fn wycheproof_signatures_verify_or_are_refused() {
    let mut tally = Tally::new();
    for case in cases() {
        let outcome = case.check(&case.signature);
        assert_eq!(case.result == "valid", outcome == "verifies", "case {}", case.id);
        *tally.entry((case.result, outcome)).or_default() += 1;
    }
    assert_eq!(
        tally,
        Tally::from([
            (("valid", "verifies"), 173),
            (("invalid", "signature.verify"), 68),
            (("invalid", "signature.length"), 21),
        ])
    );
    assert_eq!(tally.values().sum::<usize>(), 262);
}

/// Through the doors of points and signatures.
#[test]
fn nist_signatures_verify_or_are_refused() {
    let mut tally = Tally::new();
    for [message, x, y, r, s, result] in
        rows(sealpost_vectors::NIST_P256_SIGVER, "Msg Qx Qy R S Result")
    {
        let point = [&[4][..], &hex(x), &hex(y)].concat().try_into().unwrap();
        let case = Case {
            id: x,
            result: expected(result),
            key: VerifyingKey::from_sec1(&point).unwrap(),
            message: hex(message),
            signature: [hex(r), hex(s)].concat(),
        };
        *tally.entry((case.result, case.check(&case.signature))).or_default() += 1;
    }
    let all = [(("valid", "verifies"), 3), (("invalid", "signature.verify"), 12)];
    assert_eq!(tally, Tally::from(all));
}

/// `number + ORDER`, where it has 32 bytes: a second spelling modulo the order.
fn plus_order(number: &[u8; 32]) -> Option<[u8; 32]> {
    let mut sum = *number;
    let mut carry = false;
    for (byte, order) in sum.iter_mut().zip(ORDER).rev() {
        let (first, over) = byte.overflowing_add(order);
        let (second, over_again) = first.overflowing_add(u8::from(carry));
        (*byte, carry) = (second, over || over_again);
    }
    (!carry).then_some(sum)
}

#[test]
fn r_and_s_are_between_zero_and_the_order() {
    let one = {
        let mut one = [0; 32];
        one[31] = 1;
        one
    };
    let above = plus_order(&one).unwrap();
    let (mut out_of_range, mut second_spellings) = (0, 0);
    for case in cases().filter(|case| case.result == "valid") {
        let [r, s] = case.halves();
        for bad in [[0; 32], ORDER, above, [0xff; 32]] {
            for changed in [[bad, s], [r, bad]] {
                assert_eq!(case.check(&changed.concat()), "signature.verify", "case {}", case.id);
                out_of_range += 1;
            }
        }
        // A verifier that reduces instead of refusing takes these.
        for changed in [plus_order(&r).map(|r| [r, s]), plus_order(&s).map(|s| [r, s])] {
            let Some(changed) = changed else { continue };
            assert_eq!(case.check(&changed.concat()), "signature.verify", "case {}", case.id);
            second_spellings += 1;
        }
    }
    assert_eq!((out_of_range, second_spellings), (173 * 8, 34));
}

/// SEQUENCE { INTEGER r, INTEGER s } (RFC 3279 section 2.2.3).
fn der(halves: &[[u8; 32]; 2]) -> Vec<u8> {
    let integers: Vec<u8> = halves
        .iter()
        .flat_map(|half| {
            let start = half.iter().position(|byte| *byte != 0).unwrap();
            let sign = if half[start] < 0x80 { &[][..] } else { &[0] };
            let digits = [sign, &half[start..]].concat();
            [&[2, u8::try_from(digits.len()).unwrap()], &digits[..]].concat()
        })
        .collect();
    [&[0x30, u8::try_from(integers.len()).unwrap()], &integers[..]].concat()
}

#[test]
fn der_is_refused() {
    let mut tally = Tally::new();
    for case in cases().filter(|case| case.result == "valid") {
        *tally.entry((case.result, case.check(&der(&case.halves())))).or_default() += 1;
    }
    assert_eq!(tally, Tally::from([(("valid", "signature.length"), 173)]));
}
