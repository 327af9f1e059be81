//! Groups: creating one and adding members, each a key change with a second signed action.

mod action;
mod details;
mod text;

pub(crate) use action::{Addition, Creation, Invite};
pub(crate) use details::millis;
pub use details::{GroupCreate, GroupError, MemberAdd};
pub use text::{
    AffiliateId, AvatarUrl, GroupText, GroupTextError, GroupTitle, InviteUrl, TextProblem,
};
