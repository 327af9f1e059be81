//! X25519 against vectors and against two other libraries.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs)] // a test

mod common;
#[path = "common/x25519.rs"]
mod peers;

use std::collections::BTreeMap;

use common::{Numbers, assert_fast_path, cases};
use peers::{
    by_aws_lc, by_dalek, edge_points, edge_scalars, mixed, public_by_aws_lc, shared_by_aws_lc,
    small_order,
};
use sealpost_lanes::{LengthMismatch, Refused, Scalars, x25519};
use sealpost_vectors::array;

const WYCHEPROOF: &str = sealpost_vectors::WYCHEPROOF_X25519;
const LANES: usize = 8;
const BASE: [u8; 32] = {
    let mut bytes = [0; 32];
    bytes[0] = 9;
    bytes
};

fn diffie_hellman(scalars: Scalars<'_>, points: &[[u8; 32]]) -> (Vec<[u8; 32]>, Refused) {
    assert_fast_path();
    // What was there before must not stay.
    let mut shared = vec![[0xee; 32]; points.len()];
    let refused = x25519::diffie_hellman(scalars, points, &mut shared).unwrap();
    (shared, refused)
}

#[test]
fn wycheproof_agrees_in_every_lane() {
    let cases = cases(WYCHEPROOF);
    let mut tally = BTreeMap::new();
    for shift in 0..LANES {
        let mut numbers = Numbers::new(shift as u64);
        let (mut scalars, mut points) = (numbers.many(shift), numbers.many(shift));
        for case in &cases {
            scalars.push(case.private[..].try_into().unwrap());
            points.push(case.public[..].try_into().unwrap());
        }
        let (shared, refused) = diffie_hellman(Scalars::Each(&scalars), &points);
        for (case, item) in cases.iter().zip(shift..) {
            assert_eq!(shared[item][..], case.shared, "case {}", case.id);
            let zero = case.shared == [0; 32];
            assert_eq!(refused.contains(item), zero, "case {}", case.id);
            *tally.entry((case.result, zero)).or_insert(0) += 1;
        }
    }
    let expected =
        [(("valid", false), 264), (("acceptable", false), 223), (("acceptable", true), 31)];
    assert_eq!(tally, expected.map(|(kind, count)| (kind, LANES * count)).into());
}

/// RFC 7748 section 5.2: each result is the next scalar, each scalar the next point.
#[test]
fn rfc_7748_iterations_agree() {
    let (mut scalar, mut u) = (BASE, BASE);
    for round in 1..=1_000 {
        let (shared, _) = diffie_hellman(Scalars::Shared(&scalar), &[u]);
        (scalar, u) = (shared[0], scalar);
        if round == 1 {
            let once = "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079";
            assert_eq!(scalar, array(once));
        }
    }
    let thousand = "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51";
    assert_eq!(scalar, array(thousand));
}

#[test]
fn small_order_points_fail_alone_in_every_lane() {
    let mut numbers = Numbers::new(1);
    let good = numbers.many(3 * LANES);
    let secret = numbers.bytes();
    let mut tested = 0;
    for bad in small_order() {
        for position in 0..good.len() {
            let mut points = good.clone();
            points[position] = bad;
            let (shared, refused) = diffie_hellman(Scalars::Shared(&secret), &points);
            assert_eq!(refused.iter().collect::<Vec<_>>(), [position]);
            assert_eq!(shared[position], [0; 32]);
            for (item, point) in points.iter().enumerate() {
                assert_eq!(shared[item], shared_by_aws_lc(&secret, point));
            }
            tested += 1;
        }
    }
    assert_eq!(tested, 14 * 24);
    // And all of them at once, none of the others.
    let (shared, refused) = diffie_hellman(Scalars::Shared(&secret), &small_order());
    assert_eq!(refused.iter().collect::<Vec<_>>(), (0..14).collect::<Vec<_>>());
    assert_eq!(shared, [[0; 32]; 14]);
}

#[test]
fn two_other_libraries_agree_at_the_edges_and_elsewhere() {
    let mut numbers = Numbers::new(2);
    let mut scalars = mixed(&mut numbers, &edge_scalars(), 3_000);
    let mut points = mixed(&mut numbers, &edge_points(), 3_000);
    // Each edge at least once.
    let edges = edge_points();
    points[..edges.len()].copy_from_slice(&edges);
    let edges = edge_scalars();
    scalars[1_500..1_500 + edges.len()].copy_from_slice(&edges);

    let (shared, refused) = diffie_hellman(Scalars::Each(&scalars), &points);
    let mut counts = [0; 2];
    for (item, (scalar, point)) in scalars.iter().zip(&points).enumerate() {
        assert_eq!(shared[item], by_dalek(scalar, point), "{scalar:?} {point:?}");
        let other = by_aws_lc(scalar, point);
        assert_eq!(refused.contains(item), other.is_none(), "{scalar:?} {point:?}");
        assert_eq!(shared[item], other.unwrap_or_default(), "{scalar:?} {point:?}");
        counts[usize::from(other.is_some())] += 1;
    }
    assert!(counts[0] > 30 && counts[1] > 2_000, "{counts:?}");

    let mut public = vec![[0xee; 32]; scalars.len()];
    x25519::public_keys(&scalars, &mut public).unwrap();
    for (scalar, public) in scalars.iter().zip(&public) {
        assert_eq!(*public, by_dalek(scalar, &BASE), "{scalar:?}");
        assert_eq!(*public, public_by_aws_lc(scalar), "{scalar:?}");
    }
}

#[test]
fn any_number_of_items_is_handled() {
    let mut numbers = Numbers::new(3);
    let (secret, points, scalars) = (numbers.bytes(), numbers.many(300), numbers.many(300));
    for count in (0..20).chain(120..140).chain([255, 256, 257, 300]) {
        let points = &points[..count];
        let (shared, refused) = diffie_hellman(Scalars::Shared(&secret), points);
        assert!(refused.is_empty());
        for (shared, point) in shared.iter().zip(points) {
            assert_eq!(*shared, shared_by_aws_lc(&secret, point));
        }
        let scalars = &scalars[..count];
        let (shared, _) = diffie_hellman(Scalars::Each(scalars), points);
        for (shared, (scalar, point)) in shared.iter().zip(scalars.iter().zip(points)) {
            assert_eq!(*shared, shared_by_aws_lc(scalar, point));
        }
        let mut public = vec![[0; 32]; count];
        x25519::public_keys(scalars, &mut public).unwrap();
        for (public, scalar) in public.iter().zip(scalars) {
            assert_eq!(*public, public_by_aws_lc(scalar));
        }
    }
}

#[test]
fn slices_of_unequal_length_are_refused_untouched() {
    let points = [BASE; 9];
    let mut shared = [[0xee; 32]; 10];
    for found in [8, 10] {
        let mismatch = Err(LengthMismatch { expected: 9, found });
        let scalars = vec![[1; 32]; found];
        let result = x25519::diffie_hellman(Scalars::Each(&scalars), &points, &mut shared[..9]);
        assert_eq!(result, mismatch);
        let result =
            x25519::diffie_hellman(Scalars::Shared(&[1; 32]), &points, &mut shared[..found]);
        assert_eq!(result, mismatch);
        assert_eq!(x25519::public_keys(&points, &mut shared[..found]), mismatch.map(|_| ()));
    }
    assert_eq!(shared, [[0xee; 32]; 10]);
}
