//! The kinds of key changes that can be delivered, and where each goes.

use sealpost_crypto::{
    ChangeKind, GroupCreate, KeysOnly, MemberAdd, PreparedKeyChange, SequenceId,
};

use crate::client::Client;
use crate::context::Operation;
use crate::error::Error;

/// A kind of key change that [`Client::deliver_conversation_keys`] delivers: [`KeysOnly`],
/// [`GroupCreate`] or [`MemberAdd`].
pub trait Deliverable: ChangeKind + Sized + Send + Sync + sealed::Post {}

impl Deliverable for KeysOnly {}
impl Deliverable for GroupCreate {}
impl Deliverable for MemberAdd {}

pub(super) mod sealed {
    use super::*;

    pub trait Post: Sized {
        /// The call that posts it.
        const OPERATION: Operation;

        /// Posts it once. Returns the server's number of the key change, where it tells it.
        fn post(
            client: &Client,
            change: &PreparedKeyChange<Self>,
        ) -> impl Future<Output = Result<Option<SequenceId>, Error>> + Send;
    }
}

impl sealed::Post for KeysOnly {
    const OPERATION: Operation = Operation::AddConversationKeys;

    async fn post(
        client: &Client,
        change: &PreparedKeyChange<Self>,
    ) -> Result<Option<SequenceId>, Error> {
        Ok(Some(client.add_conversation_keys(change).await?.sequence_id))
    }
}

impl sealed::Post for GroupCreate {
    const OPERATION: Operation = Operation::CreateGroup;

    async fn post(
        client: &Client,
        change: &PreparedKeyChange<Self>,
    ) -> Result<Option<SequenceId>, Error> {
        Ok(Some(client.create_group(change).await?.sequence_id))
    }
}

impl sealed::Post for MemberAdd {
    const OPERATION: Operation = Operation::AddGroupMembers;

    async fn post(
        client: &Client,
        change: &PreparedKeyChange<Self>,
    ) -> Result<Option<SequenceId>, Error> {
        Ok(client.add_group_members(change).await?.sequence_id)
    }
}
