//! With the feature `tracing`.

use std::time::Instant;

use sealpost_crypto::PreparedKeyChange;
use tracing::field::{Empty, display};
use tracing::{Instrument as _, debug, debug_span, info, info_span, warn};

use crate::context::{Operation, RequestContext};
use crate::error::Error;
use crate::retry::{Delivered, DeliveryError};

const OK: &str = "ok";

/// A span, and since when it lasts.
pub(crate) struct Span {
    span: tracing::Span,
    start: Instant,
}

impl Span {
    fn new(span: tracing::Span) -> Self {
        Self { span, start: Instant::now() }
    }

    /// One request and its answer.
    pub(crate) fn request(context: &RequestContext, bytes: usize) -> Self {
        Self::new(debug_span!(
            "request",
            method = %context.operation().method(),
            url = context.url(),
            request_bytes = bytes,
            status = Empty,
            request_id = Empty,
            rate_limit_remaining = Empty,
            outcome = Empty,
            duration_ms = Empty,
        ))
    }

    /// One call, with all its attempts.
    pub(crate) fn call(operation: Operation) -> Self {
        Self::new(info_span!(
            "call",
            operation = operation.operation_id(),
            attempts = Empty,
            outcome = Empty,
            duration_ms = Empty,
        ))
    }

    /// The delivery of a key change, with all its calls.
    pub(crate) fn delivery<K>(change: &PreparedKeyChange<K>) -> Self {
        Self::new(info_span!(
            "delivery",
            conversation_id = %change.conversation_id(),
            key_version = %change.key_version(),
            message_id = %change.message_id(),
            suite = ?change.suite(),
            attempts = Empty,
            found = Empty,
            outcome = Empty,
            duration_ms = Empty,
        ))
    }

    pub(crate) async fn around<F: Future>(&self, work: F) -> F::Output {
        work.instrument(self.span.clone()).await
    }

    pub(crate) fn attempts(&self, attempts: u32) {
        self.span.record("attempts", attempts);
    }

    /// A request has ended: with an answer, or not.
    pub(crate) fn answered(&self, outcome: Result<&RequestContext, &Error>) {
        let (context, code) = match outcome {
            Ok(context) => (Some(context), OK),
            Err(error) => (error.context(), error.code()),
        };
        if let Some(status) = context.and_then(RequestContext::status) {
            self.span.record("status", status.as_u16());
        }
        if let Some(request_id) = context.and_then(RequestContext::request_id) {
            self.span.record("request_id", display(request_id));
        }
        if let Some(remaining) = context.and_then(|context| context.rate_limit().remaining) {
            self.span.record("rate_limit_remaining", remaining);
        }
        self.end(code);
        self.span.in_scope(|| debug!(outcome = code, "answered"));
    }

    pub(crate) fn called<T>(&self, outcome: &Result<T, Error>) {
        let code = outcome.as_ref().map_or_else(Error::code, |_| OK);
        self.end(code);
        self.span.in_scope(|| match outcome {
            Ok(_) => debug!("done"),
            Err(_) => warn!(outcome = code, "failed"),
        });
    }

    pub(crate) fn delivered(&self, outcome: &Result<Delivered, DeliveryError>) {
        let code = outcome.as_ref().map_or_else(DeliveryError::code, |_| OK);
        match outcome {
            Ok(Delivered { attempts, found, .. }) => {
                self.attempts(*attempts);
                self.span.record("found", *found);
            }
            Err(
                DeliveryError::Failed { attempts, .. }
                | DeliveryError::NotPermitted { attempts, .. }
                | DeliveryError::Unclear { attempts },
            ) => self.attempts(*attempts),
            Err(DeliveryError::Superseded { .. }) => {}
        }
        self.end(code);
        self.span.in_scope(|| match outcome {
            Ok(_) => info!("delivered"),
            Err(_) => warn!(outcome = code, "not delivered"),
        });
    }

    fn end(&self, code: &'static str) {
        self.span.record("outcome", code);
        let millis = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.span.record("duration_ms", millis);
    }
}
