//! X25519 (RFC 7748): Diffie-Hellman for many points, public keys for many secrets.
//!
//! Scalars are clamped here. A u-coordinate of p or above is taken modulo p and its top bit is
//! ignored, as RFC 7748 section 5 says.
#![expect(clippy::indexing_slicing, reason = "counters of groups and lanes of a chunk")]

mod comb;
mod edwards;
mod field;
mod ladder;

use ladder::Fraction;

use crate::backend::{Backend, Task, backend};
use crate::batch::{self, CHUNK, GROUPS};
use crate::items::{LengthMismatch, Refused, Scalars, same_length};
use crate::vector::{LANES, Vector};
use crate::words;
use field::Reduced;

/// The u-coordinate of the base point.
const BASE: [u8; 32] = {
    let mut bytes = [0; 32];
    bytes[0] = 9;
    bytes
};

/// `scalar * point` for each point, into `shared`.
///
/// A point of small order is refused: what it shares with any scalar is zero.
///
/// # Errors
/// [`LengthMismatch`] if `shared`, or the scalars where each point has its own, are more or fewer
/// than the points.
///
/// # Security
/// Which items are refused depends on the points alone, and by default on nothing secret. Time and
/// memory accesses depend on the number of points alone.
pub fn diffie_hellman(
    scalars: Scalars<'_>,
    points: &[[u8; 32]],
    shared: &mut [[u8; 32]],
) -> Result<Refused, LengthMismatch> {
    diffie_hellman_on(backend(), scalars, points, shared)
}

/// The public key of each secret scalar, into `public`.
///
/// # Errors
/// [`LengthMismatch`] if `public` is not as long as `scalars`.
///
/// # Security
/// Time and memory accesses depend on the number of scalars alone.
pub fn public_keys(scalars: &[[u8; 32]], public: &mut [[u8; 32]]) -> Result<(), LengthMismatch> {
    public_keys_on(backend(), scalars, public)
}

fn diffie_hellman_on(
    backend: Backend,
    scalars: Scalars<'_>,
    points: &[[u8; 32]],
    shared: &mut [[u8; 32]],
) -> Result<Refused, LengthMismatch> {
    let scalars = scalars.for_items(points.len())?;
    same_length(points.len(), shared.len())?;
    let chunks = points.chunks(CHUNK).zip(shared.chunks_mut(CHUNK));
    let masks = chunks.enumerate().map(|(chunk, (points, shared))| {
        let scalars = scalars.skip(chunk * CHUNK);
        backend.run(DiffieHellman { scalars, points, shared })
    });
    Ok(Refused::from_masks(masks))
}

fn public_keys_on(
    backend: Backend,
    scalars: &[[u8; 32]],
    public: &mut [[u8; 32]],
) -> Result<(), LengthMismatch> {
    same_length(scalars.len(), public.len())?;
    let table = comb::table(backend);
    for (scalars, public) in scalars.chunks(CHUNK).zip(public.chunks_mut(CHUNK)) {
        backend.run(PublicKeys { table, scalars, public });
    }
    Ok(())
}

/// A chunk of [`diffie_hellman`]; answers with a bit for each refused item.
struct DiffieHellman<'a> {
    scalars: Scalars<'a>,
    points: &'a [[u8; 32]],
    shared: &'a mut [[u8; 32]],
}

impl Task for DiffieHellman<'_> {
    type Output = u128;

    #[inline(always)]
    fn run<V: Vector>(self) -> u128 {
        let mut results = Results::<V>::new(self.points.len());
        for group in 0..results.groups {
            let [scalar, u] = words::gather(|lane| {
                let item = group * LANES + lane;
                [self.scalars.get(item).unwrap_or(&[0; 32]), self.points.get(item).unwrap_or(&BASE)]
                    .map(words::from_le_bytes)
            });
            results.set(group, ladder::multiply(clamp(scalar), Reduced::from_words(u)));
        }
        results.write(self.shared)
    }
}

/// A chunk of [`public_keys`].
struct PublicKeys<'a> {
    table: &'static comb::Table,
    scalars: &'a [[u8; 32]],
    public: &'a mut [[u8; 32]],
}

impl Task for PublicKeys<'_> {
    type Output = ();

    #[inline(always)]
    fn run<V: Vector>(self) {
        let mut results = Results::<V>::new(self.scalars.len());
        for group in 0..results.groups {
            let [scalar] = words::gather(|lane| {
                [words::from_le_bytes(self.scalars.get(group * LANES + lane).unwrap_or(&[0; 32]))]
            });
            results.set(group, comb::multiply_base(self.table, clamp(scalar)));
        }
        // None is refused: a clamped scalar is no multiple of the base point's order.
        results.write(self.public);
    }
}

/// RFC 7748 section 5, `decodeScalar25519`.
#[inline(always)]
fn clamp<V: Vector>(scalar: [V; 4]) -> [V; 4] {
    let [w0, w1, w2, w3] = scalar;
    let high = V::splat(1 << 62);
    [w0 & V::splat(!7), w1, w2, (w3 & (high - V::splat(1))) | high]
}

/// The points of a chunk, eight to a group, until their inversions are done all at once.
struct Results<V> {
    x: [Reduced<V>; GROUPS],
    z: [Reduced<V>; GROUPS],
    groups: usize,
}

impl<V: Vector> Results<V> {
    #[inline(always)]
    fn new(items: usize) -> Self {
        let unset = [Reduced::zero(); GROUPS];
        Self { x: unset, z: unset, groups: items.div_ceil(LANES).min(GROUPS) }
    }

    #[inline(always)]
    fn set(&mut self, group: usize, point: Fraction<V>) {
        let (x, z) = (point.x.reduce(), point.z.reduce());
        // The u-coordinate of the point at infinity is zero; the inversion takes Z = 0 as one.
        self.x[group] = Reduced::select(z.is_zero(), Reduced::zero(), x);
        self.z[group] = z;
    }

    /// Writes the u-coordinates and answers with a bit for each that is zero.
    #[inline(always)]
    fn write(&mut self, out: &mut [[u8; 32]]) -> u128 {
        batch::invert(&mut self.z[..self.groups]);
        let mut zeros = 0;
        for (group, out) in out.chunks_mut(LANES).enumerate() {
            let [w0, w1, w2, w3] = self.x[group].multiply(self.z[group]).reduce().to_words();
            let zero = (w0 | w1 | w2 | w3).is_zero().lanes();
            let lanes = words::scatter([w0, w1, w2, w3]).into_iter().zip(zero);
            for (item, (out, (u, zero))) in (group * LANES..).zip(out.iter_mut().zip(lanes)) {
                *out = words::to_le_bytes(u);
                zeros |= u128::from(zero & 1) << item;
            }
        }
        zeros
    }
}

#[cfg(test)]
mod tests;
