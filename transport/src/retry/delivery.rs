//! The driver around the state machine: sends, waits, and reads the events.

use std::time::{Duration, Instant, SystemTime};

use sealpost_crypto::{ChatEvent, EncodedEvent, KeyVersion, PreparedKeyChange, SequenceId};

use super::RetryPolicy;
use super::machine::{Attempt, Machine, Moment, Reading, Step};
use crate::api::events::EventsQuery;
use crate::client::Client;
use crate::error::Error;

/// A conversation whose events do not fit this many pages of 100 is not searched to its end.
const MAX_PAGES: usize = 50;

/// What a caller makes of one event while a lost answer is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Verdict {
    /// The very change that is being delivered: same message id, verified, and one's own copy
    /// opens to one's own key.
    Ours,
    /// A verified change by somebody, of this version.
    Verified(KeyVersion),
    /// Anything else.
    Other,
}

/// What a delivery is about to do; for progress shown to people, and for logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The request is being sent, for the `attempt`th time.
    Sending {
        /// From 1.
        attempt: u32,
    },
    /// The server is asked whether the request is in.
    Looking,
    /// Nothing happens for a while.
    Waiting {
        /// How long.
        wait: Duration,
        /// Whether the server's rate limit is the reason.
        rate_limited: bool,
    },
}

/// A change that the server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Delivered {
    /// The server's number of the event, where it is known.
    pub sequence_id: Option<SequenceId>,
    /// How many times the request was sent.
    pub attempts: u32,
    /// Whether the change was found among the events, its answer having been lost.
    pub found: bool,
}

/// A change was not delivered, or nobody knows.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeliveryError {
    /// The last attempt failed. Keep the prepared change while `outcome_unknown`: deliver it again
    /// later, and never prepare another for the same purpose before it is settled.
    #[error("not delivered after {attempts} attempts: {error}")]
    Failed {
        /// The last error.
        error: Box<Error>,
        /// How many times the request was sent.
        attempts: u32,
        /// Whether the server may have the change all the same.
        outcome_unknown: bool,
    },
    /// A newer verified change is in: this one would be stale. Take the newer key.
    #[error("superseded by key version {by}")]
    Superseded {
        /// The newer version.
        by: KeyVersion,
    },
}

impl DeliveryError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Failed { error, .. } => error.code(),
            Self::Superseded { .. } => "transport.superseded",
        }
    }
}

/// A key change on its way; see [`Client::deliver_conversation_keys`].
#[must_use = "nothing is sent before `send` is awaited"]
pub struct Delivery<'a, C> {
    client: &'a Client,
    change: &'a PreparedKeyChange,
    check: C,
    policy: RetryPolicy,
    observer: Option<Box<dyn FnMut(Progress) + Send + 'a>>,
}

impl Client {
    /// Delivers a key change: posts it, and where an answer is lost looks among the events whether
    /// the change is in before the same bytes are sent again.
    ///
    /// `check` is the caller's, because telling one's own change for certain takes secrets that
    /// this crate never sees.
    ///
    /// # Security
    /// `check` must answer [`Verdict::Ours`] and [`Verdict::Verified`] for verified events only: a
    /// server could otherwise pretend that a change is in, or superseded.
    pub fn deliver_conversation_keys<'a, C>(
        &'a self,
        change: &'a PreparedKeyChange,
        check: C,
    ) -> Delivery<'a, C>
    where
        C: Fn(&EncodedEvent) -> Verdict,
    {
        Delivery { client: self, change, check, policy: RetryPolicy::default(), observer: None }
    }
}

