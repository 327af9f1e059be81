//! Without the feature `tracing`.

use sealpost_crypto::PreparedKeyChange;

use crate::context::{Operation, RequestContext};
use crate::error::Error;
use crate::retry::{Delivered, DeliveryError};

pub(crate) struct Span;

impl Span {
    pub(crate) const fn request(_: &RequestContext, _: usize) -> Self {
        Self
    }

    pub(crate) const fn call(_: Operation) -> Self {
        Self
    }

    pub(crate) const fn delivery<K>(_: &PreparedKeyChange<K>) -> Self {
        Self
    }

    pub(crate) async fn around<F: Future>(&self, work: F) -> F::Output {
        work.await
    }

    pub(crate) const fn attempts(&self, _: u32) {}

    pub(crate) const fn answered(&self, _: Result<&RequestContext, &Error>) {}

    pub(crate) const fn called<T>(&self, _: &Result<T, Error>) {}

    pub(crate) const fn delivered(&self, _: &Result<Delivered, DeliveryError>) {}
}
