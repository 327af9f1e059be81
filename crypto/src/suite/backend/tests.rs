//! The same vectors and the same rules for every backend, one point at a time and in batches.

use std::vec;
use std::vec::Vec;

use super::*;

#[cfg(feature = "xchat")]
mod p256;
#[cfg(feature = "x25519")]
mod x25519;

#[test]
fn every_backend_of_the_build_is_tested() {
    let more = [cfg!(feature = "aws-lc"), cfg!(feature = "lanes")];
    assert_eq!(Backend::ALL.len(), 1 + more.map(usize::from).iter().sum::<usize>());
    assert!(Backend::ALL.contains(&Backend::fastest()));
}

/// What `backend` makes of a secret and a point, which come several times: alone they would not go
/// into lanes. `None` if they are refused.
fn agreed<G: Group>(backend: Backend, secret: &Secret, point: &G::Point) -> Option<Secret> {
    const TIMES: usize = 3;
    let mut shared = [[0xff; 32]; TIMES];
    match G::on(backend).agree(secret, &[*point; TIMES], &mut shared) {
        TIMES => {
            assert!(shared.iter().all(|other| *other == shared[0]), "{backend:?}");
            Some(shared[0])
        }
        number => {
            assert_eq!(number, 0, "{backend:?}");
            None
        }
    }
}

/// Secrets and points for batches of any backend: `number` of each, different for each `seed`.
fn exchange<G: Group>(number: usize, seed: u8) -> (Vec<Secret>, Vec<G::Point>) {
    let pure = G::on(Backend::Pure);
    let secret = |index: usize, salt: u8| {
        let mut secret = [seed ^ salt; 32];
        secret[..8]
            .copy_from_slice(&(index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_le_bytes());
        secret
    };
    let secrets = (0..number).map(|index| secret(index, 0x5a)).collect();
    let points = (0..number).map(|index| pure.public_key(&secret(index, 0x33)).unwrap());
    (secrets, points.collect())
}

/// Both ways of agreeing, for batches around the sizes that vector code likes.
fn agrees_with_the_pure_one<G: Group<Point: PartialEq>>() {
    for length in [0, 1, 3, 7, 8, 9, 17] {
        let (secrets, points) = exchange::<G>(length, 7);
        let [expected_each, expected_one] = [true, false].map(|each| {
            Backend::ALL
                .iter()
                .map(|&backend| {
                    let (mut keys, mut shared) = (vec![G::BLANK; length], vec![[0; 32]; length]);
                    let agreed = if each {
                        G::on(backend).agree_each(&secrets, &points, &mut keys, &mut shared)
                    } else {
                        G::on(backend).agree(&[0x42; 32], &points, &mut shared)
                    };
                    assert_eq!(agreed, length, "{backend:?}");
                    (keys, shared)
                })
                .collect::<Vec<_>>()
        });
        for results in [expected_each, expected_one] {
            assert_eq!(results.len(), Backend::ALL.len());
            assert!(results.iter().all(|result| *result == results[0]));
            assert!(results[0].1.iter().all(|shared| *shared != [0; 32]));
        }
    }
}

/// A point that gives nothing is found wherever it stands, and what is before it is computed.
fn refuses_at_every_place<G: Group, const LENGTH: usize>(bad: &[G::Point]) {
    let (secrets, points) = exchange::<G>(LENGTH, 11);
    let mut refused = 0;
    for &backend in Backend::ALL {
        let group = G::on(backend);
        let mut expected = [[0; 32]; LENGTH];
        assert_eq!(group.agree(&secrets[0], &points, &mut expected), LENGTH);
        for point in bad {
            for place in 0..LENGTH {
                let mut points = points.clone();
                points[place] = *point;
                let mut shared = [[0; 32]; LENGTH];
                assert_eq!(group.agree(&secrets[0], &points, &mut shared), place);
                assert_eq!(shared[..place], expected[..place]);
                let mut keys = [G::BLANK; LENGTH];
                let agreed = group.agree_each(&secrets, &points, &mut keys, &mut shared);
                assert_eq!(agreed, place);
                refused += 1;
            }
        }
    }
    assert_eq!(refused, Backend::ALL.len() * bad.len() * LENGTH);
}
