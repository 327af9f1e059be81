//! Repeating an ordinary call, as far as its operation allows.

use std::time::{Duration, Instant};

use super::budget::{Budget, Moment};
use crate::client::Client;
use crate::context::Operation;
use crate::error::Error;
use crate::trace::Span;

/// When a call that failed may go out again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeat {
    /// Whenever it may pass later: it changes nothing, or a second time changes nothing more.
    Freely,
    /// When the failed attempt surely changed nothing.
    IfNotApplied,
    /// Not here: deciding takes a look at the events, see [`Delivery`](super::Delivery).
    Never,
}

const fn repeat(operation: Operation) -> Repeat {
    match operation {
        Operation::AddConversationKeys => Repeat::Never,
        // A group's id or an upload that was lost with its answer does no harm, a message is known
        // by its id and a segment by its number, and what is deleted or read stays so.
        Operation::InitializeGroup
        | Operation::SendMessage
        | Operation::DeleteMessages
        | Operation::MarkConversationRead
        | Operation::SendTypingIndicator
        | Operation::InitializeMediaUpload
        | Operation::AppendMediaSegment => Repeat::Freely,
        operation if operation.is_write() => Repeat::IfNotApplied,
        _ => Repeat::Freely,
    }
}

/// The wait before the next attempt, if there may be one.
fn again(error: &Error, repeat: Repeat, budget: &mut Budget, now: Moment) -> Option<Duration> {
    let allowed = match repeat {
        // When tokens are renewed again is for the sign-in to say: an open refresh is not repeated
        // blindly.
        _ if matches!(error, Error::OAuth2(_)) => false,
        Repeat::Freely => true,
        Repeat::IfNotApplied => !error.may_have_been_applied(),
        Repeat::Never => false,
    };
    if allowed && error.is_retryable() { budget.next(error.server_wait(), now) } else { None }
}

impl Client {
    /// Makes `attempt` again while that is allowed and the client's policy has attempts left.
    pub(crate) async fn repeat<T, F: Future<Output = Result<T, Error>>>(
        &self,
        operation: Operation,
        attempt: impl Fn() -> F,
    ) -> Result<T, Error> {
        let span = Span::call(operation);
        let outcome = span.around(self.attempts(operation, attempt, &span)).await;
        span.called(&outcome);
        outcome
    }

    async fn attempts<T, F: Future<Output = Result<T, Error>>>(
        &self,
        operation: Operation,
        attempt: impl Fn() -> F,
        span: &Span,
    ) -> Result<T, Error> {
        let start = Instant::now();
        let mut budget = Budget::new(*self.retry_policy());
        // What a later attempt is refused with says nothing of one that may have done its work.
        let mut doubt: Option<Error> = None;
        loop {
            span.attempts(budget.attempts());
            let error = match attempt().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let now = Moment::since(start);
            let Some(wait) = again(&error, repeat(operation), &mut budget, now) else {
                return Err(doubt.filter(|_| !error.may_have_been_applied()).unwrap_or(error));
            };
            let rate_limited = matches!(error, Error::RateLimited(_));
            self.observer().wait(operation, budget.attempts(), wait, rate_limited).await;
            if error.may_have_been_applied() {
                doubt = Some(error);
            }
        }
    }
}

impl Moment {
    pub(super) fn since(start: Instant) -> Self {
        let mut jitter = [u8::MAX];
        // Without randomness clients come back together, which is no reason to fail.
        let _ = getrandom::fill(&mut jitter);
        let [jitter] = jitter;
        Self { elapsed: start.elapsed(), jitter }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::RequestContext;
    use crate::error::TimeoutPhase;
    use crate::retry::RetryPolicy;

    const NOW: Moment = Moment { elapsed: Duration::ZERO, jitter: 255 };

    fn timeout(operation: Operation, phase: TimeoutPhase) -> Error {
        let url = "https://api.x.com/2".parse().unwrap();
        Error::Timeout { phase, context: Box::new(RequestContext::new(operation, &url)) }
    }

    /// Is it sent again after a failure that changed nothing, and after one of unknown outcome?
    #[test]
    fn each_operation_has_its_row() {
        let mut rows = 0;
        for operation in Operation::ALL {
            let row = match operation {
                Operation::AddConversationKeys => (false, false),
                Operation::CreateGroup
                | Operation::AddGroupMembers
                | Operation::AddUserPublicKey
                | Operation::FinalizeMediaUpload => (true, false),
                // The calls of a sign-in have rules of their own.
                operation if operation.scopes().is_empty() => continue,
                _ => (true, true),
            };
            let after = |phase| {
                let mut budget = Budget::new(RetryPolicy::new());
                again(&timeout(operation, phase), repeat(operation), &mut budget, NOW).is_some()
            };
            let seen = (after(TimeoutPhase::Connect), after(TimeoutPhase::ResponseHead));
            assert_eq!(seen, row, "{operation}");
            rows += 1;
        }
        assert_eq!(rows, 18);
    }

    #[test]
    fn every_course_ends_within_its_budget() {
        for attempts in 1..=6 {
            let mut budget = Budget::new(RetryPolicy::new().attempts(attempts));
            let error = timeout(Operation::UserPublicKeys, TimeoutPhase::Connect);
            let mut waits = Vec::new();
            while let Some(wait) = again(&error, Repeat::Freely, &mut budget, NOW) {
                waits.push(wait.as_millis());
            }
            let expected = [500, 1000, 2000, 4000, 8000];
            assert_eq!(waits, expected[..attempts as usize - 1]);
            assert_eq!(budget.attempts(), attempts);
        }
        let mut budget = Budget::new(RetryPolicy::new());
        let late = Moment { elapsed: Duration::from_secs(120), jitter: 1 };
        assert_eq!(budget.next(None, late), None, "no attempt begins after the deadline");
        assert_eq!(budget.next(Some(Duration::MAX), NOW), None);
        assert_eq!(
            budget.next(Some(Duration::from_secs(7)), NOW),
            Some(Duration::from_millis(7500))
        );
    }
}
