//! Request bodies: read whole, or a part of them, within a size and a time.

use std::future::poll_fn;
use std::pin::Pin;
use std::time::Duration;

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use hyper::body::Body as _;

use crate::fault::Fault;
use crate::problem::Problem;

/// Room for a key change to 10,000 participants, which is about 6 MB.
const MAX_BODY: usize = 8 * 1024 * 1024;
/// A body that is too large is still read up to here, so that its sender gets to see the answer.
const MAX_DRAINED: usize = 64 * 1024 * 1024;

/// What came of a body, and why not more of it.
#[derive(Debug)]
pub(crate) struct RequestBody {
    pub(crate) bytes: Bytes,
    pub(crate) problem: Option<Problem>,
}

/// Reads a body, as far as the fault lets it.
pub(crate) async fn read(body: Body, timeout: Duration, fault: Option<Fault>) -> RequestBody {
    let enough = match fault {
        Some(Fault::ResetBeforeBody) => 0,
        Some(Fault::ResetInRequestBody) => half(&body),
        _ => usize::MAX,
    };
    let mut bytes = BytesMut::new();
    let problem = match tokio::time::timeout(timeout, collect(body, enough, &mut bytes)).await {
        Ok(Ok(())) => None,
        Ok(Err(problem)) => Some(problem),
        Err(_) => Some(Problem::request_timeout()),
    };
    RequestBody { bytes: bytes.freeze(), problem }
}

/// Half of the declared length; one byte where none is declared.
fn half(body: &Body) -> usize {
    let length = body.size_hint().exact().and_then(|length| usize::try_from(length).ok());
    length.map_or(1, |length| length.div_ceil(2))
}

async fn collect(mut body: Body, enough: usize, bytes: &mut BytesMut) -> Result<(), Problem> {
    let mut length = 0_usize;
    while length < enough {
        let Some(frame) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await else {
            break;
        };
        let frame = frame.map_err(|_| Problem::invalid_body("The body could not be read."))?;
        let Ok(data) = frame.into_data() else {
            continue; // trailers
        };
        length = length.saturating_add(data.len());
        if length <= MAX_BODY {
            bytes.extend_from_slice(&data);
        } else if length > MAX_DRAINED {
            break;
        }
    }
    if length <= MAX_BODY {
        Ok(())
    } else {
        let detail = format!("The body has more than {MAX_BODY} bytes.");
        Err(Problem::payload_too_large(detail))
    }
}
