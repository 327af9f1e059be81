//! Delivering a key change.

use sealpost_crypto::{EncodedEvent, KeysOnly};
use tokio::runtime::Runtime;

use super::runtime;
use crate::{Deliverable, Delivered, DeliveryError, RetryPolicy, Verdict};

/// A key change on its way; see
/// [`Client::deliver_conversation_keys`](super::Client::deliver_conversation_keys).
#[must_use = "nothing is sent before `send` is called"]
pub struct Delivery<'a, C, K = KeysOnly> {
    pub(super) inner: crate::Delivery<'a, C, K>,
    pub(super) runtime: &'static Runtime,
}

impl<C: Fn(&EncodedEvent) -> Verdict, K: Deliverable> Delivery<'_, C, K> {
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
