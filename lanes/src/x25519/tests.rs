//! What can be seen only from inside: that both arithmetics give the same, and that the bounds of
//! the field's types hold at their ends.

use super::field::Reduced;
use super::*;
use crate::vector::portable::Portable;

#[test]
fn both_backends_give_the_same_bits() {
    let mut state = 1_u8;
    let mut bytes = || {
        [0; 32].map(|_: u8| {
            // Many bytes of all zeros and all ones.
            state = state.wrapping_mul(5).wrapping_add(77).rotate_left(3);
            if state & 3 == 0 {
                0
            } else if state & 3 == 1 {
                0xff
            } else {
                state
            }
        })
    };
    let scalars: Vec<[u8; 32]> = (0..200).map(|_| bytes()).collect();
    let mut points: Vec<[u8; 32]> = (0..200).map(|_| bytes()).collect();
    (points[3], points[150]) = ([0; 32], [0; 32]);
    let results = [Backend::Portable, Backend::best()].map(|backend| {
        let mut shared = vec![[0; 32]; 200];
        let refused =
            diffie_hellman_on(backend, Scalars::Each(&scalars), &points, &mut shared).unwrap();
        let mut public = vec![[0; 32]; 200];
        public_keys_on(backend, &scalars, &mut public).unwrap();
        (shared, refused, public)
    });
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0].1.iter().collect::<Vec<_>>(), [3, 150]);
}

#[test]
fn both_backends_make_the_same_table() {
    let [a, b] = [Backend::Portable, Backend::best()].map(|backend| backend.run(comb::MakeTable));
    assert!(a == b);
}

type Number = Reduced<Portable>;

/// The same number with limbs below 2^51.
fn canonical(number: Number) -> Number {
    Reduced::from_words(number.to_words())
}

fn words(number: Number) -> [[u64; LANES]; 4] {
    number.to_words().map(Vector::lanes)
}

#[test]
fn limbs_at_their_bounds_give_the_same_as_canonical_ones() {
    const MOST: u64 = (1 << 51) + (1 << 16) - 1;
    const LIMB: u64 = (1 << 51) - 1;
    let mut extremes = Vec::new();
    // Each limb at its most, or a full one, or none.
    for pattern in 0..3_usize.pow(5) {
        let digit = |place: u32| pattern / 3_usize.pow(place) % 3;
        extremes.push(Number::constant([0, 1, 2, 3, 4].map(|limb| [MOST, LIMB, 0][digit(limb)])));
    }
    let most = extremes[0];
    let mut tested = 0;
    for &a in &extremes {
        assert_eq!(words(canonical(a)), words(a));
        for b in [most, Number::constant([1, 0, LIMB, MOST, LIMB]), a] {
            let (c, d) = (canonical(a), canonical(b));
            let same = |x: Number, y: Number| assert_eq!(words(x), words(y));
            same(a.multiply(b).reduce(), c.multiply(d).reduce());
            same(a.square().reduce(), c.square().reduce());
            same(c.square().reduce(), c.multiply(c).reduce());
            same(a.add(b), c.add(d));
            same(a.sub(b), c.sub(d));
            same(b.sub(a), d.sub(c));
            same(a.add_multiple(121_665, b), c.add_multiple(121_665, d));
            // Differences and sums of unreduced products, the widest there are.
            same(
                a.square().sub(b.multiply(most)),
                canonical(c.square().reduce()).sub(d.multiply(canonical(most)).reduce()),
            );
            same(
                a.square().add(b.multiply(most)),
                canonical(c.square().reduce()).add(d.multiply(canonical(most)).reduce()),
            );
            same(a.sub(b).add(b), c);
            tested += 1;
        }
    }
    assert_eq!(tested, 729);
}

#[test]
fn numbers_around_p_are_written_canonically() {
    const LIMB: u64 = (1 << 51) - 1;
    for offset in 0..64 {
        // 2^255 - 32 + offset, without carries: limb 0 may pass 2^51.
        let number = Number::constant([LIMB - 31 + offset, LIMB, LIMB, LIMB, LIMB]);
        let value = (i128::from(offset) - 32 + 19).rem_euclid(1 << 100);
        let written = words(number);
        if offset < 13 {
            // Below p: as it is.
            assert_eq!(written[0][0], u64::MAX - 31 + offset);
            assert_eq!(written[3][0], u64::MAX >> 1);
        } else {
            assert_eq!(written.map(|word| word[0]), [u64::try_from(value).unwrap(), 0, 0, 0]);
        }
    }
}
