//! Failures below HTTP, and what they prove about the request.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use crate::context::RequestContext;
use crate::error::{Error, TimeoutPhase};
use crate::excerpt::Excerpt;

/// How the errors of a proxy's tunnel begin. Their type is in no public interface; should the words
/// change, such an error counts as one of connecting, which proves the same about the request.
const TUNNEL: &str = "tunnel error: ";
const UNAUTHENTICATED: &str = "tunnel error: proxy authorization required";

/// A failure below HTTP. Its `Display` walks the whole chain of causes.
pub struct NetworkError(pub(crate) reqwest::Error);

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Excerpt(&self.0.to_string()))?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {}", Excerpt(&error.to_string()))?;
            cause = error.source();
        }
        Ok(())
    }
}

impl fmt::Debug for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NetworkError({self})")
    }
}

impl NetworkError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "transport.network"
    }
}

/// The chain is in the text: the causes are types of other crates and no part of this API.
impl StdError for NetworkError {}

/// Sorts a failure that came before the head of an answer. Whatever proves nothing counts as "may
/// have been written".
pub(crate) fn before_answer(error: reqwest::Error, context: RequestContext) -> Error {
    let context = Box::new(context);
    let (connect, timeout) = (error.is_connect(), error.is_timeout());
    let (tls, unprocessed) = (any_cause(&error, is_tls), any_cause(&error, is_unprocessed));
    let unauthenticated = any_cause(&error, |cause| cause.to_string() == UNAUTHENTICATED);
    let tunnel = any_cause(&error, |cause| cause.to_string().starts_with(TUNNEL));
    let redirect = error.is_redirect();
    let source = NetworkError(error.without_url());
    match (connect, timeout) {
        (true, true) => Error::Timeout { phase: TimeoutPhase::Connect, context },
        (true, false) if unauthenticated => Error::ProxyAuthentication { context },
        (true, false) if tunnel => Error::Proxy { context, source },
        (true, false) if tls => Error::Tls { context, source },
        (true, false) => Error::Connect { context, source },
        (false, _) if unprocessed => Error::Unprocessed { context, source },
        (false, _) if redirect => Error::Redirected { context, target_origin: None },
        (false, _) => Error::Interrupted { context, source },
    }
}

/// A failure after the head of an answer: the request was processed, whatever the cause says.
pub(crate) fn within_answer(error: reqwest::Error, context: RequestContext) -> Error {
    Error::Interrupted { context: Box::new(context), source: NetworkError(error.without_url()) }
}

fn any_cause(error: &reqwest::Error, test: fn(&(dyn StdError + 'static)) -> bool) -> bool {
    std::iter::successors(error.source(), |error| next_cause(*error)).any(test)
}

/// What an I/O error wraps comes next; its own `source` skips that.
fn next_cause<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        Some(wrapped) => Some(wrapped),
        None => error.source(),
    }
}

fn is_tls(error: &(dyn StdError + 'static)) -> bool {
    error.is::<rustls::Error>()
}

/// RFC 9113 sections 6.8 and 8.7: a stream above the last one of a graceful `GOAWAY`, and one
/// reset with `REFUSED_STREAM`, were not processed.
fn is_unprocessed(error: &(dyn StdError + 'static)) -> bool {
    error.downcast_ref::<h2::Error>().is_some_and(|error| {
        error.is_remote()
            && ((error.is_go_away() && error.reason() == Some(h2::Reason::NO_ERROR))
                || (error.is_reset() && error.reason() == Some(h2::Reason::REFUSED_STREAM)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::Credentials;
    use crate::base_url::BaseUrl;
    use crate::builder::Timeouts;
    use crate::client::Client;
    use crate::retry::RetryPolicy;
    use sealpost_crypto::UserId;
    use std::time::Duration;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::sync::Semaphore;

    const HEADERS: u8 = 1;
    const RST_STREAM: u8 = 3;
    const SETTINGS: u8 = 4;
    const GOAWAY: u8 = 7;
    const END_HEADERS: u8 = 4;

    /// One HTTP/2 frame (RFC 9113 section 4.1).
    fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        let head = [0, 0, length, kind, flags, 0, 0, 0, stream];
        [&head[..], payload].concat()
    }

    fn reset(code: u8) -> Vec<u8> {
        frame(RST_STREAM, 0, 1, &[0, 0, 0, code])
    }

    fn go_away(last_stream: u8, code: u8) -> Vec<u8> {
        frame(GOAWAY, 0, 0, &[0, 0, 0, last_stream, 0, 0, 0, code])
    }

    /// What a request over plain HTTP/2 ends in when the peer answers it with `frames`.
    async fn failure(frames: Vec<u8>) -> Error {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let peer = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(&frame(SETTINGS, 0, 0, &[])).await.unwrap();
            let mut received = Vec::new();
            // A request without a body is one HEADERS frame, with END_STREAM and END_HEADERS.
            while !received.windows(6).any(|window| window == [HEADERS, 5, 0, 0, 0, 1]) {
                assert_ne!(stream.read_buf(&mut received).await.unwrap(), 0);
            }
            stream.write_all(&frames).await.unwrap();
            // Closing only once the client has had its say lets it read the frames first.
            let rest = stream.read_to_end(&mut received);
            let _ = tokio::time::timeout(Duration::from_millis(200), rest).await;
        });
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(crate::tls::Trust::NOBODY.config().unwrap())
            .retry(reqwest::retry::never())
            .http2_prior_knowledge()
            .build()
            .unwrap();
        let credentials = Credentials::bearer("token".into());
        let base_url = BaseUrl::parse(&url).unwrap();
        let client =
            Client::new(http, base_url, credentials, Timeouts::DEFAULT, 1000, Semaphore::new(1))
                .with_retry(RetryPolicy::never());
        let error = client.user_public_keys(&UserId::new(1).unwrap()).await.unwrap_err();
        peer.await.unwrap();
        error
    }

    #[tokio::test]
    async fn a_refused_stream_was_not_processed() {
        let error = failure(reset(7)).await;
        assert!(matches!(error, Error::Unprocessed { .. }), "{error:?}");
        assert!(error.is_retryable());
    }

    #[tokio::test]
    async fn a_graceful_shutdown_before_the_stream_proves_the_same() {
        let error = failure(go_away(0, 0)).await;
        assert!(matches!(error, Error::Unprocessed { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn other_endings_prove_nothing() {
        let (cancelled, internal) = (reset(8), go_away(0, 2));
        let shutdown_after_the_stream = go_away(1, 0);
        // 0x88 is `:status: 200` (RFC 7541 appendix A).
        let head = frame(HEADERS, END_HEADERS, 1, &[0x88]);
        let refused_after_the_head = [head, reset(7)].concat();
        for frames in [cancelled, internal, shutdown_after_the_stream, refused_after_the_head] {
            let error = failure(frames).await;
            assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
            assert!(error.is_retryable());
        }
    }
}
