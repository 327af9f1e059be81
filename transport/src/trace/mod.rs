//! Spans of calls, with the feature `tracing`; nothing without it.
//!
//! They hold ids, counts, durations and outcomes. Never a token, a key, a header, a query or a
//! body: what is recorded comes from [`RequestContext`](crate::RequestContext), which has none of
//! them, from ids, and from the stable codes of errors.

#[cfg(not(feature = "tracing"))]
mod off;
#[cfg(feature = "tracing")]
mod on;

#[cfg(not(feature = "tracing"))]
pub(crate) use off::Span;
#[cfg(feature = "tracing")]
pub(crate) use on::Span;
