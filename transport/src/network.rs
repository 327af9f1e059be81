//! Sorting failures below HTTP by what they prove about the request.

use std::error::Error as StdError;
use std::io;

use crate::context::RequestContext;
use crate::error::{Error, NetworkError, TimeoutPhase};

/// Whatever proves nothing counts as "may have been written".
pub(crate) fn classify(error: reqwest::Error, context: RequestContext) -> Error {
    let context = Box::new(context);
    let (connect, timeout) = (error.is_connect(), error.is_timeout());
    let (tls, unprocessed) = (any_cause(&error, is_tls), any_cause(&error, is_unprocessed));
    let source = NetworkError(error.without_url());
    match (connect, timeout) {
        (true, true) => Error::Timeout { phase: TimeoutPhase::Connect, context },
        (true, false) if tls => Error::Tls { context, source },
        (true, false) => Error::Connect { context, source },
        (false, _) if unprocessed => Error::Unprocessed { context, source },
        (false, _) => Error::Interrupted { context, source },
    }
}

fn any_cause(error: &reqwest::Error, test: fn(&(dyn StdError + 'static)) -> bool) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        // An I/O error's `source` is the source of what it wraps, and leaves that itself out.
        let wrapped = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if test(error) || wrapped.is_some_and(|wrapped| test(wrapped)) {
            return true;
        }
        cause = error.source();
    }
    false
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
    use crate::context::Operation;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use url::Url;

    /// One HTTP/2 frame (RFC 9113 section 4.1).
    fn frame(kind: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
        let length = u8::try_from(payload.len()).unwrap();
        let head = [0, 0, length, kind, 0, 0, 0, 0, stream];
        [&head[..], payload].concat()
    }

    const SETTINGS: u8 = 4;
    const RST_STREAM: u8 = 3;
    const GOAWAY: u8 = 7;

    /// Posts over plain HTTP/2 to a peer that answers the request with `frames`, and classifies.
    async fn failure(frames: Vec<u8>) -> Error {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/", listener.local_addr().unwrap())).unwrap();
        let peer = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            stream.write_all(&frame(SETTINGS, 0, &[])).await.unwrap();
            let mut received = Vec::new();
            // The body is the last thing the client sends.
            while !received.windows(6).any(|window| window == b"a body") {
                assert_ne!(stream.read_buf(&mut received).await.unwrap(), 0);
            }
            stream.write_all(&frames).await.unwrap();
            // Closing only once the client has had its say lets it read the frames first.
            let _ = tokio::time::timeout(
                std::time::Duration::from_millis(200),
                stream.read_to_end(&mut received),
            )
            .await;
        });
        let client = reqwest::Client::builder()
            .tls_backend_preconfigured(crate::tls::no_trust().unwrap())
            .retry(reqwest::retry::never())
            .http2_prior_knowledge()
            .build()
            .unwrap();
        let error = client.post(url.clone()).body("a body").send().await.unwrap_err();
        peer.await.unwrap();
        classify(error, RequestContext::new(Operation::AddConversationKeys, &url))
    }

    #[tokio::test]
    async fn a_refused_stream_was_not_processed() {
        let error = failure(frame(RST_STREAM, 1, &[0, 0, 0, 7])).await;
        assert!(matches!(error, Error::Unprocessed { .. }), "{error:?}");
        assert!(error.is_retryable() && !error.may_have_been_applied());
    }

    #[tokio::test]
    async fn a_graceful_shutdown_before_the_stream_proves_the_same() {
        let error = failure(frame(GOAWAY, 0, &[0, 0, 0, 0, 0, 0, 0, 0])).await;
        assert!(matches!(error, Error::Unprocessed { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn other_resets_prove_nothing() {
        let cancelled = frame(RST_STREAM, 1, &[0, 0, 0, 8]);
        let internal = frame(GOAWAY, 0, &[0, 0, 0, 0, 0, 0, 0, 2]);
        let after_the_stream = frame(GOAWAY, 0, &[0, 0, 0, 1, 0, 0, 0, 0]);
        for frames in [cancelled, internal, after_the_stream] {
            let error = failure(frames).await;
            assert!(matches!(error, Error::Interrupted { .. }), "{error:?}");
            assert!(error.may_have_been_applied());
        }
    }
}
