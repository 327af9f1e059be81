//! Request bodies: read whole, within a size and a time.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use hyper::body::Body as _;

use crate::problem::Problem;

/// Room for a key change to 10,000 participants, which is about 6 MB.
const MAX_BODY: usize = 8 * 1024 * 1024;
/// A body that is too large is still read up to here, so that its sender gets to see the answer.
const MAX_DRAINED: usize = 64 * 1024 * 1024;

pub(crate) async fn read(body: Body, timeout: Duration) -> Result<Bytes, Problem> {
    tokio::time::timeout(timeout, collect(body))
        .await
        .unwrap_or_else(|_| Err(Problem::request_timeout()))
}

async fn collect(mut body: Body) -> Result<Bytes, Problem> {
    let mut collected = BytesMut::new();
    let mut length = 0_usize;
    while let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await {
        let frame = frame.map_err(|_| Problem::invalid_body("The body could not be read."))?;
        let Ok(data) = frame.into_data() else {
            continue; // trailers
        };
        length = length.saturating_add(data.len());
        if length <= MAX_BODY {
            collected.extend_from_slice(&data);
        } else if length > MAX_DRAINED {
            break;
        }
    }
    if length <= MAX_BODY {
        Ok(collected.freeze())
    } else {
        Err(Problem::payload_too_large(MAX_BODY))
    }
}
