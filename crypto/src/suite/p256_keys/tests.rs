//! Project Wycheproof's ECDH vectors through our doors, and the secret scalars we draw.

use core::convert::Infallible;
use std::vec::Vec;

use rand_core::TryRng;
use sha2::{Digest as _, Sha256};

use super::super::backend::{Backend, Group as _, P256};
use super::*;
use crate::{IdentityPublicKey, SigningPublicKey};
use sealpost_vectors::{Tally, array, expected, hex, rows};

const SPKI_VECTORS: &str = sealpost_vectors::WYCHEPROOF_P256_SPKI;
pub(in crate::suite) const POINT_VECTORS: &str = sealpost_vectors::WYCHEPROOF_P256_POINTS;

/// A private key: an integer, in some rows with leading zeros, in some without its own.
pub(in crate::suite) fn secret(text: &str) -> Secret {
    let bytes = hex(text);
    let digits = bytes.iter().position(|byte| *byte != 0).map_or(&[][..], |at| &bytes[at..]);
    let mut scalar = [0; 32];
    scalar[32 - digits.len()..].copy_from_slice(digits);
    scalar
}

/// Takes each key in by `read`, and computes the shared coordinate with those that come in.
fn agree(file: &str, read: impl Fn(&[u8]) -> Result<PublicKey, KeyError>) -> Tally {
    let mut tally = Tally::new();
    for [id, result, public, private, shared] in rows(file, "tcId result public private shared") {
        let outcome = match read(&hex(public)) {
            Ok(point) => {
                let mut found = [[0; 32]];
                let group = P256::on(Backend::fastest());
                assert_eq!(group.agree(&secret(private), &[uncompressed(&point)], &mut found), 1);
                assert_eq!(found[0][..], hex(shared), "case {id}");
                "agrees"
            }
            Err(error) => error.code(),
        };
        *tally.entry((expected(result), outcome)).or_default() += 1;
    }
    tally
}

/// Exactly one form of a key comes in: all other spellings are refused, also of good points.
#[test]
fn wycheproof_spki_keys_agree_or_are_refused() {
    let tally = agree(SPKI_VECTORS, |spki| {
        // Lengths are told apart by the public types.
        let identity = IdentityPublicKey::from_spki(spki).map(|_| ());
        assert_eq!(SigningPublicKey::from_spki(spki).map(|_| ()), identity);
        identity?;
        let point = point_from_spki(spki.try_into().unwrap())?;
        assert_eq!(to_spki(&uncompressed(&point)), spki);
        Ok(point)
    });
    assert_eq!(
        tally,
        Tally::from([
            (("valid", "agrees"), 330),
            (("acceptable", "key.length"), 175),
            (("acceptable", "key.algorithm"), 54),
            // "Modifying last byte of bit string": y is another one.
            (("acceptable", "key.not_on_curve"), 1),
            (("invalid", "key.length"), 34),
            (("invalid", "key.not_on_curve"), 18),
        ])
    );
    assert_eq!(tally.values().sum::<usize>(), 612);
}

#[test]
fn wycheproof_points_agree_or_are_refused() {
    let tally = agree(POINT_VECTORS, |bytes| {
        let identity = IdentityPublicKey::from_sec1(bytes).map(|_| ());
        assert_eq!(SigningPublicKey::from_sec1(bytes).map(|_| ()), identity);
        identity?;
        let point = point_from_uncompressed(bytes.try_into().unwrap())?;
        assert_eq!(uncompressed(&point), bytes);
        Ok(point)
    });
    assert_eq!(
        tally,
        Tally::from([
            (("valid", "agrees"), 330),
            (("acceptable", "key.length"), 1),
            (("invalid", "key.length"), 8),
            (("invalid", "key.not_on_curve"), 16),
        ])
    );
    assert_eq!(tally.values().sum::<usize>(), 355);
}

/// NIST's points through our door, and those that come in through key agreement.
#[test]
fn nist_points_come_in_or_are_refused() {
    let mut tally = Tally::new();
    for [x, y, result] in rows(sealpost_vectors::NIST_P256_PKV, "Qx Qy Result") {
        // A coordinate above 2^256 has more digits than fit: another length then.
        let [x, y] =
            [x, y].map(|number| if number.len() % 2 == 1 { [0; 33].into() } else { hex(number) });
        let found = IdentityPublicKey::from_sec1(&[&[4][..], &x, &y].concat());
        let outcome = found.map_or_else(|error| error.code(), |_| "comes in");
        *tally.entry((expected(result), outcome)).or_default() += 1;
    }
    let all = [
        (("valid", "comes in"), 4),
        (("invalid", "key.length"), 4),
        (("invalid", "key.not_on_curve"), 4),
    ];
    assert_eq!(tally, Tally::from(all));
}

#[test]
fn nist_keys_agree_or_are_refused() {
    let mut tally = Tally::new();
    for [x, y, private, shared, result] in
        rows(sealpost_vectors::NIST_P256_KAS, "QsCAVSx QsCAVSy dsIUT CAVSHashZZ Result")
    {
        let point: [u8; 65] = [&[4][..], &hex(x), &hex(y)].concat().try_into().unwrap();
        let outcome = match point_from_uncompressed(&point) {
            Err(error) => error.code(),
            Ok(point) => {
                let mut found = [[0; 32]];
                let group = P256::on(Backend::fastest());
                assert_eq!(group.agree(&array(private), &[uncompressed(&point)], &mut found), 1);
                let same = Sha256::digest(found[0])[..] == hex(shared);
                if same { "agrees" } else { "another secret" }
            }
        };
        *tally.entry((expected(result), outcome)).or_default() += 1;
    }
    let all = [
        (("valid", "agrees"), 18),
        // The answer was altered, not the key.
        (("invalid", "another secret"), 8),
        (("invalid", "key.not_on_curve"), 4),
    ];
    assert_eq!(tally, Tally::from(all));
}

/// A generator that gives the same 32-byte blocks again and again.
struct Blocks {
    blocks: Vec<[u8; 32]>,
    given: usize,
}

impl Blocks {
    fn new(blocks: &[[u8; 32]]) -> Self {
        Self { blocks: blocks.to_vec(), given: 0 }
    }
}

impl TryRng for Blocks {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("keys are drawn as bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("keys are drawn as bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.copy_from_slice(&self.blocks[self.given % self.blocks.len()]);
        self.given += 1;
        Ok(())
    }
}

impl TryCryptoRng for Blocks {}

/// The order of the group.
pub(in crate::suite) const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

#[test]
fn drawn_scalars_are_rejected_not_reduced() {
    let mut below = ORDER;
    below[31] -= 1;
    let mut above = ORDER;
    above[31] += 1;

    let mut rng = Blocks::new(&[ORDER, above, [0xff; 32], below]);
    assert_eq!((draw(&mut rng), rng.given), (Ok(below), 4));

    // Zeros mean that the generator is not running: the first are the last.
    let mut rng = Blocks::new(&[[0; 32], below]);
    assert_eq!((draw(&mut rng), rng.given), (Err(RandomError), 1));
    // Nor is one running that never comes below the order.
    let mut rng = Blocks::new(&[ORDER]);
    assert_eq!((draw(&mut rng), rng.given), (Err(RandomError), 8));
}

fn draw(rng: &mut Blocks) -> Result<Secret, RandomError> {
    let mut secrets = [[0; 32]];
    draw_secrets(rng, &mut secrets).map(|()| secrets[0])
}
