//! One key for many recipients: all of it that does not depend on the suite.
//!
//! Copies are made in place, a chunk of recipients at a time, without an allocation for each.

use alloc::vec;
use alloc::vec::Vec;

use rand_core::TryCryptoRng;
use zeroize::Zeroizing;

use super::backend::{Backend, Group, Secret};
use super::{IdentityKey, Recipient};
use crate::random::RandomError;
use crate::seal::{Repr as SealedRepr, SealedCopy};
use crate::{Participant, UserId, wipe};

/// Recipients computed together: enough to fill every lane and to share an inversion, few enough
/// for the fastest cache.
const CHUNK: usize = 128;

/// A millisecond: as much work as is worth other threads. Two begin to gain at 0.3 ms (measured
/// with 16 recipients and more, rayon's pool awake); waking a pool costs more than that.
const HEAVY: u64 = 1_000_000;

/// Whether so many copies are to be kept off a thread that has to answer, and are worth several.
pub(super) const fn is_heavy(copies: usize, nanoseconds: u64) -> bool {
    (copies as u64).saturating_mul(nanoseconds) >= HEAVY
}

/// Why a batch could not be sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealFailure {
    /// The key of this recipient gives no shared secret.
    UnusableKey(UserId),
    Random(RandomError),
}

impl From<RandomError> for SealFailure {
    fn from(error: RandomError) -> Self {
        Self::Random(error)
    }
}

/// A suite's part in it: its group, and all that follows from a shared secret.
pub(super) trait Scheme: Sized + Sync {
    type Group: Group;
    /// The bytes of one copy.
    type Sealed: Send;

    /// Draws secrets of the group.
    fn draw<R: TryCryptoRng + ?Sized>(
        rng: &mut R,
        secrets: &mut [Secret],
    ) -> Result<(), RandomError>;

    /// Writes a copy; `None` when a library fails.
    fn seal(
        &self,
        backend: Backend,
        agreed: Agreed<'_, Self>,
        job: &mut Job<'_, Self>,
    ) -> Option<()>;
}

type Point<S> = <<S as Scheme>::Group as Group>::Point;

/// One copy in the making.
pub(super) struct Job<'a, S: Scheme> {
    pub(super) recipient: Recipient,
    pub(super) identity: &'a Point<S>,
    pub(super) sealed: &'a mut S::Sealed,
}

/// What sender and recipient share, and the public key that leads the recipient to it.
pub(super) struct Agreed<'a, S: Scheme> {
    pub(super) shared: &'a Secret,
    pub(super) ephemeral: &'a Point<S>,
}

/// The copies as jobs of one suite. Recipients of another one are refused before this.
pub(super) fn jobs<'a, S: Scheme>(
    recipients: &[&'a Participant],
    copies: &'a mut [SealedCopy],
    of_suite: impl Fn(
        (&'a IdentityKey, &'a mut SealedRepr),
    ) -> Option<(&'a Point<S>, &'a mut S::Sealed)>,
) -> Result<Vec<Job<'a, S>>, SealFailure> {
    let mut jobs = Vec::with_capacity(copies.len());
    for (participant, SealedCopy { recipient, sealed }) in recipients.iter().zip(copies) {
        let (identity, sealed) = of_suite((&participant.identity_key().0, &mut sealed.0))
            .ok_or(SealFailure::UnusableKey(recipient.user))?;
        jobs.push(Job { recipient: *recipient, identity, sealed });
    }
    Ok(jobs)
}

/// What is the same for all copies of a change.
pub(super) struct Batch<S> {
    pub(super) scheme: S,
    pub(super) backend: Backend,
    /// About how long one copy takes.
    #[cfg_attr(not(feature = "rayon"), allow(dead_code))] // several threads weigh it
    pub(super) nanoseconds: u64,
}

impl<S: Scheme> Batch<S> {
    /// Makes every copy with an ephemeral key of its own.
    pub(super) fn seal_fresh<R: TryCryptoRng + ?Sized>(
        &self,
        rng: &mut R,
        jobs: &mut [Job<'_, S>],
    ) -> Result<(), SealFailure> {
        let mut secrets = Zeroizing::new(vec![[0; 32]; jobs.len()]);
        S::draw(rng, &mut secrets)?;
        self.seal(&Ephemerals::Each(&secrets), jobs)
    }

    /// Makes the copies with one ephemeral key for all of them, except that an identity key that
    /// comes again gets a fresh one: the same two keys would give the same AEAD key and nonce for
    /// another recipient's AAD, and that breaks Poly1305.
    pub(super) fn seal_shared<R: TryCryptoRng + ?Sized>(
        &self,
        rng: &mut R,
        jobs: &mut [Job<'_, S>],
    ) -> Result<(), SealFailure>
    where
        Point<S>: Ord,
    {
        let mut secret = Zeroizing::new([[0; 32]]);
        S::draw(rng, &mut *secret)?;
        let [secret] = &*secret;
        // What was drawn is a secret of the group.
        let public_key = S::Group::public_key(self.backend, secret).ok_or(RandomError)?;
        let (first, repeated) = split_repeated(jobs);
        self.seal(&Ephemerals::One(secret, &public_key), first)?;
        self.seal_fresh(rng, repeated)
    }

    fn seal(
        &self,
        ephemerals: &Ephemerals<'_, S>,
        jobs: &mut [Job<'_, S>],
    ) -> Result<(), SealFailure> {
        #[cfg(feature = "rayon")]
        if let Some(size) = parallel::chunk_size(jobs.len(), self.nanoseconds) {
            return parallel::seal(self, ephemerals, jobs, size);
        }
        let mut chunk = Chunk::new(jobs.len().min(CHUNK));
        for (index, jobs) in jobs.chunks_mut(CHUNK).enumerate() {
            chunk.seal(self, ephemerals.from(index * CHUNK), jobs)?;
        }
        Ok(())
    }
}

/// The jobs whose identity key is the first of its kind, and the others, both by user id. The
/// first is that of the smallest user id.
fn split_repeated<'a, 'b, S: Scheme>(
    jobs: &'a mut [Job<'b, S>],
) -> (&'a mut [Job<'b, S>], &'a mut [Job<'b, S>])
where
    Point<S>: Ord,
{
    jobs.sort_unstable_by_key(|job| (job.identity, job.recipient.user));
    let mut last: Option<&Point<S>> = None;
    let mut distinct = 0;
    for index in 0..jobs.len() {
        let identity = jobs.get(index).map(|job| job.identity);
        if identity != last {
            jobs.swap(index, distinct);
            (last, distinct) = (identity, distinct + 1);
        }
    }
    let (first, repeated) = jobs.split_at_mut(distinct);
    first.sort_unstable_by_key(|job| job.recipient.user);
    repeated.sort_unstable_by_key(|job| job.recipient.user);
    (first, repeated)
}

