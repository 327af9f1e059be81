//! One step after the other.

use std::slice;

use crate::heap;
use crate::rng::HidingRng;
use crate::valgrind::{is_hidden, reveal};

/// Steps with secrets in common.
pub(crate) struct Walk<'a> {
    steps: &'a mut usize,
    name: String,
    mark: usize,
    pub(crate) rng: HidingRng,
}

impl<'a> Walk<'a> {
    pub(crate) fn new(steps: &'a mut usize, name: String) -> Self {
        Self { steps, name, mark: heap::mark(), rng: HidingRng::new() }
    }

    /// Ends a step. What came out of it must show that a secret went in; it may be looked at then.
    pub(crate) fn step(&mut self, name: &str, outcome: &[u8]) {
        assert!(is_hidden(outcome), "{name}: no secret got this far");
        reveal(outcome);
        self.verdict(name);
    }

    /// Ends a step of which nothing but a verdict comes out.
    pub(crate) fn verdict(&mut self, name: &str) {
        *self.steps += 1;
        println!("{}: {name}", self.name);
    }

    /// Everything that was made so far is public, but for the secrets where they stand; so is this
    /// value, which holds its secrets behind pointers.
    pub(crate) fn publish<T>(&self, value: &T) {
        reveal(slice::from_ref(value));
        assert!(heap::publish(self.mark, self.rng.secrets()) > 0, "no secret was found");
    }
}
