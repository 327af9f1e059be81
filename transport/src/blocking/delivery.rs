//! Delivering a key change.

use sealpost_crypto::EncodedEvent;
use tokio::runtime::Runtime;

use super::runtime;
use crate::{Delivered, DeliveryError, RetryPolicy, Verdict};

/// A key change on its way; see
/// [`Client::deliver_conversation_keys`](super::Client::deliver_conversation_keys).
#[must_use = "nothing is sent before `send` is called"]
pub struct Delivery<'a, C> {
    pub(super) inner: crate::Delivery<'a, C>,
    pub(super) runtime: &'static Runtime,
}

impl<C: Fn(&EncodedEvent) -> Verdict> Delivery<'_, C> {
    /// With another policy than the client's.
    pub fn policy(self, policy: RetryPolicy) -> Self {
        Self { inner: self.inner.policy(policy), ..self }
    }

    /// Sends, and tries again as the policy allows; see [`send`](crate::Delivery::send).
    ///
    /// # Errors
    /// The same.
    pub fn send(self) -> Result<Delivered, DeliveryError> {
        runtime::wait(self.runtime, self.inner.send())
    }
}
