//! P-256 against vectors and against two other libraries.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // a test

mod common;
#[path = "common/p256.rs"]
mod peers;

use std::collections::BTreeMap;

use common::{Case, Numbers, assert_fast_path, cases};
use peers::{
    ORDER, add, bad_points, bad_scalars, by_aws_lc, by_p256, edge_points, edge_scalars, generator,
    minus, mixed_scalars, negated, public_by_aws_lc, small, x_zero,
};
use sealpost_lanes::{LengthMismatch, Refused, Scalars, p256};
use sealpost_vectors::{array, hex};

const POINTS: &str = sealpost_vectors::WYCHEPROOF_P256_POINTS;
const SPKI: &str = sealpost_vectors::WYCHEPROOF_P256_SPKI;
/// What stands in front of an uncompressed point in SPKI.
const SPKI_PREFIX: &str = "3059301306072a8648ce3d020106082a8648ce3d030107034200";
const LANES: usize = 8;

fn diffie_hellman(scalars: Scalars<'_>, points: &[[u8; 65]]) -> (Vec<[u8; 32]>, Refused) {
    assert_fast_path();
    // What was there before must not stay.
    let mut shared = vec![[0xee; 32]; points.len()];
    let refused = p256::diffie_hellman(scalars, points, &mut shared).unwrap();
    (shared, refused)
}

fn multiply(scalars: Scalars<'_>, points: &[[u8; 65]]) -> (Vec<[u8; 65]>, Refused) {
    assert_fast_path();
    let mut products = vec![[0xee; 65]; points.len()];
    let refused = p256::multiply(scalars, points, &mut products).unwrap();
    (products, refused)
}

fn public_keys(scalars: &[[u8; 32]]) -> (Vec<[u8; 65]>, Refused) {
    assert_fast_path();
    let mut public = vec![[0xee; 65]; scalars.len()];
    let refused = p256::public_keys(scalars, &mut public).unwrap();
    (public, refused)
}

/// Runs the cases whose key is in the one form that counts, in every lane.
fn wycheproof(
    file: &'static str,
    point: impl Fn(&Case) -> Option<[u8; 65]>,
) -> BTreeMap<(&'static str, &'static str), usize> {
    let all = cases(file);
    let mut tally = BTreeMap::new();
    let mut usable = Vec::new();
    for case in &all {
        match point(case) {
            Some(point) => usable.push((case, point)),
            None => *tally.entry((case.result, "another form")).or_default() += LANES,
        }
    }
    for shift in 0..LANES {
        let mut scalars = vec![small(1); shift];
        let mut points = vec![generator(); shift];
        for (case, point) in &usable {
            // Some have leading zeros, some none of those that a fixed length needs.
            let digits: Vec<u8> = case.private.iter().copied().skip_while(|b| *b == 0).collect();
            let mut scalar = [0; 32];
            scalar[32 - digits.len()..].copy_from_slice(&digits);
            scalars.push(scalar);
            points.push(*point);
        }
        let (shared, refused) = diffie_hellman(Scalars::Each(&scalars), &points);
        for ((case, _), item) in usable.iter().zip(shift..) {
            let outcome = if refused.contains(item) {
                assert_eq!(shared[item], [0; 32], "case {}", case.id);
                "refused"
            } else {
                assert_eq!(shared[item][..], case.shared, "case {}", case.id);
                "agrees"
            };
            *tally.entry((case.result, outcome)).or_default() += 1;
        }
    }
    tally
}

#[test]
fn wycheproof_points_agree_or_are_refused_in_every_lane() {
    let tally = wycheproof(POINTS, |case| case.public[..].try_into().ok());
    let expected = [
        (("valid", "agrees"), 330),
        (("acceptable", "another form"), 1),
        (("invalid", "another form"), 8),
        (("invalid", "refused"), 16),
    ];
    assert_eq!(tally, expected.map(|(kind, count)| (kind, LANES * count)).into());
}

