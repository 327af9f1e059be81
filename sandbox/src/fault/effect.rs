//! What a fault does to a request and to what is answered.

use axum::http::StatusCode;
use sealpost_crypto::UnixMillis;

use super::Fault;
use crate::operation::Operation;
use crate::problem::Problem;
use crate::rate_limit::RateLimit;
use crate::reply::{Answer, Outcome};
use crate::validate::missing_action_signatures;

/// Faults that strike before anything is done.
pub(crate) fn before_the_work(fault: Fault, operation: Operation) -> Option<Outcome> {
    let problem = match fault {
        Fault::MissingActionSignatures => missing_action_signatures(operation),
        Fault::Unauthorized => Problem::unauthorized("The access token has expired."),
        Fault::CreditsDepleted => Problem::credits_depleted(),
        Fault::ClientNotEnrolled => Problem::client_not_enrolled(),
        Fault::RateLimited
        | Fault::RateLimitedWithRemaining
        | Fault::RateLimitedUntilPast
        | Fault::RateLimitedUntilFar => Problem::rate_limited(),
        Fault::UsageCapped => Problem::usage_capped(),
        Fault::InternalError => Problem::internal_error("Something went wrong on our side."),
        Fault::Unavailable => Problem::unavailable(),
        Fault::HtmlErrorPage => return Some(Outcome::HtmlErrorPage(StatusCode::BAD_GATEWAY)),
        Fault::Empty404 => return Some(Outcome::Empty404),
        Fault::ResetBeforeBody | Fault::ResetInRequestBody | Fault::ResetBeforeCommit => {
            return Some(Outcome::Nothing);
        }
        _ => return None,
    };
    Some(Outcome::Refused(problem))
}

/// Faults that strike when everything is done. A refusal stays a refusal.
pub(crate) fn after_the_work(performed: Result<Answer, Problem>, fault: Option<Fault>) -> Outcome {
    let mut answer = match performed {
        Ok(answer) => answer,
        Err(problem) => return Outcome::Refused(problem),
    };
    match fault {
        Some(Fault::CommitThenInternalError) => {
            Outcome::Refused(Problem::internal_error("Something went wrong on our side."))
        }
        Some(Fault::CommitThenUnavailable) => Outcome::Refused(Problem::unavailable()),
        Some(Fault::CommitThenGatewayTimeout) => {
            Outcome::HtmlErrorPage(StatusCode::GATEWAY_TIMEOUT)
        }
        Some(Fault::SlowBody) => Outcome::AnsweredSlowly(answer),
        Some(Fault::EndlessBody) => Outcome::AnsweredForever,
        Some(Fault::GzipBomb) => Outcome::AnsweredWithBomb,
        Some(Fault::AcceptedWithErrors) => {
            let detail = "The request was accepted, and a part of it failed.";
            answer.add_error(Problem::internal_error(detail));
            Outcome::Answered(answer)
        }
        Some(Fault::NoSequenceId) => {
            answer.remove("sequence_id");
            answer.remove("conversation_key_change_sequence_id");
            Outcome::Answered(answer)
        }
        _ => Outcome::Answered(answer),
    }
}

/// What the counters and the date say under a fault that misstates them.
pub(crate) fn misstate(fault: Fault, limit: &mut RateLimit, date: &mut UnixMillis) {
    const MINUTE: u64 = 60;
    const HOUR_MILLIS: u64 = 3_600_000;
    const YEAR: u64 = 365 * 24 * 3_600;
    const SOON: u64 = 2;
    let now = date.as_u64() / 1_000;
    let exhausted = |reset| RateLimit { remaining: 0, reset, ..*limit };
    match fault {
        Fault::RateLimited => *limit = exhausted(now.saturating_add(SOON)),
        Fault::RateLimitedUntilPast => *limit = exhausted(now.saturating_sub(MINUTE)),
        Fault::RateLimitedUntilFar => *limit = exhausted(now.saturating_add(YEAR)),
        Fault::SkewedDate => *date = UnixMillis::new(date.as_u64().saturating_add(HOUR_MILLIS)),
        _ => {}
    }
}
