//! Many points at once by sealpost-lanes.

use sealpost_lanes::{LengthMismatch, Refused, Scalars};

use super::{Backend, DiffieHellman, Group, Secret};

/// Fewer are done sooner one after the other: eight lanes take as long as one of them.
const FEWEST: usize = 2;

/// A group in lanes. Slices of a batch are equally long.
pub(super) trait InLanes {
    type Group: Group;

    fn agree(
        secrets: Scalars<'_>,
        points: &[Point<Self>],
        shared: &mut [Secret],
    ) -> Result<Refused, LengthMismatch>;

    /// Those of secrets that are none in this group are of no use.
    fn public_keys(
        secrets: &[Secret],
        public_keys: &mut [Point<Self>],
    ) -> Result<(), LengthMismatch>;
}

type Point<L> = <<L as InLanes>::Group as Group>::Point;

/// Batches by lanes, and what is no batch by another library.
pub(super) struct Batches<L>(pub(super) L);

impl<L: InLanes> Batches<L> {
    fn others() -> &'static dyn DiffieHellman<Point<L>> {
        L::Group::on(Backend::one_by_one())
    }

    /// How many items came before the first that is refused.
    fn agreed(items: usize, refused: Result<Refused, LengthMismatch>) -> usize {
        refused.map_or(0, |refused| refused.iter().next().unwrap_or(items))
    }
}

impl<L: InLanes> DiffieHellman<Point<L>> for Batches<L> {
    fn public_key(&self, secret: &Secret) -> Option<Point<L>> {
        Self::others().public_key(secret)
    }

    fn agree(&self, secret: &Secret, points: &[Point<L>], shared: &mut [Secret]) -> usize {
        let items = points.len().min(shared.len());
        if items < FEWEST {
            return Self::others().agree(secret, points, shared);
        }
        let (points, shared) = (first(items, points), first_mut(items, shared));
        Self::agreed(items, L::agree(Scalars::Shared(secret), points, shared))
    }

    fn agree_each(
        &self,
        secrets: &[Secret],
        points: &[Point<L>],
        public_keys: &mut [Point<L>],
        shared: &mut [Secret],
    ) -> usize {
        let items = secrets.len().min(points.len()).min(public_keys.len()).min(shared.len());
        if items < FEWEST {
            return Self::others().agree_each(secrets, points, public_keys, shared);
        }
        let (secrets, points) = (first(items, secrets), first(items, points));
        let (public_keys, shared) = (first_mut(items, public_keys), first_mut(items, shared));
        let refused = L::public_keys(secrets, public_keys)
            .and_then(|()| L::agree(Scalars::Each(secrets), points, shared));
        Self::agreed(items, refused)
    }
}

fn first<T>(items: usize, slice: &[T]) -> &[T] {
    slice.get(..items).unwrap_or_default()
}

fn first_mut<T>(items: usize, slice: &mut [T]) -> &mut [T] {
    slice.get_mut(..items).unwrap_or_default()
}