#[test]
fn wycheproof_spki_keys_agree_or_are_refused_in_every_lane() {
    let prefix = hex(SPKI_PREFIX);
    let tally = wycheproof(SPKI, |case| case.public.strip_prefix(&prefix[..])?.try_into().ok());
    let expected = [
        (("valid", "agrees"), 330),
        (("acceptable", "another form"), 229),
        // "Modifying last byte of bit string": y is another one.
        (("acceptable", "refused"), 1),
        (("invalid", "another form"), 34),
        (("invalid", "refused"), 18),
    ];
    assert_eq!(tally, expected.map(|(kind, count)| (kind, LANES * count)).into());
}

#[test]
fn bad_points_fail_alone_in_every_lane() {
    let mut numbers = Numbers::new(1);
    let secret = numbers.bytes();
    let good = edge_points()[..2 * LANES].to_vec();
    let (expected, refused) = diffie_hellman(Scalars::Shared(&secret), &good);
    assert!(refused.is_empty());
    let mut tested = 0;
    for bad in bad_points() {
        // aws-lc-rs takes hybrid forms, too (SEC 1 section 2.3.3), with the right sign.
        assert!(by_aws_lc(&secret, &bad).is_none() || bad[0] == 7, "{bad:02x?}");
        let position = tested % good.len();
        let (mut points, mut expected) = (good.clone(), expected.clone());
        (points[position], expected[position]) = (bad, [0; 32]);
        let (shared, refused) = diffie_hellman(Scalars::Shared(&secret), &points);
        assert_eq!(refused.iter().collect::<Vec<_>>(), [position], "{bad:02x?}");
        assert_eq!(shared, expected);
        let (products, refused) = multiply(Scalars::Shared(&secret), &points);
        assert_eq!(refused.iter().collect::<Vec<_>>(), [position], "{bad:02x?}");
        assert_eq!(products[position], [0; 65]);
        tested += 1;
    }
    assert_eq!(tested, 12 + 512 + 2);
}

#[test]
fn bad_scalars_fail_alone_in_every_lane() {
    let points = edge_points()[..2 * LANES].to_vec();
    let good = vec![small(7); points.len()];
    let (expected, _) = multiply(Scalars::Each(&good), &points);
    let (expected_public, _) = public_keys(&good);
    let mut tested = 0;
    for bad in bad_scalars() {
        assert_eq!(public_by_aws_lc(&bad), None, "{bad:02x?}");
        for position in 0..points.len() {
            let mut scalars = good.clone();
            scalars[position] = bad;
            let with_gap = |all: &[[u8; 65]]| {
                let mut all = all.to_vec();
                all[position] = [0; 65];
                all
            };
            for ((results, refused), expected) in [
                (multiply(Scalars::Each(&scalars), &points), &expected),
                (public_keys(&scalars), &expected_public),
            ] {
                assert_eq!(refused.iter().collect::<Vec<_>>(), [position], "{bad:02x?}");
                assert_eq!(results, with_gap(expected));
            }
            tested += 1;
        }
        let (results, refused) = multiply(Scalars::Shared(&bad), &points);
        assert_eq!(refused.iter().count(), points.len());
        assert!(results.iter().all(|point| *point == [0; 65]));
    }
    assert_eq!(tested, 11 * 16);
}

#[test]
fn edge_scalars_agree_with_another_library_in_every_lane() {
    let edges = edge_scalars();
    assert!(edges.len() > 1_500, "{}", edges.len());
    for (point, shifts) in [(generator(), LANES), (negated(generator()), 1), (x_zero(), 1)] {
        for shift in 0..shifts {
            let mut scalars = vec![small(1); shift];
            scalars.extend(&edges);
            let points = vec![point; scalars.len()];
            let (shared, refused) = diffie_hellman(Scalars::Each(&scalars), &points);
            assert!(refused.is_empty());
            if shift == 0 {
                for (scalar, shared) in scalars.iter().zip(&shared) {
                    assert_eq!(Some(*shared), by_aws_lc(scalar, &point), "{scalar:02x?}");
                }
            }
            let (products, _) = multiply(Scalars::Each(&scalars), &points);
            assert!(products.iter().zip(&shared).all(|(point, x)| point[1..33] == *x));
            // By the generator's table: another addition order, other exceptions.
            if point == generator() {
                let (public, refused) = public_keys(&scalars);
                assert!(refused.is_empty());
                assert_eq!(public, products);
                for (scalar, public) in scalars.iter().zip(public) {
                    assert_eq!(Some(public), public_by_aws_lc(scalar), "{scalar:02x?}");
                }
            }
        }
    }
}

