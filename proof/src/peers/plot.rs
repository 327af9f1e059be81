//! The cost per recipient against their number, as SVG: one panel for each suite, both axes
//! logarithmic.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sealpost_crypto::{MAX_RECIPIENTS, Suite};

use super::report::Line;

const WIDTH: f64 = 1100.0;
const HEIGHT: f64 = 460.0;
/// Of a panel: where its axes begin, how long they are, and how far the next one stands.
const LEFT: f64 = 60.0;
const TOP: f64 = 60.0;
const ACROSS: f64 = 330.0;
const DOWN: f64 = 330.0;
const NEXT: f64 = 545.0;

const OURS: [&str; 6] = ["#b91c1c", "#1d4ed8", "#15803d", "#f87171", "#60a5fa", "#4ade80"];
const THEIRS: [&str; 4] = ["#111827", "#6b7280", "#a16207", "#7e22ce"];

pub(super) fn svg(lines: &[Line], machine: &str) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">Sealing a conversation key: microseconds per \
         recipient, one thread</text>\n\
         <text x=\"{LEFT}\" y=\"{}\" fill=\"#555\">{machine}. Solid: sealpost; dashed: others; X's \
         SDK (chatxdk) signs and assembles, too. Tenth percentile of the rounds.</text>\n",
        HEIGHT - 12.0
    );
    let sizes = lines.iter().flat_map(|line| &line.points).map(|(size, _)| *size);
    if sizes.max() > Some(MAX_RECIPIENTS as u64) {
        // Writing to a String cannot fail.
        let _ = writeln!(
            svg,
            "<text x=\"{LEFT}\" y=\"{}\" fill=\"#555\">Beyond {MAX_RECIPIENTS} recipients, the most that one \
             change has: sealing alone, for as many changes as it takes.</text>",
            HEIGHT - 30.0
        );
    }
    for (panel, &suite) in (0..).zip(Suite::ALL) {
        let lines: Vec<&Line> = lines.iter().filter(|line| line.suite == suite).collect();
        if !lines.is_empty() {
            draw(&mut svg, &lines, suite, LEFT + NEXT * f64::from(panel));
        }
    }
    svg.push_str("</svg>\n");
    svg
}

fn draw(svg: &mut String, lines: &[&Line], suite: Suite, left: f64) {
    let points = || lines.iter().flat_map(|line| &line.points);
    let sizes = points().map(|(size, _)| *size as f64);
    let costs = points().map(|(_, cost)| *cost);
    let x = Axis::new(sizes, left, left + ACROSS);
    let y = Axis::new(costs, TOP + DOWN, TOP);
    // Writing to a String cannot fail.
    let _ = writeln!(
        svg,
        "<text x=\"{left}\" y=\"{}\" font-weight=\"bold\">{suite}</text>",
        TOP - 14.0
    );
    let measured: BTreeSet<u64> = points().map(|(size, _)| *size).collect();
    for tick in measured {
        let at = x.place(tick as f64);
        let (end, text) = (TOP + DOWN, TOP + DOWN + 16.0);
        let _ = writeln!(
            svg,
            "<path d=\"M{at:.1} {TOP}V{end}\" stroke=\"#e5e7eb\"/>\
             <text x=\"{at:.1}\" y=\"{text}\" text-anchor=\"middle\">{tick}</text>"
        );
    }
    for tick in y.ticks() {
        let (at, end) = (y.place(tick), left + ACROSS);
        let _ = writeln!(
            svg,
            "<path d=\"M{left} {at:.1}H{end}\" stroke=\"#e5e7eb\"/>\
             <text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{tick}</text>",
            left - 6.0,
            at + 4.0
        );
    }
    let (mut ours, mut theirs) = (OURS.iter().cycle(), THEIRS.iter().cycle());
    let mut labels: Vec<(f64, &str, String)> = Vec::new();
    for line in lines {
        let (colour, dash) = if line.ours {
            (ours.next(), "")
        } else {
            (theirs.next(), " stroke-dasharray=\"5 3\"")
        };
        let colour = colour.copied().unwrap_or("black");
        let path: Vec<String> = line
            .points
            .iter()
            .map(|(size, cost)| format!("{:.1} {:.1}", x.place(*size as f64), y.place(*cost)))
            .collect();
        let _ = writeln!(
            svg,
            "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"{dash}/>",
            path.join("L")
        );
        if let Some((_, cost)) = line.points.last() {
            labels.push((y.place(*cost), colour, format!("{} {cost:.1}", line.name)));
        }
    }
    // From the top, none on top of another.
    labels.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut free = f64::MIN;
    for (at, colour, text) in labels {
        let at = at.max(free);
        free = at + 14.0;
        let _ = writeln!(
            svg,
            "<text x=\"{}\" y=\"{:.1}\" fill=\"{colour}\">{text}</text>",
            left + ACROSS + 8.0,
            at + 4.0
        );
    }
}

/// Logarithmic.
struct Axis {
    low: f64,
    high: f64,
    from: f64,
    to: f64,
}

impl Axis {
    fn new(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Self {
        let (low, high) = values
            .fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(value), high.max(value)));
        Self { low: low * 0.9, high: high * 1.1, from, to }
    }

    fn place(&self, value: f64) -> f64 {
        let share = (value / self.low).ln() / (self.high / self.low).ln();
        self.from + share * (self.to - self.from)
    }

    /// 1, 2 and 5 of each power of ten.
    fn ticks(&self) -> impl Iterator<Item = f64> {
        (0..7)
            .flat_map(|power| [1.0, 2.0, 5.0].map(|digit| digit * 10_f64.powi(power)))
            .filter(|tick| (self.low..self.high).contains(tick))
    }
}
