//! Faults that come at random, in a share of all requests.

use super::Fault;
use crate::operation::Operation;
use crate::seed::Seed;

/// Which request is struck, and by what, depends on the seed and on how many came before.
#[derive(Debug)]
pub(crate) struct Weather {
    seed: Seed,
    per_mille: u16,
    faults: Vec<Fault>,
    requests: u64,
}

impl Weather {
    pub(crate) fn new(seed: u64, per_mille: u16, faults: impl IntoIterator<Item = Fault>) -> Self {
        let faults = faults.into_iter().collect();
        Self { seed: Seed::new(seed), per_mille, faults, requests: 0 }
    }

    /// The fault for this request, if it is struck: one of those that can happen to it.
    pub(crate) fn strike(&mut self, operation: Operation) -> Option<Fault> {
        self.requests = self.requests.saturating_add(1);
        let number = |what: &str| self.seed.number(&format!("{what} {}", self.requests));
        if number("weather") % 1000 >= u64::from(self.per_mille) {
            return None;
        }
        let possible = || self.faults.iter().filter(|fault| fault.applies_to(operation));
        let count = u64::try_from(possible().count()).ok()?;
        let index = usize::try_from(number("strike").checked_rem(count)?).ok()?;
        possible().nth(index).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: Operation = Operation::AddConversationKeys;

    fn strikes(seed: u64, per_mille: u16, operation: Operation) -> Vec<Option<Fault>> {
        let faults = [Fault::Unavailable, Fault::NoSequenceId, Fault::ResetAtAccept];
        let mut weather = Weather::new(seed, per_mille, faults);
        (0..10_000).map(|_| weather.strike(operation)).collect()
    }

    fn count(strikes: &[Option<Fault>], fault: Fault) -> usize {
        strikes.iter().filter(|strike| **strike == Some(fault)).count()
    }

    #[test]
    fn a_share_of_all_requests_is_struck_by_what_can_happen_to_them() {
        let keys = strikes(1, 50, KEYS);
        for fault in [Fault::Unavailable, Fault::NoSequenceId] {
            assert!((200..300).contains(&count(&keys, fault)), "{fault}: {}", count(&keys, fault));
        }
        assert_eq!(count(&keys, Fault::ResetAtAccept), 0, "it is of no request");
        let reads = strikes(1, 50, Operation::GetUsersPublicKey);
        assert_eq!(count(&reads, Fault::NoSequenceId), 0);
        assert!((400..600).contains(&count(&reads, Fault::Unavailable)));
    }

    #[test]
    fn the_seed_decides_and_none_is_none() {
        assert_eq!(strikes(1, 50, KEYS), strikes(1, 50, KEYS));
        assert_ne!(strikes(1, 50, KEYS), strikes(2, 50, KEYS));
        assert!(strikes(1, 0, KEYS).iter().all(Option::is_none));
        assert!(strikes(1, 1000, KEYS).iter().all(Option::is_some));
        assert_eq!(Weather::new(1, 1000, []).strike(KEYS), None);
    }
}