/// n - 1 negates, n - 2 negates the double.
#[test]
fn scalars_around_the_order_negate() {
    let order = array(ORDER);
    let mut points = edge_points();
    points.truncate(75);
    points.push(x_zero());
    let by = |scalar: [u8; 32]| {
        let (products, refused) = multiply(Scalars::Shared(&scalar), &points);
        assert!(refused.is_empty());
        products
    };
    assert_eq!(by(small(1)), points);
    for value in 1..40 {
        let negatives: Vec<_> = by(small(value)).into_iter().map(negated).collect();
        assert_eq!(by(add(order, minus(small(value)))), negatives);
    }
}

#[test]
fn two_other_libraries_agree_at_the_edges_and_elsewhere() {
    let mut numbers = Numbers::new(2);
    let scalars = mixed_scalars(&mut numbers, &edge_scalars(), 1_500);
    let (randoms, _) = public_keys(&mixed_scalars(&mut numbers, &edge_scalars(), 500));
    let edges = edge_points();
    let points: Vec<_> = (0..scalars.len())
        .map(|item| *numbers.choose(if item % 2 == 0 { &edges } else { &randoms }))
        .collect();
    let (shared, refused) = diffie_hellman(Scalars::Each(&scalars), &points);
    assert!(refused.is_empty());
    let (products, _) = multiply(Scalars::Each(&scalars), &points);
    for (item, (scalar, point)) in scalars.iter().zip(&points).enumerate() {
        assert_eq!(Some(shared[item]), by_aws_lc(scalar, point), "{scalar:02x?} {point:02x?}");
        if item % 10 == 0 {
            assert_eq!(Some(products[item]), by_p256(scalar, point), "{scalar:02x?} {point:02x?}");
        }
    }
}

#[test]
fn any_number_of_items_is_handled() {
    let mut numbers = Numbers::new(3);
    let scalars = mixed_scalars(&mut numbers, &edge_scalars(), 300);
    let public: Vec<_> = scalars.iter().map(|k| public_by_aws_lc(k).unwrap()).collect();
    let secret = scalars[7];
    let shared: Vec<_> = public.iter().map(|point| by_aws_lc(&secret, point).unwrap()).collect();
    for count in (0..40).chain(120..140).chain([255, 256, 257, 300]) {
        let (results, refused) = diffie_hellman(Scalars::Shared(&secret), &public[..count]);
        assert!(refused.is_empty());
        assert_eq!(results, shared[..count]);
        let (results, refused) = public_keys(&scalars[..count]);
        assert!(refused.is_empty());
        assert_eq!(results, public[..count]);
        let (results, refused) =
            multiply(Scalars::Each(&scalars[..count]), &vec![generator(); count]);
        assert!(refused.is_empty());
        assert_eq!(results, public[..count]);
    }
}

#[test]
fn slices_of_unequal_length_are_refused_untouched() {
    let points = [generator(); 9];
    let mut products = [[0xee; 65]; 10];
    let mut shared = [[0xee; 32]; 10];
    for found in [8, 10] {
        let mismatch = Err(LengthMismatch { expected: 9, found });
        let scalars = vec![small(1); found];
        let each = Scalars::Each(&scalars);
        let one = Scalars::Shared(&scalars[0]);
        assert_eq!(p256::multiply(each, &points, &mut products[..9]), mismatch);
        assert_eq!(p256::multiply(one, &points, &mut products[..found]), mismatch);
        assert_eq!(p256::diffie_hellman(each, &points, &mut shared[..9]), mismatch);
        assert_eq!(p256::diffie_hellman(one, &points, &mut shared[..found]), mismatch);
        assert_eq!(p256::public_keys(&[small(1); 9], &mut products[..found]), mismatch);
    }
    assert_eq!(products, [[0xee; 65]; 10]);
    assert_eq!(shared, [[0xee; 32]; 10]);
}
