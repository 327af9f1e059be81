//! Ids, codes, tokens and secrets: different each time, the same for the same script.

use std::collections::BTreeMap;

use crate::seed::Seed;

#[derive(Clone, Debug)]
pub(crate) struct Mint {
    seed: Seed,
    made: BTreeMap<&'static str, u64>,
}

impl Mint {
    pub(crate) const fn new(seed: Seed) -> Self {
        Self { seed, made: BTreeMap::new() }
    }

    /// The next text of a kind: `sandbox-KIND-` and 32 hexadecimal digits.
    pub(crate) fn text(&mut self, kind: &'static str) -> String {
        format!("sandbox-{kind}-{}", self.digits(kind))
    }

    /// The next 32 hexadecimal digits of a kind.
    pub(crate) fn digits(&mut self, kind: &'static str) -> String {
        let number = self.next(kind);
        let half = |half: &str| self.seed.number(&format!("oauth {kind} {half} {number}"));
        format!("{:016x}{:016x}", half("first"), half("second"))
    }

    /// The next seven decimal digits of a kind.
    pub(crate) fn pin(&mut self, kind: &'static str) -> String {
        let number = self.next(kind);
        let digits = self.seed.number(&format!("oauth {kind} {number}")) % 10_000_000;
        format!("{digits:07}")
    }

    fn next(&mut self, kind: &'static str) -> u64 {
        let number = self.made.entry(kind).or_default();
        *number += 1;
        *number
    }
}