/// The ephemeral keys of a batch: one, or one for each recipient.
enum Ephemerals<'a, S: Scheme> {
    One(&'a Secret, &'a Point<S>),
    Each(&'a [Secret]),
}

impl<'a, S: Scheme> Ephemerals<'a, S> {
    /// Those of the recipients from `start` on.
    fn from(&self, start: usize) -> Self {
        match *self {
            Self::One(secret, public_key) => Self::One(secret, public_key),
            Self::Each(secrets) => Self::Each(secrets.get(start..).unwrap_or_default()),
        }
    }
}

/// The working memory of one chunk after the other.
struct Chunk<S: Scheme> {
    points: Vec<Point<S>>,
    ephemerals: Vec<Point<S>>,
    shared: Zeroizing<Vec<Secret>>,
}

impl<S: Scheme> Chunk<S> {
    fn new(size: usize) -> Self {
        Self {
            points: Vec::with_capacity(size),
            ephemerals: vec![S::Group::BLANK; size],
            shared: Zeroizing::new(vec![[0; 32]; size]),
        }
    }

    /// The stack is overwritten once for all of them.
    fn seal(
        &mut self,
        batch: &Batch<S>,
        ephemerals: Ephemerals<'_, S>,
        jobs: &mut [Job<'_, S>],
    ) -> Result<(), SealFailure> {
        wipe::stack_after(|| self.seal_each(batch, ephemerals, jobs))
    }

    fn seal_each(
        &mut self,
        batch: &Batch<S>,
        ephemerals: Ephemerals<'_, S>,
        jobs: &mut [Job<'_, S>],
    ) -> Result<(), SealFailure> {
        let Batch { scheme, backend, .. } = batch;
        let group = S::Group::on(*backend);
        let Self { points, ephemerals: public_keys, shared } = self;
        points.clear();
        points.extend(jobs.iter().map(|job| *job.identity));
        let agreed = match ephemerals {
            Ephemerals::One(secret, public_key) => {
                public_keys.fill(*public_key);
                group.agree(secret, points, shared)
            }
            Ephemerals::Each(secrets) => group.agree_each(secrets, points, public_keys, shared),
        };
        if let Some(refused) = jobs.get(agreed) {
            return Err(SealFailure::UnusableKey(refused.recipient.user));
        }
        for ((job, ephemeral), shared) in jobs.iter_mut().zip(public_keys).zip(shared.iter()) {
            let unusable = SealFailure::UnusableKey(job.recipient.user);
            scheme.seal(*backend, Agreed { shared, ephemeral }, job).ok_or(unusable)?;
        }
        Ok(())
    }
}

/// Several threads: those of rayon's current pool.
#[cfg(feature = "rayon")]
mod parallel {
    use rayon::prelude::*;

    use super::{Batch, CHUNK, Chunk, Ephemerals, Job, Scheme, SealFailure, is_heavy};

    /// The size of a thread's chunks; `None` where one thread is as good.
    pub(super) fn chunk_size(jobs: usize, nanoseconds: u64) -> Option<usize> {
        let threads = rayon::current_num_threads();
        if threads == 1 || !is_heavy(jobs, nanoseconds) {
            return None;
        }
        // Two for each thread, so that one that starts late does not delay all; in eights, so that
        // no lane is left idle.
        Some(jobs.div_ceil(2 * threads).next_multiple_of(8).min(CHUNK))
    }

    pub(super) fn seal<S: Scheme>(
        batch: &Batch<S>,
        ephemerals: &Ephemerals<'_, S>,
        jobs: &mut [Job<'_, S>],
        size: usize,
    ) -> Result<(), SealFailure> {
        let chunks = jobs.par_chunks_mut(size).enumerate();
        let failures = chunks.map_init(
            || Chunk::new(size),
            |chunk, (index, jobs)| chunk.seal(batch, ephemerals.from(index * size), jobs).err(),
        );
        // The first one, whichever thread comes upon one first.
        failures.find_map_first(|failure| failure).map_or(Ok(()), Err)
    }
}
