//! Faults asked for ahead of time: one by one, or as a script.

use super::Fault;
use crate::operation::Operation;
use crate::seed::Seed;

/// A fault and the requests it is meant for: a [`Fault`] alone is meant for every operation it can
/// happen to, [`Fault::on`] names one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Injection {
    fault: Fault,
    operation: Option<Operation>,
}

impl Injection {
    pub(super) const fn only(fault: Fault, operation: Operation) -> Self {
        Self { fault, operation: Some(operation) }
    }

    /// The fault.
    #[must_use]
    pub const fn fault(self) -> Fault {
        self.fault
    }

    /// The one operation it is meant for, if it is meant for one.
    #[must_use]
    pub const fn operation(self) -> Option<Operation> {
        self.operation
    }

    pub(super) fn meets(self, operation: Operation) -> bool {
        self.operation.map_or_else(|| self.fault.applies_to(operation), |only| only == operation)
    }
}

impl From<Fault> for Injection {
    fn from(fault: Fault) -> Self {
        Self { fault, operation: None }
    }
}

impl Fault {
    /// An endless script: at each step one of `faults`, which of them depends on the seed. Give
    /// [`Fault::None`] among them for requests that go well, more than once to make those likely.
    /// Empty when `faults` is.
    ///
    /// ```
    /// use sealpost_sandbox::Fault;
    ///
    /// let faults = [Fault::None, Fault::Unavailable, Fault::CommitThenReset];
    /// let script: Vec<Fault> = Fault::script(7, &faults).take(100).collect();
    /// assert_eq!(script.len(), 100);
    /// ```
    pub fn script(seed: u64, faults: &[Self]) -> impl Iterator<Item = Self> + '_ {
        let seed = Seed::new(seed);
        let count = u64::try_from(faults.len()).unwrap_or(u64::MAX);
        (0_u64..).map_while(move |step| {
            let index = seed.number(&format!("fault {step}")).checked_rem(count)?;
            faults.get(usize::try_from(index).ok()?).copied()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_is_the_seeds() {
        let faults = [Fault::None, Fault::Unavailable, Fault::InternalError];
        let script = |seed| Fault::script(seed, &faults).take(300).collect::<Vec<_>>();
        assert_eq!(script(1), script(1));
        assert_ne!(script(1), script(2));
        for fault in faults {
            let count = script(1).into_iter().filter(|step| *step == fault).count();
            assert!((50..150).contains(&count), "{fault} came {count} times of 300");
        }
        assert_eq!(Fault::script(1, &[]).next(), None);
    }
}
