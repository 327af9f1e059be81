//! What can be seen only from inside: that both arithmetics give the same, that the bounds of the
//! field's types hold at their ends, and where the additions have exceptions.

use super::field::Reduced;
use super::limbs::LIMBS;
use super::point::{Affine, Projective};
use super::*;
use crate::vector::portable::Portable;

type Number = Reduced<Portable>;

fn words(number: Number) -> [[u64; LANES]; 4] {
    number.to_words().map(Vector::lanes)
}

fn same(a: Number, b: Number) {
    assert_eq!(words(a), words(b));
}

/// The same number, below p in Montgomery form: what reading its value gives.
fn canonical(number: Number) -> Number {
    Number::from_words(number.to_words()).0
}

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
    let mut scalars: Vec<[u8; 32]> = (0..200).map(|_| bytes()).collect();
    (scalars[5], scalars[150]) = ([0xff; 32], [0; 32]);
    let results = [Backend::Portable, Backend::best()].map(|backend| {
        let mut points = vec![[0; POINT_LENGTH]; 200];
        let invalid = public_keys_on(backend, &scalars, &mut points).unwrap();
        let mut products = vec![[0; POINT_LENGTH]; 200];
        let scalars = Scalars::Shared(&scalars[0]);
        let refused =
            multiply_on(backend, scalars, &points, &mut products, |out| Output::Points(out))
                .unwrap();
        (points, invalid, products, refused)
    });
    assert_eq!(results[0], results[1]);
    // A scalar that has no public key leaves no point to multiply.
    assert_eq!(results[0].1.iter().collect::<Vec<_>>(), [5, 150]);
    assert_eq!(results[0].3, results[0].1);
}

#[test]
fn both_backends_make_the_same_table() {
    let [a, b] = [Backend::Portable, Backend::best()].map(|backend| backend.run(comb::MakeTable));
    assert!(a == b);
}

#[test]
fn limbs_at_their_bounds_give_the_same_as_canonical_ones() {
    const LIMB: u64 = (1 << 52) - 1;
    const TOP: u64 = (1 << 49) + (1 << 31) - 1;
    let mut tested = 0;
    let mut extremes = Vec::new();
    for pattern in 0..1 << LIMBS {
        let full = |limb: usize, most| if pattern >> limb & 1 == 1 { most } else { 0 };
        extremes.push(Number::constant(
            [0, 1, 2, 3, 4].map(|limb| full(limb, [LIMB, LIMB, LIMB, LIMB, TOP][limb])),
        ));
    }
    let most = extremes[31];
    for &a in &extremes {
        for b in [most, extremes[16], extremes[13], a] {
            let (c, d, n) = (canonical(a), canonical(b), canonical(most));
            same(a, c);
            same(a.times(b), c.times(d));
            same(a.square().carry(), c.square().carry());
            same(c.square().carry(), c.times(c));
            same(a.add(b), c.add(d));
            let minus = |a: Number, b: Number| (a.wide() - b.wide()).reduce();
            same(minus(a, b), minus(c, d));
            same(minus(minus(a, b), a), minus(Number::zero(), d));
            // The widest sums of products there are in the formulas.
            let wide = |a: Number, b: Number, n: Number| {
                let products = a.multiply(n).wide().thrice() - b.multiply(n).wide().twice();
                (products - n.square().wide()).thrice().reduce()
            };
            same(wide(a, b, most), wide(c, d, n));
            same(wide(b, a, most), wide(d, c, n));
            let eight = |a: Number, b: Number| {
                (a.square().wide() - b.square().wide().twice().twice().twice()).reduce()
            };
            same(eight(a, b), eight(c, d));
            tested += 1;
        }
    }
    assert_eq!(tested, 128);
}

#[test]
fn a_coordinate_of_p_or_more_is_told_apart() {
    let p: [u64; 4] = [u64::MAX, 0xffff_ffff, 0, 0xffff_ffff_0000_0001];
    let mut below = p;
    below[0] -= 1;
    let mut above = p;
    (above[0], above[1]) = (0, above[1] + 1);
    for (words, too_large) in
        [(p, true), (below, false), (above, true), ([u64::MAX; 4], true), ([0; 4], false)]
    {
        let (number, mask) = Number::from_words(words.map(Portable::splat));
        assert_eq!(mask.lanes(), [if too_large { u64::MAX } else { 0 }; LANES]);
        assert_eq!(
            number.is_zero().lanes()[0],
            if words == p || words == [0; 4] { u64::MAX } else { 0 }
        );
        if !too_large {
            assert_eq!(number.to_words().map(|word| word.lanes()[3]), words);
        }
    }
}

fn affine(point: Projective<Portable>) -> [[[u64; LANES]; 4]; 2] {
    let mut inverse = [point.z];
    batch::invert(&mut inverse);
    let Affine { x, y } = point.with_inverse(inverse[0]);
    [words(x), words(y)]
}

#[test]
fn the_complete_addition_has_no_exceptions() {
    let g = Affine::<Portable>::generator();
    let all = Portable::splat(u64::MAX);
    let (plus, minus) = (g.to_projective(), g.negate(all).to_projective());
    let none = Projective::infinity();
    assert!(g.is_on_curve().lanes() == [u64::MAX; LANES]);
    // Doubling, by the other formulas.
    assert_eq!(affine(plus.add(plus)), affine(g.to_jacobian().double().to_projective()));
    for (a, b) in [(plus, minus), (minus, plus), (none, none)] {
        assert_eq!(a.add(b).z.is_zero().lanes(), [u64::MAX; LANES]);
        assert_eq!(a.add(b).y.is_zero().lanes(), [0; LANES]);
    }
    for (a, b) in [(plus, none), (none, plus)] {
        assert_eq!(affine(a.add(b)), affine(plus));
    }
}

#[test]
fn the_fast_addition_agrees_where_it_may_be_used() {
    let g = Affine::<Portable>::generator();
    let mut fast = g.to_jacobian().double();
    let mut complete = g.to_projective().add(g.to_projective());
    for _ in 0..20 {
        fast = fast.add_different(g);
        complete = complete.add(g.to_projective());
        assert_eq!(affine(fast.to_projective()), affine(complete));
    }
    // And where it may not, it shows: the proofs in `window` and `comb` are needed.
    assert_eq!(
        g.to_jacobian().add_different(g).to_projective().z.is_zero().lanes(),
        [u64::MAX; LANES]
    );
}
