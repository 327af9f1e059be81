//! The driver around the state machine: sends, waits, and reads the events.

use std::error::Error as StdError;
use std::pin::Pin;
use std::time::{Duration, Instant};

use reqwest::StatusCode;
use sealpost_crypto::{
    ChatEvent, EncodedEvent, KeyVersion, KeysOnly, PreparedKeyChange, SequenceId,
};

use super::RetryPolicy;
use super::budget::Moment;
use super::deliverable::Deliverable;
use super::machine::{Attempt, Machine, Reading, Step};
use crate::api::events::EventsQuery;
use crate::client::Client;
use crate::context::Operation;
use crate::error::Error;
use crate::problem::ProblemKind;
use crate::progress::Progress;
use crate::trace::Span;

/// A conversation whose events do not fit this many pages of 100 is not searched to its end.
const MAX_PAGES: usize = 1000;

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
    /// The change [may have been sent](Delivery::may_have_been_sent), and the events could not be
    /// read to their end. Keep it and deliver it again later.
    #[error("whether the change is in cannot be told from the events; deliver it again later")]
    Unclear {
        /// How many times the request was sent.
        attempts: u32,
    },
    /// The caller does not permit another attempt.
    #[error("not sent any more after {attempts} attempts: {reason}")]
    NotPermitted {
        /// The caller's reason.
        #[source]
        reason: DeliveryPermitError,
        /// How many times the request was sent.
        attempts: u32,
        /// Whether the server may have the change all the same.
        outcome_unknown: bool,
    },
}

/// Why a caller does not permit an attempt.
pub type DeliveryPermitError = Box<dyn StdError + Send + Sync>;

/// What a [permit](Delivery::permit) returns.
pub type DeliveryPermit<'a> =
    Pin<Box<dyn Future<Output = Result<(), DeliveryPermitError>> + Send + 'a>>;

type Permit<'a> = &'a (dyn Fn() -> DeliveryPermit<'a> + Sync);

impl DeliveryError {
    /// Whether the server may have the change all the same, or get it yet. If so keep it, and
    /// deliver it again later.
    #[must_use]
    pub const fn outcome_unknown(&self) -> bool {
        match self {
            Self::Failed { outcome_unknown, .. } | Self::NotPermitted { outcome_unknown, .. } => {
                *outcome_unknown
            }
            Self::Superseded { .. } => false,
            Self::Unclear { .. } => true,
        }
    }

    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Failed { error, .. } => error.code(),
            Self::Superseded { .. } => "transport.superseded",
            Self::Unclear { .. } => "transport.unclear",
            Self::NotPermitted { .. } => "transport.not_permitted",
        }
    }
}

/// A key change on its way; see [`Client::deliver_conversation_keys`].
#[must_use = "nothing is sent before `send` is awaited"]
pub struct Delivery<'a, C, K = KeysOnly> {
    /// Sends each request once: the repeating is done here.
    client: Client,
    change: &'a PreparedKeyChange<K>,
    check: C,
    policy: RetryPolicy,
    permit: Option<Permit<'a>>,
    may_have_been_sent: bool,
    after: Option<SequenceId>,
}

impl Client {
    /// Delivers a key change of any [kind](Deliverable): posts it, and where an answer is lost looks
    /// among the events whether the change is in before the same bytes are sent again.
    ///
    /// `check` is the caller's, because telling one's own change for certain takes secrets that
    /// this crate never sees.
    ///
    /// # Security
    /// `check` must answer [`Verdict::Ours`] and [`Verdict::Verified`] for verified events only: a
    /// server could otherwise pretend that a change is in, or superseded.
    pub fn deliver_conversation_keys<'a, C, K: Deliverable>(
        &self,
        change: &'a PreparedKeyChange<K>,
        check: C,
    ) -> Delivery<'a, C, K>
    where
        C: Fn(&EncodedEvent) -> Verdict,
    {
        let client = self.with_retry(RetryPolicy::never());
        let policy = *self.retry_policy();
        Delivery {
            client,
            change,
            check,
            policy,
            permit: None,
            may_have_been_sent: false,
            after: None,
        }
    }
}

impl<'a, C: Fn(&EncodedEvent) -> Verdict, K: Deliverable> Delivery<'a, C, K> {
    /// With another policy than the client's.
    pub const fn policy(mut self, policy: RetryPolicy) -> Self {
        self.policy = policy;
        self
    }

    /// A request of this change may have left earlier, before a crash: looks among the events
    /// before anything is sent.
    pub const fn may_have_been_sent(mut self) -> Self {
        self.may_have_been_sent = true;
        self
    }

    /// The change was prepared when the events up to this one were read: none of them is it, and
    /// they are not searched.
    pub const fn after(mut self, sequence_id: SequenceId) -> Self {
        self.after = Some(sequence_id);
        self
    }

