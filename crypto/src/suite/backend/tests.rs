//! The same vectors and the same rules for every backend, one point at a time and in batches.

use std::vec;
use std::vec::Vec;

use super::*;

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

#[cfg(feature = "x25519")]
mod x25519 {
    use super::super::{X25519, aead};
    use super::*;
    use crate::suite::vectors::{Tally, expected, hex, rows};
    use crate::suite::x25519::tests::small_order_points;

    const VECTORS: &str = include_str!("../../../tests/vectors/wycheproof-x25519.txt");
    const AEAD_VECTORS: &str =
        include_str!("../../../tests/vectors/wycheproof-chacha20-poly1305.txt");

    #[test]
    fn wycheproof_points_agree_or_are_refused() {
        for &backend in Backend::ALL {
            let mut tally = Tally::new();
            for [id, result, public, private, shared] in
                rows(VECTORS, "tcId result public private shared")
            {
                let [public, private, shared] =
                    [public, private, shared].map(|text| hex(text).try_into().unwrap());
                let found = agreed::<X25519>(backend, &private, &public);
                let expected_found = (shared != [0; 32]).then_some(shared);
                assert_eq!(found, expected_found, "{backend:?}, case {id}");
                let outcome = if found.is_some() { "agrees" } else { "refused" };
                *tally.entry((expected(result), outcome)).or_default() += 1;
            }
            let all = [
                (("valid", "agrees"), 264),
                (("acceptable", "agrees"), 223),
                (("acceptable", "refused"), 31),
            ];
            assert_eq!(tally, Tally::from(all), "{backend:?}");
        }
    }

    /// RFC 7748 section 5.2: once from the base point, then a thousand times over.
    #[test]
    fn iterations_are_those_of_rfc_7748() {
        let base = {
            let mut base = [0; 32];
            base[0] = 9;
            base
        };
        for &backend in Backend::ALL {
            let group = X25519::on(backend);
            let once = "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079";
            assert_eq!(group.public_key(&base).unwrap()[..], hex(once), "{backend:?}");
            let (mut k, mut u) = (base, base);
            for _ in 0..1_000 {
                (u, k) = (k, agreed::<X25519>(backend, &k, &u).unwrap());
            }
            let often = "684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51";
            assert_eq!(k[..], hex(often), "{backend:?}");
        }
    }

    #[test]
    fn backends_agree() {
        agrees_with_the_pure_one::<X25519>();
    }

    #[test]
    fn small_order_points_are_refused_at_every_place() {
        refuses_at_every_place::<X25519, 9>(&small_order_points());
    }

    #[test]
    fn wycheproof_texts_open_or_are_refused() {
        for &backend in Backend::ALL {
            let mut tally = Tally::new();
            for [id, result, key, iv, aad, msg, ct, tag] in
                rows(AEAD_VECTORS, "tcId result key iv aad msg ct tag")
            {
                let key: Secret = hex(key).try_into().unwrap();
                let nonce: [u8; 12] = hex(iv).try_into().unwrap();
                let tag: [u8; 16] = hex(tag).try_into().unwrap();
                let (aad, message, ciphertext) = (hex(aad), hex(msg), hex(ct));
                let cipher = aead(backend);
                let mut text = ciphertext.clone();
                let opened = cipher.open(&key, &nonce, &aad, &mut text, &tag).is_some();
                if opened {
                    assert_eq!(text, message, "{backend:?}, case {id}");
                    assert_eq!(cipher.seal(&key, &nonce, &aad, &mut text), Some(tag));
                    assert_eq!(text, ciphertext, "{backend:?}, case {id}");
                } else {
                    assert!(text.iter().all(|byte| *byte == 0), "unverified text is left");
                }
                let outcome = if opened { "opens" } else { "refused" };
                *tally.entry((expected(result), outcome)).or_default() += 1;
            }
            let all = [(("valid", "opens"), 256), (("invalid", "refused"), 60)];
            assert_eq!(tally, Tally::from(all), "{backend:?}");
        }
    }
}

#[cfg(feature = "xchat")]
mod p256 {
    use super::super::P256;
    use super::*;
    use crate::suite::p256_keys::tests::{ORDER, POINT_VECTORS, secret};
    use crate::suite::vectors::{Tally, expected, hex, rows};

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
}
