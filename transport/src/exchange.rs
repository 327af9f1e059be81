//! One request and its answer: build, send, read within bounds, sort.

use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, LOCATION, WWW_AUTHENTICATE};
use reqwest::{Request, RequestBuilder, Response, StatusCode};
use serde_json::{Map, Value};
use tokio::time::{Instant, timeout_at};
use url::Url;
use zeroize::Zeroizing;

use crate::auth::Presented;
use crate::body::Body;
use crate::builder::Timeouts;
use crate::client::Client;
use crate::context::{Operation, RequestContext, ResponseInfo};
use crate::error::{Error, Malformation, TimeoutPhase};
use crate::error_body::{ErrorBody, ReportedError, redacted};
use crate::incoming::Incoming;
use crate::json;
use crate::network;
use crate::progress::Progress;
use crate::rejection::{Rejection, Unconfirmed};
use crate::trace::Span;

/// The body of a failure is read this far: enough for any problem, not for a page of HTML that
/// does not end.
const MAX_ERROR_BODY: usize = 64 * 1024;
const MAX_CHALLENGE: usize = 512;
/// 64 KiB/s: slower than any connection worth trying, so that the limits bound waiting, not sending.
const SLOWEST_BYTES_PER_SECOND: u32 = 64 * 1024;

/// A request of one of the files in `api`.
pub(crate) struct Call<'a> {
    pub(crate) operation: Operation,
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(&'a str, String)],
    pub(crate) body: Body,
}

/// The JSON object of a success.
pub(crate) struct Reply {
    members: Map<String, Value>,
    errors: Vec<ReportedError>,
    context: RequestContext,
}

/// The head of a success; its body is on its way.
pub(crate) struct Answered<'a> {
    pub(crate) response: Response,
    pub(crate) context: RequestContext,
    clock: Clock<'a>,
}

impl Answered<'_> {
    /// The limit for each wait for the body, and what is left for all of it.
    pub(crate) fn time_left(&self) -> (Duration, Duration) {
        let Clock { timeouts, deadline, .. } = &self.clock;
        (timeouts.response_body, deadline.saturating_duration_since(Instant::now()))
    }
}

/// What the body of a success is taken as.
pub(crate) trait Answer: Sized {
    /// What the request says it wants.
    const ACCEPT: &'static str;

    fn read<R: Redact>(
        exchange: &Exchange<'_, R>,
        answered: Answered<'_>,
    ) -> impl Future<Output = Result<Self, Error>> + Send;

    /// The request and the head of its answer.
    fn context(&self) -> &RequestContext;
}

/// The whole body of a success, not yet looked at.
pub(crate) struct Success {
    body: Zeroizing<Vec<u8>>,
    context: RequestContext,
}

impl Success {
    pub(crate) fn into_parts(self) -> (Zeroizing<Vec<u8>>, RequestContext) {
        (self.body, self.context)
    }
}

/// What one request goes by, whoever sends it.
pub(crate) struct Exchange<'a, R> {
    pub(crate) timeouts: &'a Timeouts,
    pub(crate) max_response_body: usize,
    /// Blots out the secrets of the request in the server's text.
    pub(crate) redact: R,
}

/// Blots out secrets in a text of the server's.
pub(crate) trait Redact: Fn(String) -> String + Copy + Send + Sync {}

impl<F: Fn(String) -> String + Copy + Send + Sync> Redact for F {}

impl Client {
    /// A request that is answered with JSON.
    pub(crate) async fn exchange(&self, call: Call<'_>) -> Result<Reply, Error> {
        self.call(call).await
    }

    /// A request that is answered with bytes.
    pub(crate) async fn open(&self, call: Call<'_>) -> Result<Incoming, Error> {
        self.call(call).await
    }

    /// Sends a request, and again as its operation and the client's policy allow.
    async fn call<A: Answer>(&self, call: Call<'_>) -> Result<A, Error> {
        self.repeat(call.operation, || self.authorized(&call)).await
    }

