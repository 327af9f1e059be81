//! P-256 keys and signatures at the public doors: what is refused, and by which name.
#![cfg(all(feature = "x25519", feature = "xchat", feature = "serde"))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // tests

use sealpost_crypto::*;

const PREFIX: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
/// The generator (SP 800-186 section 3.2.1.3).
const GENERATOR_X: &str = "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296";
const GENERATOR_Y: &str = "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5";
const FIELD_PRIME: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
const ORDER: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

fn hex(text: &str) -> Vec<u8> {
    text.as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

fn number(text: &str) -> [u8; 32] {
    hex(text).try_into().unwrap()
}

/// Big-endian; the sum has 32 bytes too.
fn plus(number: [u8; 32], small: u8) -> [u8; 32] {
    let mut sum = number;
    let mut carry = small;
    for byte in sum.iter_mut().rev() {
        let (next, over) = byte.overflowing_add(carry);
        (*byte, carry) = (next, u8::from(over));
    }
    assert_eq!(carry, 0);
    sum
}

fn point(tag: u8, x: [u8; 32], y: [u8; 32]) -> Vec<u8> {
    [&[tag][..], &x, &y].concat()
}

fn generator() -> Vec<u8> {
    point(4, number(GENERATOR_X), number(GENERATOR_Y))
}

fn spki(point: &[u8]) -> Vec<u8> {
    [&hex(PREFIX), point].concat()
}

/// Both kinds of key say the same to the same SPKI, also as text.
fn refused_spki(spki: &[u8], error: KeyError) {
    let text = encoding::encode_base64(spki);
    assert_eq!(IdentityPublicKey::from_spki(spki), Err(error), "{spki:02x?}");
    assert_eq!(SigningPublicKey::from_spki(spki), Err(error), "{spki:02x?}");
    assert_eq!(IdentityPublicKey::from_base64(&text), Err(error), "{text}");
    assert_eq!(SigningPublicKey::from_base64(&text), Err(error), "{text}");
}

/// And to the same point.
fn refused_point(point: &[u8], error: KeyError) {
    assert_eq!(IdentityPublicKey::from_sec1(point), Err(error), "{point:02x?}");
    assert_eq!(SigningPublicKey::from_sec1(point), Err(error), "{point:02x?}");
}

#[test]
fn one_form_of_a_key_comes_in_and_goes_out() {
    let bytes = spki(&generator());
    let identity = IdentityPublicKey::from_spki(&bytes).unwrap();
    let signing = SigningPublicKey::from_spki(&bytes).unwrap();
    assert_eq!((identity.suite(), signing.suite()), (Suite::XChat, Suite::XChat));
    assert_eq!(IdentityPublicKey::from_sec1(&generator()), Ok(identity));
    assert_eq!(SigningPublicKey::from_sec1(&generator()), Ok(signing));
    assert_eq!(identity.to_base64(), encoding::encode_base64(&bytes));
    assert_eq!(signing.to_base64(), identity.to_base64());
}

#[test]
fn each_bit_of_the_prefix_counts() {
    let good = spki(&generator());
    let mut refused = 0;
    for bit in 0..26 * 8 {
        let mut damaged = good.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        refused_spki(&damaged, KeyError::Algorithm);
        refused += 1;
    }
    assert_eq!(refused, 208);
}

#[test]
fn other_forms_of_a_good_point_are_refused_by_name() {
    let good = generator();
    let (x, y) = (number(GENERATOR_X), number(GENERATOR_Y));
    // y is odd: 03 is the compressed form, 07 the hybrid one; 02 and 06 name the other point.
    for tag in [2, 3] {
        let compressed = [&[tag][..], &x].concat();
        refused_point(&compressed, KeyError::Length { found: 33 });
        refused_spki(&compressed, KeyError::Length { found: 33 });
        refused_spki(&spki(&compressed), KeyError::Length { found: 59 });
        // With the lengths that DER gives it.
        let mut der = spki(&compressed);
        (der[1], der[24]) = (0x39, 0x22);
        refused_spki(&der, KeyError::Length { found: 59 });
        // Filled up to the expected length.
        let filled = [&compressed[..], &[0; 32]].concat();
        refused_point(&filled, KeyError::NotCanonical);
        refused_spki(&spki(&filled), KeyError::NotCanonical);
    }
    for tag in (0..=255).filter(|tag| *tag != 4) {
        refused_point(&point(tag, x, y), KeyError::NotCanonical);
        refused_spki(&spki(&point(tag, x, y)), KeyError::NotCanonical);
    }
    refused_point(&good[1..], KeyError::Length { found: 64 });
    refused_point(&good[1..33], KeyError::Length { found: 32 });
    refused_point(&[&good[..], &[0]].concat(), KeyError::Length { found: 66 });
    refused_point(&spki(&good), KeyError::Length { found: 91 });
    refused_point(&[], KeyError::Length { found: 0 });
    refused_spki(&good, KeyError::Length { found: 65 });
    refused_spki(&good[1..], KeyError::Length { found: 64 });
    refused_spki(&spki(&good[1..]), KeyError::Length { found: 90 });
    refused_spki(&[&spki(&good)[..], &[0]].concat(), KeyError::Length { found: 92 });
    refused_spki(&hex(PREFIX), KeyError::Length { found: 26 });
}

#[test]
fn infinity_is_no_key() {
    refused_point(&[0], KeyError::Length { found: 1 });
    refused_spki(&spki(&[0]), KeyError::Length { found: 27 });
    refused_point(&[0; 65], KeyError::NotCanonical);
    refused_spki(&spki(&[0; 65]), KeyError::NotCanonical);
    refused_point(&point(4, [0; 32], [0; 32]), KeyError::NotOnCurve);
    refused_spki(&spki(&point(4, [0; 32], [0; 32])), KeyError::NotOnCurve);
}

#[test]
fn points_off_the_curve_are_refused() {
    let good = generator();
    let mut refused = 0;
    for bit in 8..65 * 8 {
        let mut other = good.clone();
        other[bit / 8] ^= 1 << (bit % 8);
        refused_point(&other, KeyError::NotOnCurve);
        refused += 1;
    }
    assert_eq!(refused, 512);
    let (x, y) = (number(GENERATOR_X), number(GENERATOR_Y));
    for (x, y) in [(y, x), (x, x), (x, [0; 32]), ([0; 32], y), ([0xff; 32], [0xff; 32])] {
        refused_point(&point(4, x, y), KeyError::NotOnCurve);
        refused_spki(&spki(&point(4, x, y)), KeyError::NotOnCurve);
    }
}

/// Two points with a coordinate so small that it has a second spelling below 2^256.
#[test]
fn coordinates_are_below_the_field_prime() {
    let prime = number(FIELD_PRIME);
    let y = number("66485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4");
    assert!(IdentityPublicKey::from_sec1(&point(4, [0; 32], y)).is_ok());
    refused_point(&point(4, prime, y), KeyError::NotOnCurve);
    refused_spki(&spki(&point(4, prime, y)), KeyError::NotOnCurve);

    let x = number("d7325d7646cd60d80a92738ceb345f844cffaf35841022cab176f692de8de1d7");
    assert!(IdentityPublicKey::from_sec1(&point(4, x, plus([0; 32], 5))).is_ok());
    refused_point(&point(4, x, plus(prime, 5)), KeyError::NotOnCurve);
    refused_spki(&spki(&point(4, x, plus(prime, 5))), KeyError::NotOnCurve);
}

fn identity(identity: [u8; 32], signing: [u8; 32]) -> Result<Identity, PrivateKeysError> {
    Identity::dangerous_from_private_keys(Suite::XChat, &[identity, signing].concat())
}

#[test]
fn private_scalars_are_between_zero_and_the_order() {
    let order = number(ORDER);
    let mut largest = order;
    largest[31] -= 1;
    let one = plus([0; 32], 1);

    let keys = identity(one, largest).unwrap();
    assert_eq!(keys.identity_key(), IdentityPublicKey::from_sec1(&generator()).unwrap());
    assert_eq!(keys.dangerous_private_keys().expose_secret()[..], [one, largest].concat());
    // n - 1 is -1: the generator with y turned round.
    let minus = keys.signing_key();
    assert_ne!(minus, SigningPublicKey::from_sec1(&generator()).unwrap());
    let minus = encoding::decode_base64(&minus.to_base64()).unwrap();
    assert_eq!(minus[..59], spki(&generator())[..59]);

    for bad in [[0; 32], order, plus(order, 1), [0xff; 32]] {
        for halves in [[bad, one], [one, bad], [bad, bad]] {
            let error = identity(halves[0], halves[1]).unwrap_err();
            assert_eq!(error, PrivateKeysError::OutOfRange, "{halves:02x?}");
            assert_eq!(error.code(), "private_keys.out_of_range");
        }
    }
}

#[test]
fn a_private_key_blob_has_64_bytes() {
    for length in [0, 1, 31, 32, 33, 63, 65, 96, 128] {
        let error =
            Identity::dangerous_from_private_keys(Suite::XChat, &vec![1; length]).unwrap_err();
        assert_eq!(error, PrivateKeysError::Length { found: length });
        assert_eq!(error.code(), "private_keys.length");
    }
}

#[test]
fn a_row_with_a_signature_out_of_range_is_refused() {
    let user = UserId::new(7).unwrap();
    let body = identity([1; 32], [2; 32]).unwrap();
    let body = body.registration(user, UnixMillis::new(1));
    let body: serde_json::Value = serde_json::from_slice(body.body()).unwrap();
    let key = |name: &str| body["public_key"][name].as_str().unwrap();
    let verify = |signature: &[u8]| {
        PublicKeyRecord::from(PublicKeyRow {
            public_key: Some(key("public_key")),
            signing_public_key: Some(key("signing_public_key")),
            identity_public_key_signature: Some(&encoding::encode_base64(signature)),
            public_key_version: Some("1"),
            ..PublicKeyRow::default()
        })
        .verify(&user)
        .map(|_| ())
        .map_err(|error| error.problem())
    };

    let good = encoding::decode_base64(key("identity_public_key_signature")).unwrap();
    assert_eq!(verify(&good), Ok(()));
    let (r, s) = (&good[..32], &good[32..]);
    let order = number(ORDER);
    for bad in [[0; 32], order, plus(order, 1), [0xff; 32]] {
        for changed in [[&bad, s], [r, &bad], [&bad, &bad]] {
            let problem = verify(&changed.concat()).unwrap_err();
            assert_eq!(
                problem,
                RecordProblem::BindingSignature(SignatureError::OutOfRange),
                "{changed:02x?}"
            );
        }
    }
    // SEQUENCE { INTEGER r, INTEGER s }, with and without the zeros in front of high bits.
    for (zero_r, zero_s) in [(0, 0), (1, 0), (0, 1), (1, 1)] {
        let integer = |zeros: u8, digits: &[u8]| {
            [&[2, 32 + zeros][..], &[0][..usize::from(zeros)], digits].concat()
        };
        let der = [&[0x30, 68 + zero_r + zero_s][..], &integer(zero_r, r), &integer(zero_s, s)];
        let found = 70 + usize::from(zero_r + zero_s);
        assert_eq!(
            verify(&der.concat()),
            Err(RecordProblem::BindingSignature(SignatureError::Length { found }))
        );
    }
    for length in [0, 32, 63, 65] {
        let expected = match length {
            0 => RecordProblem::Missing(RecordField::IdentityPublicKeySignature),
            found => RecordProblem::BindingSignature(SignatureError::Length { found }),
        };
        assert_eq!(verify(&vec![1; length]), Err(expected));
    }
}
