//! Where everything random-looking comes from: one seed, so that a script can be repeated.

/// The number a sandbox was started with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seed(u64);

impl Seed {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number that looks random and depends only on the seed and the label.
    ///
    /// FNV-1a over the label, then the SplitMix64 finaliser. Fit for telling things apart, not for
    /// keeping secrets.
    pub(crate) fn number(self, label: &str) -> u64 {
        let hash = label.bytes().fold(0xcbf2_9ce4_8422_2325 ^ mix(self.0), |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
        mix(hash)
    }
}

const fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seed_and_label_both_decide() {
        let number = Seed::new(1).number("a");
        assert_eq!(number, Seed::new(1).number("a"));
        assert_ne!(number, Seed::new(2).number("a"));
        assert_ne!(number, Seed::new(1).number("b"));
    }
}