    /// Sends a request, and once more if its credentials were refused.
    async fn authorized<A: Answer>(&self, call: &Call<'_>) -> Result<A, Error> {
        let _turn = self.turn().await;
        let presented = self.credentials().present(call.operation).await?;
        let refused = match self.attempt(call, &presented).await {
            Err(Error::Unauthorized(refused)) => refused,
            outcome => return outcome,
        };
        // Nothing was carried out, so the same request may go out once more.
        match self.credentials().renew(&presented, call.operation).await? {
            Some(renewed) => self.attempt(call, &renewed).await,
            None => Err(Error::Unauthorized(refused)),
        }
    }

    async fn attempt<A: Answer>(&self, call: &Call<'_>, presented: &Presented) -> Result<A, Error> {
        let url = self.base_url().endpoint(call.path, call.query);
        let context = RequestContext::new(call.operation, &url);
        let method = call.operation.method();
        let authorization = presented.authorization(&method, &url).map_err(Error::Randomness)?;
        let request = self
            .http()
            .request(method, url)
            .header(AUTHORIZATION, authorization)
            .header(ACCEPT, A::ACCEPT);
        let request = call.body.attach(request, call.operation.is_write());
        let exchange = Exchange {
            timeouts: self.timeouts(),
            max_response_body: self.max_response_body(),
            redact: |text| presented.redact(text),
        };
        let operation = call.operation;
        self.observer().tell(Progress::Sending { operation });
        let span = Span::request(&context, call.body.length());
        let outcome = span.around(exchange.answer::<A>(request, call.body.length(), context)).await;
        let answered = outcome.as_ref().map(A::context);
        span.answered(answered);
        let context = answered.map_or_else(Error::context, Some);
        if let Some(status) = context.and_then(RequestContext::status) {
            let rate_limit = context.map(RequestContext::rate_limit).copied().unwrap_or_default();
            self.observer().tell(Progress::Answered { operation, status, rate_limit });
        }
        outcome
    }
}

impl Answer for Reply {
    const ACCEPT: &'static str = "application/json, application/problem+json";

    async fn read<R: Redact>(
        exchange: &Exchange<'_, R>,
        answered: Answered<'_>,
    ) -> Result<Self, Error> {
        exchange.reply(exchange.success(answered).await?)
    }

    fn context(&self) -> &RequestContext {
        &self.context
    }
}

