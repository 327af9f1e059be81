//! P-256 (SEC 2 secp256r1, NIST SP 800-186): products of points and scalars, and public keys.
//!
//! Scalars are big-endian; a scalar must be at least one and below the group's order. Points are
//! in the uncompressed form of SEC 1, `04 || x || y`; any other form, a coordinate of p or above
//! and a point that is not on the curve are refused. What fails is known without branching on it.
#![expect(clippy::indexing_slicing, reason = "counters of groups and lanes of a chunk")]

mod comb;
mod field;
mod limbs;
mod point;
mod scalar;
mod window;

use core::array::from_fn;

use self::field::Reduced;
use self::point::{Affine, Projective};
use self::scalar::Digits;
use self::window::TABLES;
use crate::backend::{Backend, Task, backend};
use crate::batch::{self, CHUNK, GROUPS};
use crate::items::{LengthMismatch, Refused, Scalars, same_length};
use crate::vector::{LANES, Vector};
use crate::words;

/// Bytes of an uncompressed point.
pub const POINT_LENGTH: usize = 65;

/// SEC 1 section 2.3.3: the first byte of an uncompressed point.
const UNCOMPRESSED: u8 = 4;

/// The x-coordinate of `scalar * point` for each point, big-endian, into `shared`: the shared
/// secret of SEC 1 section 3.3.1.
///
/// Refused are the items whose point or scalar is not valid, see [the module](self).
///
/// # Errors
/// [`LengthMismatch`] if `shared`, or the scalars where each point has its own, are more or fewer
/// than the points.
///
/// # Security
/// Time and memory accesses depend on the number of points alone. Which items are refused depends
/// on the points and on whether scalars are valid.
pub fn diffie_hellman(
    scalars: Scalars<'_>,
    points: &[[u8; POINT_LENGTH]],
    shared: &mut [[u8; 32]],
) -> Result<Refused, LengthMismatch> {
    multiply_on(backend(), scalars, points, shared, |out| Output::X(out))
}

/// `scalar * point` for each point, into `products`.
///
/// Refused are the items whose point or scalar is not valid, see [the module](self).
///
/// # Errors
/// [`LengthMismatch`] if `products`, or the scalars where each point has its own, are more or fewer
/// than the points.
///
/// # Security
/// As for [`diffie_hellman`].
pub fn multiply(
    scalars: Scalars<'_>,
    points: &[[u8; POINT_LENGTH]],
    products: &mut [[u8; POINT_LENGTH]],
) -> Result<Refused, LengthMismatch> {
    multiply_on(backend(), scalars, points, products, |out| Output::Points(out))
}

/// The public key of each secret scalar, into `public`.
///
/// Refused are the items whose scalar is not valid, see [the module](self).
///
/// # Errors
/// [`LengthMismatch`] if `public` is not as long as `scalars`.
///
/// # Security
/// Time and memory accesses depend on the number of scalars alone. Which items are refused depends
/// on whether scalars are valid.
pub fn public_keys(
    scalars: &[[u8; 32]],
    public: &mut [[u8; POINT_LENGTH]],
) -> Result<Refused, LengthMismatch> {
    public_keys_on(backend(), scalars, public)
}

fn multiply_on<const N: usize>(
    backend: Backend,
    scalars: Scalars<'_>,
    points: &[[u8; POINT_LENGTH]],
    products: &mut [[u8; N]],
    output: for<'a> fn(&'a mut [[u8; N]]) -> Output<'a>,
) -> Result<Refused, LengthMismatch> {
    let scalars = scalars.for_items(points.len())?;
    same_length(points.len(), products.len())?;
    let chunks = points.chunks(CHUNK).zip(products.chunks_mut(CHUNK));
    let masks = chunks.enumerate().map(|(chunk, (points, products))| {
        let (scalars, products) = (scalars.skip(chunk * CHUNK), output(products));
        backend.run(Multiply { scalars, points, products })
    });
    Ok(Refused::from_masks(masks))
}

fn public_keys_on(
    backend: Backend,
    scalars: &[[u8; 32]],
    public: &mut [[u8; POINT_LENGTH]],
) -> Result<Refused, LengthMismatch> {
    same_length(scalars.len(), public.len())?;
    let table = comb::table(backend);
    let chunks = scalars.chunks(CHUNK).zip(public.chunks_mut(CHUNK));
    let masks = chunks.map(|(scalars, public)| backend.run(PublicKeys { table, scalars, public }));
    Ok(Refused::from_masks(masks))
}

/// Where the points of a chunk go; those of refused items are all zeros.
enum Output<'a> {
    X(&'a mut [[u8; 32]]),
    Points(&'a mut [[u8; POINT_LENGTH]]),
}

impl Output<'_> {
    /// From big-endian coordinates, and a mask of all ones where they are none.
    #[inline(always)]
    fn write(&mut self, item: usize, x: [u8; 32], y: [u8; 32], refused: u64) {
        match self {
            Self::X(out) => {
                if let Some(out) = out.get_mut(item) {
                    *out = x;
                }
            }
            Self::Points(out) => {
                if let Some([tag, coordinates @ ..]) = out.get_mut(item) {
                    let [kept, ..] = (!refused).to_le_bytes();
                    *tag = UNCOMPRESSED & kept;
                    coordinates[..32].copy_from_slice(&x);
                    coordinates[32..].copy_from_slice(&y);
                }
            }
        }
    }
}

