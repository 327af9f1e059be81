//! Trying again: ordinary calls where that is safe, key changes after a look at the events.

mod budget;
mod deliverable;
mod delivery;
mod machine;
mod policy;
mod repeat;

pub use deliverable::Deliverable;
pub use delivery::{
    Delivered, Delivery, DeliveryError, DeliveryPermit, DeliveryPermitError, Verdict,
};
pub use policy::RetryPolicy;