impl<R: Redact> Exchange<'_, R> {
    /// Sends a request with a body of `length` bytes, and reads the whole answer.
    pub(crate) async fn send(
        &self,
        request: RequestBuilder,
        length: usize,
        context: RequestContext,
    ) -> Result<Success, Error> {
        let span = Span::request(&context, length);
        let answer = async { self.success(self.head(request, length, context).await?).await };
        let outcome = span.around(answer).await;
        span.answered(outcome.as_ref().map(|success| &success.context));
        outcome
    }

    async fn answer<A: Answer>(
        &self,
        request: RequestBuilder,
        length: usize,
        context: RequestContext,
    ) -> Result<A, Error> {
        A::read(self, self.head(request, length, context).await?).await
    }

    async fn head(
        &self,
        request: RequestBuilder,
        length: usize,
        mut context: RequestContext,
    ) -> Result<Answered<'_>, Error> {
        let clock = Clock::start(self.timeouts, time_to_send(length));
        let (http, request) = request.build_split();
        let request = match request {
            Ok(request) => request,
            Err(error) => return Err(network::before_answer(error, context)),
        };
        let asked = request.url().clone();
        let head = clock.limit(TimeoutPhase::ResponseHead, execute(&http, request));
        let response = match head.await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) => return Err(network::before_answer(error, context)),
            Err(phase) => return Err(Error::Timeout { phase, context: Box::new(context) }),
        };
        context.answered(&response, self.redact);
        if *response.url() != asked {
            return Err(self.redirected(Some(response.url().as_str()), context));
        }
        match response.status() {
            // None was asked for, and what a decoder makes of one has no bounds of its own.
            status if status.is_success() && is_encoded(&response) => {
                let (field, reason) = ("content-encoding", Malformation::InvalidValue);
                Err(Error::MalformedResponse { field, reason, context: Box::new(context) })
            }
            status if status.is_success() => Ok(Answered { response, clock, context }),
            status if status.is_redirection() => {
                let target = response.headers().get(LOCATION);
                Err(self.redirected(target.and_then(|target| target.to_str().ok()), context))
            }
            status => Err(self.failure(status, response, &clock, context).await),
        }
    }

    pub(crate) async fn success(&self, answered: Answered<'_>) -> Result<Success, Error> {
        let Answered { response, clock, context } = answered;
        let limit = self.max_response_body;
        let (body, end) = read_body(response, limit, &clock).await;
        let body = Zeroizing::new(body);
        match end {
            BodyEnd::Complete => Ok(Success { body, context }),
            BodyEnd::TooLarge => Err(Error::BodyTooLarge { limit, context: Box::new(context) }),
            BodyEnd::Timeout(phase) => Err(Error::Timeout { phase, context: Box::new(context) }),
            BodyEnd::Lost(error) => Err(network::within_answer(error, context)),
        }
    }

    /// Reads a success as a JSON object.
    pub(crate) fn reply(&self, success: Success) -> Result<Reply, Error> {
        let (body, context) = success.into_parts();
        let malformed = |reason, context| {
            Err(Error::MalformedResponse { field: "body", reason, context: Box::new(context) })
        };
        let mut members = match json::parse(&body) {
            Ok(Value::Object(members)) => members,
            Ok(_) => return malformed(Malformation::WrongType { expected: "an object" }, context),
            Err(error) => return malformed(Malformation::Json(error), context),
        };
        let errors = members.remove("errors").unwrap_or_default();
        let errors = ReportedError::list(redacted(errors, self.redact));
        Ok(Reply { members, errors, context })
    }

    /// The status decides even if the body is cut off, stalls or does not end.
    async fn failure(
        &self,
        status: StatusCode,
        response: Response,
        clock: &Clock<'_>,
        context: RequestContext,
    ) -> Error {
        let challenge = response
            .headers()
            .get(WWW_AUTHENTICATE)
            .and_then(|value| value.to_str().ok())
            // In this order: half of a credential would not be recognised.
            .map(|text| (self.redact)(text.to_owned()).chars().take(MAX_CHALLENGE).collect());
        let (body, _) = read_body(response, MAX_ERROR_BODY, clock).await;
        let body = ErrorBody::parse(&body, self.redact);

        let quota = body.problems().any(|problem| problem.is_quota());
        let rejection = Box::new(Rejection { context, status, body, challenge });
        match status {
            StatusCode::PAYMENT_REQUIRED => Error::QuotaExhausted(rejection),
            status if quota && status.is_client_error() => Error::QuotaExhausted(rejection),
            StatusCode::TOO_MANY_REQUESTS => Error::RateLimited(rejection),
            StatusCode::UNAUTHORIZED => Error::Unauthorized(rejection),
            StatusCode::FORBIDDEN => Error::Forbidden(rejection),
            _ => Error::Refused(rejection),
        }
    }

    /// A redirect: one that was not followed, or one that a client of the caller's did follow.
    fn redirected(&self, target: Option<&str>, context: RequestContext) -> Error {
        let target_origin = target
            .and_then(|target| Url::parse(&(self.redact)(target.to_owned())).ok())
            .map(|target| target.origin().ascii_serialization());
        Error::Redirected { context: Box::new(context), target_origin }
    }
}

