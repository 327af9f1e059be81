//! Whether memory is flat, from samples.

/// One look at the memory of the sessions' process.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub(super) seconds: f64,
    pub(super) heap_kib: u64,
    /// Of the heap.
    pub(super) sqlite_kib: u64,
    pub(super) rss_kib: u64,
}

impl Sample {
    /// Without SQLite's pages, of which each store has so many at most: what is left is the
    /// library's, and what the app remembers.
    pub(super) const fn of_sessions_kib(&self) -> u64 {
        self.heap_kib.saturating_sub(self.sqlite_kib)
    }
}

/// Until then what an app remembers of its conversations fills up.
const SOONEST: f64 = 600.0;
/// The heap may grow by this share from the middle third to the last one, and by this much: calls
/// under way, which a sample meets or does not.
const SHARE: f64 = 0.05;
const CALLS_KIB: f64 = 2048.0;

/// The heap of the sessions, by thirds of the time.
#[derive(Debug)]
pub(super) struct Memory {
    pub(super) start_kib: f64,
    pub(super) middle_kib: f64,
    pub(super) end_kib: f64,
    /// Of a line through the last two thirds.
    pub(super) slope_kib_per_minute: f64,
    pub(super) sqlite_end_kib: u64,
    pub(super) rss_end_kib: u64,
}

impl Memory {
    /// `None` when it was not long enough to tell.
    pub(super) fn of(samples: &[Sample]) -> Option<Self> {
        samples.last().filter(|sample| sample.seconds >= SOONEST)?;
        let third = samples.len() / 3;
        let (first, rest) = samples.split_at_checked(third).filter(|_| third > 0)?;
        let (middle, last) = rest.split_at_checked(third)?;
        let newest = last.last()?;
        Some(Self {
            start_kib: median(first),
            middle_kib: median(middle),
            end_kib: median(last),
            slope_kib_per_minute: slope(rest) * 60.0,
            sqlite_end_kib: newest.sqlite_kib,
            rss_end_kib: newest.rss_kib,
        })
    }

    /// Whether the last third's median is within the middle one's.
    pub(super) fn is_flat(&self) -> bool {
        self.end_kib <= self.middle_kib * (1.0 + SHARE) + CALLS_KIB
    }
}

fn heap(sample: &Sample) -> f64 {
    sample.of_sessions_kib() as f64
}

fn median(samples: &[Sample]) -> f64 {
    let mut heaps: Vec<f64> = samples.iter().map(heap).collect();
    heaps.sort_unstable_by(f64::total_cmp);
    heaps.get(heaps.len() / 2).copied().unwrap_or_default()
}

/// Of the least-squares line, in KiB a second.
fn slope(samples: &[Sample]) -> f64 {
    let count = samples.len() as f64;
    let (times, heaps) = (samples.iter().map(|sample| sample.seconds), samples.iter().map(heap));
    let (mean_time, mean_heap) =
        (times.clone().sum::<f64>() / count, heaps.clone().sum::<f64>() / count);
    let spread: f64 = times.clone().map(|time| (time - mean_time).powi(2)).sum();
    let together: f64 =
        times.zip(heaps).map(|(time, heap)| (time - mean_time) * (heap - mean_heap)).sum();
    if spread > 0.0 { together / spread } else { 0.0 }
}
