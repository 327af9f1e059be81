//! Who is measured, and how.

use std::hint::black_box;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use sealpost_crypto::hazmat::Backend;

use super::Failure;
use super::setting::{Mode, Setting};

/// What one change took.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Times {
    /// Making the sealed copies.
    pub(super) seal: Duration,
    /// All of it, with the signature, and the body where there is one.
    pub(super) change: Duration,
}

/// Which of its times a peer is compared by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Seal,
    Change,
}

impl Times {
    pub(super) fn of(&self, part: Part) -> Duration {
        match part {
            Part::Seal => self.seal,
            Part::Change => self.change,
        }
    }
}

pub(super) enum Who {
    Ours {
        mode: Mode,
        backend: Backend,
    },
    /// The names it is compared under.
    Peer(&'static [(&'static str, Part)]),
}

/// Measures so many changes on the threads of the current pool.
type Measure<'a> = Box<dyn FnMut(u32) -> Result<Times, Failure> + Send + 'a>;

pub(super) struct Contender<'a> {
    pub(super) who: Who,
    measure: Measure<'a>,
    /// One for each round.
    pub(super) times: Vec<Times>,
}

impl<'a> Contender<'a> {
    pub(super) fn new(who: Who, measure: Measure<'a>) -> Self {
        Self { who, measure, times: Vec::new() }
    }

    /// A whole change, or sealing for several of them.
    pub(super) fn ours(settings: &'a [Setting], mode: Mode, backend: Backend) -> Self {
        let once = move || match settings {
            [setting] => change(setting, mode, backend),
            settings => seals(settings, mode, backend),
        };
        let measure = move |repetitions| repeat(repetitions, once);
        Self::new(Who::Ours { mode, backend }, Box::new(measure))
    }

    /// Seals as `peer` does, and signs as it does.
    pub(super) fn peer<P: Peer + 'a>(peer: P, names: &'static [(&'static str, Part)]) -> Self {
        let measure = move |repetitions| repeat(repetitions, || seal_all(&peer));
        Self::new(Who::Peer(names), Box::new(measure))
    }

    pub(super) fn take_turn(&mut self, repetitions: u32) -> Result<(), Failure> {
        self.times.push((self.measure)(repetitions)?);
        Ok(())
    }
}

fn repeat(
    repetitions: u32,
    mut once: impl FnMut() -> Result<Times, Failure>,
) -> Result<Times, Failure> {
    let mut sum = Times::default();
    for _ in 0..repetitions {
        let times = once()?;
        sum = Times { seal: sum.seal + times.seal, change: sum.change + times.change };
    }
    Ok(Times { seal: sum.seal / repetitions, change: sum.change / repetitions })
}

/// Through the public door: ids, key and randomness are made in here, members are checked.
fn change(setting: &Setting, mode: Mode, backend: Backend) -> Result<Times, Failure> {
    let draft = setting.draft(mode, backend);
    let start = Instant::now();
    let sealed = draft.seal()?;
    let seal = start.elapsed();
    let prepared = sealed.sign()?.prepare();
    let change = start.elapsed();
    drop(black_box(prepared));
    Ok(Times { seal, change })
}

/// The same door without what comes after sealing.
fn seals(settings: &[Setting], mode: Mode, backend: Backend) -> Result<Times, Failure> {
    let mut seal = Duration::ZERO;
    for setting in settings {
        let draft = setting.draft(mode, backend);
        let start = Instant::now();
        let sealed = draft.seal()?;
        seal += start.elapsed();
        drop(black_box(sealed));
    }
    Ok(Times { seal, change: seal })
}

/// A library that seals to one recipient after the other.
pub(super) trait Peer: Sync + Send {
    /// Bytes of one copy.
    const SEALED: usize;

    fn recipients(&self) -> usize;

    /// Seals the key to one of them.
    fn seal(&self, recipient: usize, key: &[u8; 32], sealed: &mut [u8]) -> Option<()>;

    /// Signs something of the length of what we sign, where the peer is compared so.
    fn sign(&self) {}
}

fn seal_all<P: Peer>(peer: &P) -> Result<Times, Failure> {
    /// Recipients that a thread takes at a time.
    const CHUNK: usize = 32;
    let key = black_box([7; 32]);
    let start = Instant::now();
    let mut copies = vec![0; peer.recipients() * P::SEALED];
    let seal = |(chunk, copies): (usize, &mut [u8])| {
        let copies = copies.chunks_exact_mut(P::SEALED).enumerate();
        copies.map(|(index, sealed)| peer.seal(chunk * CHUNK + index, &key, sealed)).collect()
    };
    let sealed: Option<()> = if rayon::current_num_threads() == 1 {
        copies.chunks_mut(CHUNK * P::SEALED).enumerate().map(seal).collect()
    } else {
        copies.par_chunks_mut(CHUNK * P::SEALED).enumerate().map(seal).collect()
    };
    let seal = start.elapsed();
    peer.sign();
    let change = start.elapsed();
    drop(black_box(copies));
    sealed.map(|()| Times { seal, change }).ok_or_else(|| "a peer does not seal".into())
}
