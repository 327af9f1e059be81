//! Delivering a key change: tried again where that is safe, looked for where it is not.

mod delivery;
mod machine;
mod policy;

pub use delivery::{Delivered, Delivery, DeliveryError, Progress, Verdict};
pub use policy::RetryPolicy;
