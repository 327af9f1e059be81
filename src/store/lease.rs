//! Leases: who may work at what, and how a worker that was away too long is kept out.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::{Place, StoreError};

/// The longest lease: what a worker that died holds up others, at most.
pub const MAX_LEASE: Duration = Duration::from_secs(3600);

/// A lease that was given, with its number. Each lease on a place has a larger number than the one
/// before, so that a store knows the latecomer whose lease has run out and been given to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fence {
    place: Place,
    number: u64,
}

impl Fence {
    /// The lease with this number on a place, as a store gives it.
    #[must_use]
    pub const fn new(place: Place, number: u64) -> Self {
        Self { place, number }
    }

    /// What the lease is on.
    #[must_use]
    pub const fn place(&self) -> Place {
        self.place
    }

    /// Its number.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }
}

/// The leases of a store that belongs to one process: they end with it.
///
/// Counted by the monotonic clock, so that setting the clock ends or prolongs none.
#[derive(Debug, Default)]
pub(super) struct Leases(HashMap<Place, Held>);

#[derive(Debug)]
struct Held {
    number: u64,
    /// When it ends; in the past once it was given back.
    until: Instant,
}

impl Leases {
    pub(super) fn acquire(&mut self, place: Place, time: Duration) -> Result<Fence, StoreError> {
        let now = Instant::now();
        let held = self.0.entry(place).or_insert(Held { number: 0, until: now });
        let remaining = held.until.saturating_duration_since(now);
        if !remaining.is_zero() {
            return Err(StoreError::Leased { place, remaining });
        }
        held.number += 1;
        held.until = end(now, time);
        Ok(Fence::new(place, held.number))
    }

    pub(super) fn renew(&mut self, fence: &Fence, time: Duration) -> Result<(), StoreError> {
        self.check(fence)?;
        if let Some(held) = self.0.get_mut(&fence.place) {
            held.until = end(Instant::now(), time);
        }
        Ok(())
    }

    pub(super) fn release(&mut self, fence: &Fence) {
        if self.check(fence).is_ok()
            && let Some(held) = self.0.get_mut(&fence.place)
        {
            held.until = Instant::now();
        }
    }

    pub(super) fn check(&self, fence: &Fence) -> Result<(), StoreError> {
        match self.0.get(&fence.place) {
            Some(held) if held.number == fence.number => Ok(()),
            _ => Err(StoreError::Fenced { place: fence.place }),
        }
    }
}

fn end(now: Instant, time: Duration) -> Instant {
    now.checked_add(time.min(MAX_LEASE)).unwrap_or(now)
}
