//! Microseconds per recipient and ratios (our speed divided by a peer's), medians with p10 and
//! p90: as a table or as lines of JSON.

use std::time::Duration;

use sealpost_crypto::hazmat::Backend;
use sealpost_crypto::{MAX_RECIPIENTS, Suite};
use serde_json::{Map, Value, json};

use super::Failure;
use super::contender::{Contender, Part, Times, Who};
use super::setting::Mode;

/// One curve of the plot, on one thread: microseconds per recipient, p10, by number of recipients.
pub(super) struct Line {
    pub(super) suite: Suite,
    pub(super) name: String,
    pub(super) ours: bool,
    pub(super) points: Vec<(u64, f64)>,
}

pub(super) struct Table {
    json: bool,
    lines: Vec<Line>,
}

impl Table {
    pub(super) const fn new(json: bool) -> Self {
        Self { json, lines: Vec::new() }
    }

    pub(super) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Prints the rows of one size, and keeps them for the plot.
    pub(super) fn add(
        &mut self,
        suite: Suite,
        size: u64,
        threads: usize,
        contenders: &[Contender<'_>],
    ) -> Result<(), Failure> {
        let per_recipient = 1e6 / f64::from(u32::try_from(size)?);
        // More than that are sealed to, and no change is made of it.
        let is_change = usize::try_from(size)? <= MAX_RECIPIENTS;
        if !self.json {
            println!("\n{suite}, {size} recipients, {threads} thread(s)");
        }
        for contender in contenders {
            let quantile_of = |part: fn(&Times) -> Duration, share| {
                let times = contender.times.iter();
                quantile(times.map(|times| part(times).as_secs_f64() * per_recipient), share)
            };
            let micros = |part| quantile_of(part, 0.5);
            let seal = micros(|times| times.seal);
            let name = match contender.who {
                Who::Ours { mode, backend } => format!("{}, {}", short(backend), mode.name()),
                Who::Peer(names) => names.first().map(|(name, _)| *name).unwrap_or_default().into(),
            };
            let ours = match contender.who {
                Who::Ours { mode, backend } => Some((mode.name(), backend)),
                Who::Peer(_) => None,
            };
            let ratios = ratios(contender, contenders, is_change);
            match ours {
                Some((mode, backend)) if self.json => {
                    let key = (suite, mode, backend, size, threads);
                    let change = is_change.then(|| micros(|times| times.change));
                    json_row(key, seal, &ratios, change);
                }
                Some(_) => text_row(&name, seal, &ratios),
                None if self.json => {}
                None => text_row(&name, seal, &[]),
            }
            // The body does not depend on who computed: one row of it.
            let of_body = |ours: &(_, _)| is_change && *ours == (FRESH, Backend::fastest());
            if let Some((_, backend)) = ours.filter(of_body) {
                let body = micros(|times| times.change - times.seal);
                match self.json {
                    true => {
                        json_row((suite, "body", backend, size, threads), body, &[], Some(body))
                    }
                    false => text_row("sign and assemble", body, &[]),
                }
            }
            if threads == 1 {
                let lowest = quantile_of(|times| times.seal, 0.1);
                self.point(suite, &name, ours.is_some(), (size, lowest));
            }
        }
        Ok(())
    }

    /// Prints the row of opening one's own copy: us, and X's SDK.
    pub(super) fn add_opening(&self, rounds: &[(Duration, Duration)]) {
        let micros = quantile(rounds.iter().map(|(ours, _)| ours.as_secs_f64() * 1e6), 0.5);
        let all = rounds.iter().map(|(ours, theirs)| theirs.as_secs_f64() / ours.as_secs_f64());
        let ratio = Ratio::new("chatxdk", all);
        if self.json {
            json_row(
                (Suite::XChat, "open", Backend::fastest(), 1, 1),
                micros,
                &[ratio],
                Some(micros),
            );
        } else {
            println!("\nXChat, opening one's own copy");
            text_row(short(Backend::fastest()), micros, &[ratio]);
        }
    }

    fn point(&mut self, suite: Suite, name: &str, ours: bool, point: (u64, f64)) {
        let known = self.lines.iter_mut().find(|line| line.suite == suite && line.name == name);
        match known {
            Some(line) => line.points.push(point),
            None => {
                let points = vec![point];
                self.lines.push(Line { suite, name: name.to_owned(), ours, points });
            }
        }
    }
}

struct Ratio {
    peer: &'static str,
    p10: f64,
    median: f64,
    p90: f64,
}

impl Ratio {
    fn new(peer: &'static str, all: impl Iterator<Item = f64> + Clone) -> Self {
        let [p10, median, p90] = [0.1, 0.5, 0.9].map(|share| quantile(all.clone(), share));
        Self { peer, p10, median, p90 }
    }
}

const FRESH: &str = Mode::Fresh.name();

/// Suite, mode, backend, recipients, threads.
type Key = (Suite, &'static str, Backend, u64, usize);

fn json_row(
    (suite, mode, backend, n, threads): Key,
    micros: f64,
    ratios: &[Ratio],
    change: Option<f64>,
) {
    let all = |figure: fn(&Ratio) -> f64| -> Map<String, Value> {
        ratios.iter().map(|ratio| (ratio.peer.into(), rounded(figure(ratio)))).collect()
    };
    let row = json!({
        "suite": suite.to_string().to_lowercase(),
        "mode": mode,
        "backend": short(backend),
        "n": n,
        "threads": threads,
        "us_per_recipient": rounded(micros),
        "ratios": all(|ratio| ratio.median),
        "ratios_p10": all(|ratio| ratio.p10),
        "ratios_p90": all(|ratio| ratio.p90),
        "change_us_per_recipient": change.map(rounded),
    });
    println!("{row}");
}

fn text_row(name: &str, micros: f64, ratios: &[Ratio]) {
    print!("{name:<18} {micros:>8.2} us");
    for Ratio { peer, p10, median, p90 } in ratios {
        print!("  {peer} {median:.2} [{p10:.2} {p90:.2}]");
    }
    println!();
}

/// Our speed divided by that of each peer, round by round; of whole changes where there are any.
fn ratios(ours: &Contender<'_>, contenders: &[Contender<'_>], is_change: bool) -> Vec<Ratio> {
    let mut ratios = Vec::new();
    for peer in contenders {
        let Who::Peer(names) = peer.who else { continue };
        for &(name, part) in names.iter().filter(|(_, part)| is_change || *part == Part::Seal) {
            let of = |times: &Times, part: Part| times.of(part).as_secs_f64();
            let rounds = ours.times.iter().zip(&peer.times);
            let all = rounds.map(|(ours, theirs)| of(theirs, part) / of(ours, part));
            ratios.push(Ratio::new(name, all));
        }
    }
    ratios
}

/// The value that such a share of all lies below, the nearest there is.
fn quantile(values: impl Iterator<Item = f64>, share: f64) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index")]
    let index = (share * values.len().saturating_sub(1) as f64).round() as usize;
    values.get(index).copied().unwrap_or(f64::NAN)
}

fn rounded(value: f64) -> Value {
    json!((value * 1000.0).round() / 1000.0)
}

fn short(backend: Backend) -> &'static str {
    match backend {
        Backend::Pure => "pure",
        Backend::AwsLc => "aws-lc",
        Backend::Lanes => "lanes",
        _ => "other",
    }
}