    /// Asks before each time the request goes out, whether it still may: for a caller who is one of
    /// several workers, whether the work is still theirs.
    pub fn permit(mut self, permit: &'a (dyn Fn() -> DeliveryPermit<'a> + Sync)) -> Self {
        self.permit = Some(permit);
        self
    }

    /// Sends, and tries again as the policy allows. Dropping the future at any point leaves what
    /// a crash leaves: deliver the same change again.
    ///
    /// # Errors
    /// [`DeliveryError::Failed`] with the last error, and whether the change may be in all the
    /// same; [`DeliveryError::Superseded`] when a newer change has won;
    /// [`DeliveryError::NotPermitted`] when the [permit](Self::permit) was refused.
    pub async fn send(self) -> Result<Delivered, DeliveryError> {
        let span = Span::delivery(self.change);
        // Boxed: futures nested deeper make the caller raise the compiler's recursion limit.
        let outcome = span.around(Box::pin(self.until_settled())).await;
        span.delivered(&outcome);
        outcome
    }

    async fn until_settled(&self) -> Result<Delivered, DeliveryError> {
        let start = Instant::now();
        let (mut machine, mut step) = if self.may_have_been_sent {
            Machine::resuming(self.policy)
        } else {
            (Machine::new(self.policy), Step::Send { after: Duration::ZERO })
        };
        let mut last = None;
        loop {
            match step {
                Step::Send { after } => {
                    self.wait(&machine, after, last.as_ref()).await;
                    self.ask_permit(&machine).await?;
                    let error = match self.attempt(&machine).await {
                        Ok(delivered) => return Ok(delivered),
                        Err(error) => error,
                    };
                    step = machine.after_attempt(attempt_of(&error), Moment::since(start));
                    last = Some(error);
                }
                Step::Read { after } => {
                    let (operation, attempt) = (Operation::ConversationEvents, machine.reads());
                    self.client.observer().wait(operation, attempt, after, false).await;
                    let reading = match self.look().await {
                        Found::Ours(sequence_id) => {
                            let attempts = machine.attempts();
                            return Ok(Delivered { sequence_id, attempts, found: true });
                        }
                        Found::Newer(by) => return Err(DeliveryError::Superseded { by }),
                        Found::Nothing => Reading::Absent,
                        Found::Unclear(error) => {
                            last = last.or(error);
                            Reading::Inconclusive
                        }
                    };
                    step = machine.after_reading(reading, Moment::since(start));
                }
                Step::GiveUp => {
                    let accepted_elsewhere = last.as_ref().is_some_and(is_accepted_elsewhere);
                    let outcome_unknown = machine.is_open() || accepted_elsewhere;
                    let attempts = machine.attempts();
                    return Err(match last.map(Box::new) {
                        Some(error) => DeliveryError::Failed { error, attempts, outcome_unknown },
                        None => DeliveryError::Unclear { attempts },
                    });
                }
            }
        }
    }

    /// Nobody waits for the first attempt.
    async fn wait(&self, machine: &Machine, after: Duration, last: Option<&Error>) {
        if let Some(last) = last {
            let rate_limited = matches!(last, Error::RateLimited(_));
            let attempt = machine.attempts();
            self.client.observer().wait(K::OPERATION, attempt, after, rate_limited).await;
        }
    }

    async fn ask_permit(&self, machine: &Machine) -> Result<(), DeliveryError> {
        let Some(permit) = self.permit else { return Ok(()) };
        permit().await.map_err(|reason| DeliveryError::NotPermitted {
            reason,
            // The attempt that is not made is counted already.
            attempts: machine.attempts() - 1,
            outcome_unknown: machine.is_open(),
        })
    }

    async fn attempt(&self, machine: &Machine) -> Result<Delivered, Error> {
        let sequence_id = K::post(&self.client, self.change).await?;
        Ok(Delivered { sequence_id, attempts: machine.attempts(), found: false })
    }

    /// Reads the events of the conversation, page by page, down to where they were read before.
    async fn look(&self) -> Found {
        self.client.observer().tell(Progress::Looking);
        let conversation = self.change.conversation_id();
        let mut query = EventsQuery::new().max_results(100);
        let may_be_first = K::OPERATION == Operation::CreateGroup || !conversation.is_group();
        let mut newest = None;
        for page in 0..MAX_PAGES {
            let page = match self.client.conversation_events(&conversation, query).await {
                Ok(page) if page.is_complete() => page,
                Ok(_) => return Found::Unclear(None),
                // What would begin the conversation is not in. Of a group that exists, the same
                // answer may mean that one is no longer in it.
                Err(error) if may_be_first && page == 0 && is_unknown(&error) => {
                    return Found::Nothing;
                }
                Err(error) => return Found::Unclear(Some(error)),
            };
            let rows = page.events.iter().filter_map(|row| row.encoded_event.as_ref());
            for event in page.key_events.iter().chain(rows) {
                match (self.check)(event) {
                    Verdict::Ours => return Found::Ours(sequence_id(event)),
                    Verdict::Verified(version) => newest = newest.max(Some(version)),
                    Verdict::Other => {}
                }
            }
            let mut places = page.events.iter().filter_map(|row| row.sequence_id);
            let is_reached = self.after.is_some_and(|after| places.any(|place| place <= after));
            match page.next {
                Some(next) if page.has_more && !is_reached => {
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
        Found::Unclear(None)
    }
}

enum Found {
    Ours(Option<SequenceId>),
    Newer(KeyVersion),
    Nothing,
    /// The events could not be read, all of them.
    Unclear(Option<Error>),
}

fn sequence_id(event: &EncodedEvent) -> Option<SequenceId> {
    match event.parse() {
        Ok(ChatEvent::KeyChange(change)) => change.sequence_id(),
        _ => None,
    }
}

fn attempt_of(error: &Error) -> Attempt {
    match error {
        Error::RateLimited(_) => Attempt::NotApplied { wait: error.server_wait() },
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

/// Whether the server says that there is no such conversation. A 404 without a word comes from an
/// endpoint that is not rolled out to the account, and says nothing.
fn is_unknown(error: &Error) -> bool {
    let Error::Refused(rejection) = error else { return false };
    let mut problems = rejection.body().problems();
    rejection.status() == StatusCode::NOT_FOUND
        && problems.any(|problem| matches!(problem.kind(), ProblemKind::ResourceNotFound { .. }))
}

fn is_accepted_elsewhere(error: &Error) -> bool {
    matches!(error, Error::ConversationIdMismatch { .. })
}
