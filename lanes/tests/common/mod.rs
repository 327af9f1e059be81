//! What the tests, the examples and the bench share: reproducible numbers and vector files.
#![allow(dead_code, unreachable_pub)] // used in part by each
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // test code

use sealpost_lanes::{Backend, backend};
use sealpost_vectors::{hex, rows};

/// What is compared must not be the fallback where there is something better to compare.
pub fn assert_fast_path() {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512ifma") && std::env::var_os("SEALPOST_LANES").is_none() {
        assert_eq!(backend(), Backend::Ifma);
        return;
    }
    assert_eq!(backend(), Backend::Portable);
}

/// A reproducible source of numbers that need not be secret (SplitMix64).
pub struct Numbers(u64);

impl Numbers {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    /// Heads or tails.
    pub fn coin(&mut self) -> bool {
        self.word() & 1 == 0
    }

    pub fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        for chunk in bytes.chunks_mut(8) {
            chunk.copy_from_slice(&self.word().to_le_bytes());
        }
        bytes
    }

    pub fn many(&mut self, count: usize) -> Vec<[u8; 32]> {
        (0..count).map(|_| self.bytes()).collect()
    }

    /// Any one of them.
    pub fn choose<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[usize::try_from(self.word() % of.len() as u64).unwrap()]
    }
}

/// A line of a Wycheproof file: `tcId result public private shared`.
pub struct Case {
    pub id: &'static str,
    pub result: &'static str,
    pub public: Vec<u8>,
    pub private: Vec<u8>,
    pub shared: Vec<u8>,
}

pub fn cases(file: &'static str) -> Vec<Case> {
    rows(file, "tcId result public private shared")
        .map(|[id, result, public, private, shared]| {
            let [public, private, shared] = [public, private, shared].map(hex);
            Case { id, result, public, private, shared }
        })
        .collect()
}
