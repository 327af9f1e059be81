//! Trying again: ordinary calls where that is safe, key changes after a look at the events.

mod budget;
mod delivery;
mod machine;
mod policy;
mod repeat;

pub use delivery::{Delivered, Delivery, DeliveryError, Verdict};
pub use policy::RetryPolicy;