impl<'a, C: Fn(&EncodedEvent) -> Verdict> Delivery<'a, C> {
    /// With another policy than the default one.
    pub fn policy(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// Tells `observer` what is about to happen.
    pub fn observer(mut self, observer: impl FnMut(Progress) + Send + 'a) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Sends, and tries again as the policy allows. Dropping the future at any point leaves what
    /// a crash leaves: deliver the same change again.
    ///
    /// # Errors
    /// [`DeliveryError::Failed`] with the last error, and whether the change may be in all the
    /// same; [`DeliveryError::Superseded`] when a newer change has won.
    pub async fn send(mut self) -> Result<Delivered, DeliveryError> {
        let start = Instant::now();
        let mut machine = Machine::new(self.policy);
        let mut error = match self.attempt(&machine).await {
            Ok(delivered) => return Ok(delivered),
            Err(error) => error,
        };
        let mut step = machine.after_attempt(attempt_of(&error), moment(start));
        loop {
            match step {
                Step::Send { after } => {
                    self.wait(after, matches!(error, Error::RateLimited(_))).await;
                    error = match self.attempt(&machine).await {
                        Ok(delivered) => return Ok(delivered),
                        Err(error) => error,
                    };
                    step = machine.after_attempt(attempt_of(&error), moment(start));
                }
                Step::Read { after } => {
                    self.wait(after, false).await;
                    let reading = match self.look().await {
                        Found::Ours(sequence_id) => {
                            let attempts = machine.attempts();
                            return Ok(Delivered { sequence_id, attempts, found: true });
                        }
                        Found::Newer(by) => return Err(DeliveryError::Superseded { by }),
                        Found::Nothing => Reading::Absent,
                        Found::Unclear => Reading::Inconclusive,
                    };
                    step = machine.after_reading(reading, moment(start));
                }
                Step::GiveUp => {
                    let outcome_unknown = machine.is_open() || is_accepted_elsewhere(&error);
                    let attempts = machine.attempts();
                    let error = Box::new(error);
                    return Err(DeliveryError::Failed { error, attempts, outcome_unknown });
                }
            }
        }
    }

    async fn attempt(&mut self, machine: &Machine) -> Result<Delivered, Error> {
        let attempts = machine.attempts();
        self.tell(Progress::Sending { attempt: attempts });
        let accepted = self.client.add_conversation_keys(self.change).await?;
        Ok(Delivered { sequence_id: Some(accepted.sequence_id), attempts, found: false })
    }

    async fn wait(&mut self, wait: Duration, rate_limited: bool) {
        if !wait.is_zero() {
            self.tell(Progress::Waiting { wait, rate_limited });
            tokio::time::sleep(wait).await;
        }
    }

    /// Reads all events of the conversation, page by page.
    async fn look(&mut self) -> Found {
        self.tell(Progress::Looking);
        let conversation = self.change.conversation_id();
        let mut query = EventsQuery::new().max_results(100);
        let mut newest = None;
        for _ in 0..MAX_PAGES {
            let Ok(page) = self.client.conversation_events(&conversation, query).await else {
                return Found::Unclear;
            };
            if !page.is_complete() {
                return Found::Unclear;
            }
            let rows = page.events.iter().filter_map(|row| row.encoded_event.as_ref());
            for event in page.key_events.iter().chain(rows) {
                match (self.check)(event) {
                    Verdict::Ours => return Found::Ours(sequence_id(event)),
                    Verdict::Verified(version) => newest = newest.max(Some(version)),
                    Verdict::Other => {}
                }
            }
            match page.next {
                Some(next) if page.has_more => {
                    query = EventsQuery::new().max_results(100).page(next);
                }
                _ => {
                    return match newest {
                        Some(by) if by > self.change.key_version() => Found::Newer(by),
                        _ => Found::Nothing,
                    };
                }
            }
        }
        Found::Unclear
    }

    fn tell(&mut self, progress: Progress) {
        if let Some(observer) = &mut self.observer {
            observer(progress);
        }
    }
}

enum Found {
    Ours(Option<SequenceId>),
    Newer(KeyVersion),
    Nothing,
    Unclear,
}

fn sequence_id(event: &EncodedEvent) -> Option<SequenceId> {
    match event.parse() {
        Ok(ChatEvent::KeyChange(change)) => change.sequence_id(),
        _ => None,
    }
}

fn attempt_of(error: &Error) -> Attempt {
    match error {
        Error::RateLimited(rejection) => {
            let limit = rejection.rate_limit();
            let until_reset = limit.reset.map(|reset| {
                // A reset in the past has happened, whatever the clocks say.
                reset.duration_since(SystemTime::now()).unwrap_or_default()
            });
            Attempt::NotApplied { wait: limit.retry_after.or(until_reset) }
        }
        // Accepted for another conversation: sending it again would not mend that.
        Error::ConversationIdMismatch { .. } => Attempt::Final,
        // A success that cannot be read is a success or not: the events tell.
        Error::AcceptedWithErrors(_)
        | Error::MalformedResponse { .. }
        | Error::BodyTooLarge { .. } => Attempt::Unknown,
        _ => match (error.may_have_been_applied(), error.is_retryable()) {
            (true, true) => Attempt::Unknown,
            (true, false) => Attempt::UnknownFinal,
            (false, true) => Attempt::NotApplied { wait: None },
            (false, false) => Attempt::Final,
        },
    }
}

fn is_accepted_elsewhere(error: &Error) -> bool {
    matches!(error, Error::ConversationIdMismatch { .. })
}

fn moment(start: Instant) -> Moment {
    let mut jitter = [u8::MAX];
    // Without randomness clients come back together, which is no reason to fail.
    let _ = getrandom::fill(&mut jitter);
    let [jitter] = jitter;
    Moment { elapsed: start.elapsed(), jitter }
}
