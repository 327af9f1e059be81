//! A body that is handed on as it arrives.

use std::time::Duration;

use bytes::Bytes;
use reqwest::Response;
use reqwest::header::CONTENT_TYPE;
use tokio::time::{Instant, timeout};

use crate::context::{RequestContext, ResponseInfo};
use crate::error::{Error, Malformation, TimeoutPhase};
use crate::exchange::{Answer, Answered, Exchange, Redact, time_to_send};
use crate::network;

/// The bytes of a success, not read yet.
pub(crate) struct Incoming {
    response: Response,
    context: RequestContext,
    /// For each wait.
    idle: Duration,
    /// For all waits together. Time that the caller takes between them does not count.
    left: Duration,
    limit: u64,
    received: u64,
}

impl Answer for Incoming {
    const ACCEPT: &'static str =
        "application/octet-stream, application/json, application/problem+json";

    /// Bytes may be anything; only what calls itself text is none of ours.
    async fn read<R: Redact>(
        exchange: &Exchange<'_, R>,
        answered: Answered<'_>,
    ) -> Result<Self, Error> {
        let content_type = answered.response.headers().get(CONTENT_TYPE);
        let content_type = content_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let content_type = content_type.to_ascii_lowercase();
        if content_type.starts_with("text/") {
            let reason = Malformation::WrongType { expected: "bytes" };
            let context = Box::new(answered.context);
            return Err(Error::MalformedResponse { field: "body", reason, context });
        }
        if content_type.starts_with("application/json")
            || content_type.starts_with("application/problem+json")
        {
            let reply = exchange.reply(exchange.success(answered).await?)?;
            return Err(if reply.has_errors() {
                reply.unconfirmed(None)
            } else {
                reply.malformed("body", Malformation::WrongType { expected: "bytes" })
            });
        }
        let (idle, left) = answered.time_left();
        let Answered { response, context, .. } = answered;
        Ok(Self { response, context, idle, left, limit: u64::MAX, received: 0 })
    }

    fn context(&self) -> &RequestContext {
        &self.context
    }
}

impl Incoming {
    /// Sets how many bytes there may be. A body that is announced to be longer is refused here.
    ///
    /// # Errors
    /// [`Error::BodyTooLarge`].
    pub(crate) fn limited(mut self, limit: u64) -> Result<Self, Error> {
        self.limit = limit;
        let announced = self.announced();
        if announced.is_some_and(|announced| announced > limit) {
            return Err(self.too_large());
        }
        let expected = usize::try_from(announced.unwrap_or(limit)).unwrap_or(usize::MAX);
        self.left = self.left.saturating_add(time_to_send(expected));
        Ok(self)
    }

    /// How many bytes the server says there are.
    pub(crate) fn announced(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// How many bytes have arrived so far.
    pub(crate) const fn received(&self) -> u64 {
        self.received
    }

    pub(crate) fn response(&self) -> ResponseInfo {
        self.context.response()
    }

    /// The next piece; `None` after the last one.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        let (wait, phase) = if self.left <= self.idle {
            (self.left, TimeoutPhase::WholeRequest)
        } else {
            (self.idle, TimeoutPhase::ResponseBody)
        };
        let start = Instant::now();
        let outcome = timeout(wait, self.response.chunk()).await;
        self.left = self.left.saturating_sub(start.elapsed());
        match outcome {
            Ok(Ok(Some(chunk))) => {
                let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
                self.received = self.received.saturating_add(length);
                if self.received > self.limit { Err(self.too_large()) } else { Ok(Some(chunk)) }
            }
            Ok(Ok(None)) => Ok(None),
            Ok(Err(error)) => Err(network::within_answer(error, self.context.clone())),
            Err(_) => Err(Error::Timeout { phase, context: Box::new(self.context.clone()) }),
        }
    }

    fn too_large(&self) -> Error {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        Error::BodyTooLarge { limit, context: Box::new(self.context.clone()) }
    }
}