/// A chunk of products; answers with a bit for each refused item.
struct Multiply<'a> {
    scalars: Scalars<'a>,
    points: &'a [[u8; POINT_LENGTH]],
    products: Output<'a>,
}

impl Task for Multiply<'_> {
    type Output = u128;

    #[inline(always)]
    fn run<V: Vector>(mut self) -> u128 {
        let mut results = Results::<V>::new(self.points.len());
        let mut tables = [window::unmade(); TABLES];
        for first in (0..results.groups).step_by(TABLES) {
            let mut points = [Affine::generator(); TABLES];
            let count = TABLES.min(results.groups - first);
            for (point, group) in points.iter_mut().zip(first..).take(count) {
                let (read, valid) = self.read::<V>(group);
                *point = Affine::select(valid, read, Affine::generator());
                results.refused[group] = valid ^ V::splat(u64::MAX);
            }
            window::make_tables(&points[..count], &mut tables[..count]);
            for (table, group) in tables.iter().zip(first..).take(count) {
                let [scalar] = words::gather(|lane| {
                    let scalar = self.scalars.get(group * LANES + lane).unwrap_or(&[0; 32]);
                    [words::from_be_bytes(scalar)]
                });
                let digits = Digits::new(scalar);
                results.set(group, window::multiply(table, &digits), digits.invalid);
            }
        }
        results.write(&mut self.products)
    }
}

impl Multiply<'_> {
    /// The points of a group and a mask of the valid ones.
    #[inline(always)]
    fn read<V: Vector>(&self, group: usize) -> (Affine<V>, V) {
        let none = &[0; POINT_LENGTH];
        let point = |lane| self.points.get(group * LANES + lane).unwrap_or(none);
        let [x, y] = words::gather(|lane| {
            let (x, y) = point(lane)[1..].split_first_chunk().unwrap_or((&[0; 32], &[]));
            [x, y.first_chunk().unwrap_or(&[0; 32])].map(words::from_be_bytes)
        });
        let form = V::new(from_fn(|lane| u64::from(point(lane)[0] ^ UNCOMPRESSED)));
        let ((x, x_too_large), (y, y_too_large)) = (Reduced::from_words(x), Reduced::from_words(y));
        let point = Affine { x, y };
        let in_field = (x_too_large | y_too_large) ^ V::splat(u64::MAX);
        (point, point.is_on_curve() & in_field & form.is_zero())
    }
}

/// A chunk of [`public_keys`]; answers with a bit for each refused item.
struct PublicKeys<'a> {
    table: &'static comb::Table,
    scalars: &'a [[u8; 32]],
    public: &'a mut [[u8; POINT_LENGTH]],
}

impl Task for PublicKeys<'_> {
    type Output = u128;

    #[inline(always)]
    fn run<V: Vector>(self) -> u128 {
        let mut results = Results::<V>::new(self.scalars.len());
        for group in 0..results.groups {
            let [scalar] = words::gather(|lane| {
                let scalar = self.scalars.get(group * LANES + lane).unwrap_or(&[0; 32]);
                [words::from_be_bytes(scalar)]
            });
            let digits = Digits::new(scalar);
            let point = comb::multiply_generator(self.table, &digits);
            results.set(group, point, digits.invalid);
        }
        results.write(&mut Output::Points(self.public))
    }
}

/// The points of a chunk, eight to a group, until their inversions are done all at once.
struct Results<V> {
    points: [Projective<V>; GROUPS],
    refused: [V; GROUPS],
    groups: usize,
    items: usize,
}

impl<V: Vector> Results<V> {
    #[inline(always)]
    fn new(items: usize) -> Self {
        Self {
            points: [Projective::infinity(); GROUPS],
            refused: [V::splat(0); GROUPS],
            groups: items.div_ceil(LANES).min(GROUPS),
            items,
        }
    }

    #[inline(always)]
    fn set(&mut self, group: usize, point: Projective<V>, refused: V) {
        self.points[group] = point;
        self.refused[group] = self.refused[group] | refused;
    }

    /// Writes the points and answers with a bit for each refused one.
    #[inline(always)]
    fn write(&self, out: &mut Output<'_>) -> u128 {
        let mut inverses = [Reduced::zero(); GROUPS];
        for (inverse, point) in inverses.iter_mut().zip(&self.points) {
            *inverse = point.z;
        }
        batch::invert(&mut inverses[..self.groups]);
        let mut mask = 0;
        let groups = self.points.iter().zip(inverses).zip(&self.refused).take(self.groups);
        for (group, ((point, inverse), &refused)) in groups.enumerate() {
            let Affine { x, y } = point.with_inverse(inverse);
            let x = Reduced::select(refused, Reduced::zero(), x).to_words();
            let y = Reduced::select(refused, Reduced::zero(), y).to_words();
            let lanes = words::scatter(x).into_iter().zip(words::scatter(y)).zip(refused.lanes());
            for (item, ((x, y), refused)) in (group * LANES..).zip(lanes) {
                out.write(item, words::to_be_bytes(x), words::to_be_bytes(y), refused);
                mask |= u128::from(refused & 1) << item;
            }
        }
        // Lanes past the last item are no items.
        mask & (u128::MAX >> (CHUNK - self.items))
    }
}

#[cfg(test)]
mod tests;
