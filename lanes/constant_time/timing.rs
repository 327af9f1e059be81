//! A timing report after dudect (Reparaz, Balasch, Verbauwhede, "Dude, is my code constant time?",
//! 2017): a fixed secret against random ones, interleaved at random, Welch's t of the times. A file
//! of its own, which the programs that report include.
//!
//! |t| above 4.5, again and again and growing with the number of samples, would tell of a leak. On a
//! shared machine one high value tells of its neighbours; this is a report, not a test.
#![allow(dead_code, unreachable_pub)] // used in part by each of them

use std::hint::black_box;
use std::time::Instant;

/// Beyond this it makes no difference.
const MOST: f64 = 9999.0;
const PERCENTILES: [usize; 4] = [50, 75, 90, 99];

/// What to measure and how often, from the command line: `[SAMPLES [ROUNDS]] [--json] [PART OF A NAME]`.
pub struct Report {
    samples: usize,
    rounds: u64,
    json: bool,
    part: String,
}

impl Report {
    pub fn from_args() -> Self {
        let mut report = Self { samples: 100_000, rounds: 3, json: false, part: String::new() };
        let mut numbers = Vec::new();
        for argument in std::env::args().skip(1) {
            match argument.parse() {
                Ok(number) => numbers.push(number),
                Err(_) if argument == "--json" => report.json = true,
                Err(_) => report.part = argument,
            }
        }
        if let Some(samples) = numbers.first() {
            report.samples = *samples;
        }
        if let Some(rounds) = numbers.get(1) {
            report.rounds = *rounds as u64;
        }
        report
    }

    /// Measures `call` on what `prepare` makes for one class and the other; a tenth more is called
    /// first, to warm up. `prepare` is told the class, and a number that is never the same twice.
    pub fn measure<T>(
        &self,
        name: &str,
        mut prepare: impl FnMut(bool, u64) -> T,
        mut call: impl FnMut(&T),
    ) {
        if !name.contains(&self.part) {
            return;
        }
        let mut most = 0.0_f64;
        for round in 0..self.rounds {
            let mut random = Random(round);
            let mut measured = Vec::with_capacity(self.samples);
            for sample in 0..self.samples + self.samples / 10 {
                let fixed = random.word() & 1 == 0;
                let input = prepare(fixed, random.word());
                let start = Instant::now();
                call(black_box(&input));
                let time = start.elapsed().as_nanos() as f64;
                if sample >= self.samples / 10 {
                    measured.push((fixed, time));
                }
            }
            let mut times: Vec<f64> = measured.iter().map(|(_, time)| *time).collect();
            times.sort_by(f64::total_cmp);
            let values = PERCENTILES
                .map(|percentile| t_value(&measured, times[(times.len() - 1) * percentile / 100]));
            let median = times[times.len() / 2];
            most = values.iter().fold(most, |most, value| most.max(value.abs()));
            self.print(name, round, median, values);
        }
        println!("{name:<34} most of all |t|: {most:.2}");
    }

    fn print(&self, name: &str, round: u64, median: f64, values: [f64; 4]) {
        let Self { samples, json, .. } = self;
        let values = values.map(|value| format!("{value:6.2}"));
        if *json {
            let values = values.map(|value| value.trim().to_owned()).join(", ");
            println!(
                "{{\"name\": \"{name}\", \"round\": {round}, \"samples\": {samples}, \
                 \"median_ns\": {median:.0}, \"t\": [{values}]}}"
            );
        } else {
            let values = values.join(" ");
            println!(
                "{name:<34} t below the 50th, 75th, 90th, 99th percentile: {values}; {median:.0} ns"
            );
        }
    }
}

/// Welch's t of the times of two classes, those above a limit left out.
fn t_value(samples: &[(bool, f64)], limit: f64) -> f64 {
    let moments = |class| {
        let kept = samples.iter().filter(|(of, time)| *of == class && *time <= limit);
        let (mut count, mut mean, mut squares) = (0.0, 0.0, 0.0);
        for (_, time) in kept {
            count += 1.0;
            let distance: f64 = time - mean;
            mean += distance / count;
            squares += distance * (time - mean);
        }
        (mean, squares / (count - 1.0) / count)
    };
    let ((a, a_error), (b, b_error)) = (moments(true), moments(false));
    let t = (a - b) / (a_error + b_error).sqrt();
    // Not a number where only one class is that quick.
    if t.is_nan() { MOST } else { t.clamp(-MOST, MOST) }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }
}
