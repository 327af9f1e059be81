//! The faults that wait.

use std::collections::VecDeque;

use super::{Fault, Injection, Weather};
use crate::operation::Operation;

/// The faults that wait for their requests, first in, first out; and those that come at random, to
/// requests that none waits for.
#[derive(Debug, Default)]
pub(crate) struct FaultQueue {
    waiting: VecDeque<(Injection, u32)>,
    weather: Option<Weather>,
}

impl FaultQueue {
    pub(crate) fn push(&mut self, injection: Injection, times: u32) {
        if times > 0 {
            self.waiting.push_back((injection, times));
        }
    }

    pub(crate) fn set_weather(&mut self, weather: Weather) {
        self.weather = Some(weather);
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
        self.weather = None;
    }

    /// The fault for this request, used up once.
    pub(crate) fn take(&mut self, operation: Operation) -> Option<Fault> {
        self.take_first(|injection| injection.meets(operation))
            .or_else(|| self.weather.as_mut()?.strike(operation))
    }

    /// Whether the connection that has just been accepted is to be reset.
    pub(crate) fn take_at_accept(&mut self) -> bool {
        self.take_first(|injection| injection.fault() == Fault::ResetAtAccept).is_some()
    }

    fn take_first(&mut self, meets: impl Fn(Injection) -> bool) -> Option<Fault> {
        let index = self.waiting.iter().position(|(injection, _)| meets(*injection))?;
        let (injection, times) = self.waiting.get_mut(index)?;
        let fault = injection.fault();
        *times -= 1; // never 0 while it waits
        if *times == 0 {
            self.waiting.remove(index);
        }
        Some(fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_waits_for_a_request_it_can_happen_to() {
        let mut queue = FaultQueue::default();
        queue.push(Fault::ResetAtAccept.into(), 1);
        queue.push(Fault::OtherConversation.into(), 1);
        queue.push(Fault::Unavailable.on(Operation::AddUserPublicKey).unwrap(), 2);
        queue.push(Fault::InternalError.into(), 1);
        assert_eq!(queue.take(Operation::GetUsersPublicKey), Some(Fault::InternalError));
        assert_eq!(queue.take(Operation::GetUsersPublicKey), None);
        assert_eq!(queue.take(Operation::AddUserPublicKey), Some(Fault::Unavailable));
        assert_eq!(queue.take(Operation::AddConversationKeys), Some(Fault::OtherConversation));
        assert_eq!(queue.take(Operation::AddUserPublicKey), Some(Fault::Unavailable));
        for operation in Operation::ALL {
            assert_eq!(queue.take(operation), None);
        }
        assert!(queue.take_at_accept());
        assert!(!queue.take_at_accept());
    }

    #[test]
    fn zero_times_is_never_and_cleared_is_gone() {
        let mut queue = FaultQueue::default();
        queue.push(Fault::Unavailable.into(), 0);
        assert_eq!(queue.take(Operation::AddUserPublicKey), None);
        queue.push(Fault::Unavailable.into(), 3);
        queue.set_weather(Weather::new(1, 1000, [Fault::Unavailable]));
        queue.clear();
        assert_eq!(queue.take(Operation::AddUserPublicKey), None);
    }

    #[test]
    fn whoever_waits_comes_before_the_weather() {
        let mut queue = FaultQueue::default();
        queue.set_weather(Weather::new(1, 1000, [Fault::Unavailable]));
        queue.push(Fault::InternalError.into(), 1);
        assert_eq!(queue.take(Operation::GetUsersPublicKey), Some(Fault::InternalError));
        assert_eq!(queue.take(Operation::GetUsersPublicKey), Some(Fault::Unavailable));
    }
}
