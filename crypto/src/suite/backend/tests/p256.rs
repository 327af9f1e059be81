//! P-256: Project Wycheproof's points and the ranges of points and secrets, over every backend.

use super::super::P256;
use super::*;
use crate::suite::p256_keys::tests::{ORDER, POINT_VECTORS, secret};
use sealpost_vectors::{Tally, expected, hex, rows};

#[test]
fn wycheproof_points_agree_or_are_refused() {
    for &backend in Backend::ALL {
        let mut tally = Tally::new();
        for [id, result, public, private, shared] in
            rows(POINT_VECTORS, "tcId result public private shared")
        {
            let Ok(public) = hex(public).try_into() else { continue };
            let found = agreed::<P256>(backend, &secret(private), &public);
            if let Some(found) = found {
                assert_eq!(found[..], hex(shared), "{backend:?}, case {id}");
            }
            let outcome = if found.is_some() { "agrees" } else { "refused" };
            *tally.entry((expected(result), outcome)).or_default() += 1;
        }
        let all = [(("valid", "agrees"), 330), (("invalid", "refused"), 16)];
        assert_eq!(tally, Tally::from(all), "{backend:?}");
    }
}

fn generator() -> [u8; 65] {
    hex("046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296\
         4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")
    .try_into()
    .unwrap()
}

#[test]
fn secrets_are_between_zero_and_the_order() {
    let mut one = [0; 32];
    one[31] = 1;
    let mut last = ORDER;
    last[31] -= 1;
    for &backend in Backend::ALL {
        let group = P256::on(backend);
        assert_eq!(group.public_key(&one), Some(generator()), "{backend:?}");
        // The generator negated: the same x.
        let negated = group.public_key(&last).unwrap();
        assert_eq!(negated[..33], generator()[..33]);
        assert_ne!(negated, generator());
        for bad in [[0; 32], ORDER, [0xff; 32]] {
            assert_eq!(group.public_key(&bad), None, "{backend:?}");
            assert_eq!(agreed::<P256>(backend, &bad, &generator()), None);
            for times in [1, 3] {
                let (secrets, points) = (vec![bad; times], vec![generator(); times]);
                let (mut keys, mut shared) = (vec![P256::BLANK; times], vec![[0; 32]; times]);
                let number = group.agree_each(&secrets, &points, &mut keys, &mut shared);
                assert_eq!(number, 0);
            }
        }
    }
}

#[test]
fn backends_agree() {
    agrees_with_the_pure_one::<P256>();
}

/// Also every other spelling of a good point: they would make a second name for one key.
#[test]
fn points_off_the_curve_are_refused_at_every_place() {
    let mut bad = vec![P256::BLANK, [4; 65], [0xff; 65]];
    for form in [0, 1, 2, 3, 5, 6, 7, 8, 0x84] {
        let mut point = generator();
        point[0] = form;
        bad.push(point);
    }
    let mut off = generator();
    off[64] ^= 1;
    bad.push(off);
    // (0, 0), and x at the field's prime.
    let mut zero = P256::BLANK;
    zero[0] = 4;
    bad.push(zero);
    let prime = hex("ffffffff00000001000000000000000000000000ffffffffffffffffffffffff");
    let mut wide = generator();
    wide[1..33].copy_from_slice(&prime);
    bad.push(wide);
    refuses_at_every_place::<P256, 3>(&bad);
}