impl Reply {
    /// Takes a member of the top-level object; null counts as missing.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name).filter(|value| !value.is_null())
    }

    /// Takes all members that are left, as one object.
    pub(crate) fn take_rest(&mut self) -> Value {
        Value::Object(std::mem::take(&mut self.members))
    }

    /// The errors beside the data.
    pub(crate) fn take_errors(&mut self) -> Vec<ReportedError> {
        std::mem::take(&mut self.errors)
    }

    pub(crate) const fn has_errors(&self) -> bool {
        !self.errors.is_empty()
    }

    pub(crate) fn response(&self) -> ResponseInfo {
        self.context.response()
    }

    pub(crate) fn into_context(self) -> RequestContext {
        self.context
    }

    /// A success status that does not confirm what was asked for.
    pub(crate) fn unconfirmed(self, missing: Option<&'static str>) -> Error {
        let Self { errors, context, .. } = self;
        Error::AcceptedWithErrors(Box::new(Unconfirmed { context, missing, errors }))
    }

    pub(crate) fn malformed(&self, field: &'static str, reason: Malformation) -> Error {
        Error::MalformedResponse { field, reason, context: Box::new(self.context.clone()) }
    }
}

/// The one place where a request leaves.
async fn execute(http: &reqwest::Client, request: Request) -> Result<Response, reqwest::Error> {
    #[cfg(feature = "hazmat")]
    if let Some(answer) = crate::hazmat::answer(&request) {
        return Ok(answer.await);
    }
    http.execute(request).await
}

fn is_encoded(response: &Response) -> bool {
    response.headers().get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity")
}

enum BodyEnd {
    Complete,
    TooLarge,
    Timeout(TimeoutPhase),
    Lost(reqwest::Error),
}

/// Reads at most `limit` bytes, and says how the body ended.
async fn read_body(mut response: Response, limit: usize, clock: &Clock<'_>) -> (Vec<u8>, BodyEnd) {
    let mut body = Vec::new();
    let announced = response.content_length().unwrap_or(0);
    if response.status().is_success()
        && !usize::try_from(announced).is_ok_and(|bytes| bytes <= limit)
    {
        return (body, BodyEnd::TooLarge);
    }
    loop {
        let chunk = match clock.limit(TimeoutPhase::ResponseBody, response.chunk()).await {
            Ok(Ok(Some(chunk))) => chunk,
            Ok(Ok(None)) => return (body, BodyEnd::Complete),
            Ok(Err(error)) => return (body, BodyEnd::Lost(error)),
            Err(phase) => return (body, BodyEnd::Timeout(phase)),
        };
        let room = limit - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if chunk.len() > room {
            return (body, BodyEnd::TooLarge);
        }
    }
}

/// How long a body of this length takes at the slowest rate that is put up with.
pub(crate) fn time_to_send(bytes: usize) -> Duration {
    Duration::from_secs(1)
        .saturating_mul(u32::try_from(bytes).unwrap_or(u32::MAX))
        .checked_div(SLOWEST_BYTES_PER_SECOND)
        .unwrap_or_default()
}

/// The time limits of one request under way.
struct Clock<'a> {
    timeouts: &'a Timeouts,
    /// What the request's body adds to the limits that sending it falls under.
    sending: Duration,
    deadline: Instant,
}

impl<'a> Clock<'a> {
    fn start(timeouts: &'a Timeouts, sending: Duration) -> Self {
        Self { timeouts, sending, deadline: Instant::now() + timeouts.whole_request + sending }
    }

    /// Waits for `future`, or says whose time ran out first.
    async fn limit<F: Future>(
        &self,
        phase: TimeoutPhase,
        future: F,
    ) -> Result<F::Output, TimeoutPhase> {
        let extra = if phase == TimeoutPhase::ResponseHead { self.sending } else { Duration::ZERO };
        let end = Instant::now() + self.timeouts.of(phase) + extra;
        let (end, phase) = if self.deadline <= end {
            (self.deadline, TimeoutPhase::WholeRequest)
        } else {
            (end, phase)
        };
        timeout_at(end, future).await.map_err(|_| phase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_adds_a_second_for_each_64_kib() {
        assert_eq!(time_to_send(0), Duration::ZERO);
        assert_eq!(time_to_send(32 * 1024), Duration::from_millis(500));
        assert_eq!(time_to_send(4_587_520), Duration::from_secs(70));
        assert!(time_to_send(usize::MAX) < Duration::from_secs(24 * 3600));
    }
}
