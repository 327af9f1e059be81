//! Groups: their ids, their creation, their new members.

use sealpost_crypto::{
    ConversationId, GroupCreate, MemberAdd, PreparedKeyChange, SequenceId, UserId,
};
use serde_json::Value;

use super::answer::ChangeAnswer;
use super::{Fault, array, id, object, take};
use crate::body::Body;
use crate::client::Client;
use crate::context::{Operation, ResponseInfo};
use crate::error::{Error, Malformation};
use crate::exchange::Call;

const SEQUENCE_ID: &str = "conversation_key_change_sequence_id";

/// A group the server created.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupCreated {
    /// The group that was signed; the answer named the same one, or none.
    pub conversation_id: ConversationId,
    /// The place of the group's first key change among its events.
    pub sequence_id: SequenceId,
    /// The id and the rate limit that came with the answer.
    pub response: ResponseInfo,
}

/// New members the server added to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MembersAdded {
    /// The place of the key change among the group's events, when the server told it.
    pub sequence_id: Option<SequenceId>,
    /// Everybody who is a member now, as the server says, when it did. Compare it with the members
    /// the key was sealed to.
    pub current_member_ids: Option<Vec<UserId>>,
    /// The id and the rate limit that came with the answer.
    pub response: ResponseInfo,
}

impl Client {
    /// Gets the id for a new group: `POST /2/chat/conversations/group/initialize`. The group exists
    /// once it is [created](Self::create_group).
    ///
    /// An id that was lost with its answer does no harm: ask for another.
    ///
    /// # Errors
    /// [`Error::AcceptedWithErrors`] when the server answers with success but reports errors or
    /// gives no id; otherwise as [`Error`] describes.
    pub async fn initialize_group(&self) -> Result<ConversationId, Error> {
        let mut reply = self
            .exchange(Call {
                operation: Operation::InitializeGroup,
                path: &["2", "chat", "conversations", "group", "initialize"],
                query: &[],
                body: Body::None,
            })
            .await?;
        let data = reply.take("data");
        match minted(data).map_err(|(field, reason)| reply.malformed(field, reason))? {
            Some(group) if !reply.has_errors() => Ok(group),
            Some(_) => Err(reply.unconfirmed(None)),
            None => Err(reply.unconfirmed(Some("data.conversation_id"))),
        }
    }

    /// Creates a group with its first key: `POST /2/chat/conversations/group`.
    ///
    /// The body goes out byte for byte as prepared. After a failure send the same
    /// [`PreparedKeyChange`] again, never a new one: members may hold the first key already.
    ///
    /// # Errors
    /// [`Error::AcceptedWithErrors`] when the server answers with success but reports errors or
    /// gives no sequence id; [`Error::ConversationIdMismatch`] when it created another group. After
    /// either, and wherever [`may_have_been_applied`](Error::may_have_been_applied) holds, look at
    /// [`conversation_events`](Self::conversation_events) before sending again.
    pub async fn create_group(
        &self,
        change: &PreparedKeyChange<GroupCreate>,
    ) -> Result<GroupCreated, Error> {
        const FIELD: &str = "data.conversation_key_change_sequence_id";
        let path = ["2", "chat", "conversations", "group"];
        let mut reply = self.send_change(Operation::CreateGroup, &path, change).await?;
        let data = reply.take("data");
        let mut answer = ChangeAnswer::read(reply, data, change)?;
        let sequence_id = answer.take_id(SEQUENCE_ID, FIELD)?;
        let (sequence_id, response) = answer.confirm(sequence_id, FIELD)?;
        Ok(GroupCreated { conversation_id: change.conversation_id(), sequence_id, response })
    }

    /// Adds members to a group, with the key they join with:
    /// `POST /2/chat/conversations/{id}/members`.
    ///
    /// The body goes out byte for byte as prepared. After a failure send the same
    /// [`PreparedKeyChange`] again, never a new one: members may hold the first key already.
    ///
    /// # Errors
    /// [`Error::AcceptedWithErrors`] when the server answers with success but reports errors or
    /// says nothing about the group; [`Error::ConversationIdMismatch`] when it took the change for
    /// another conversation. After either, and wherever
    /// [`may_have_been_applied`](Error::may_have_been_applied) holds, look at
    /// [`conversation_events`](Self::conversation_events) before sending again.
    pub async fn add_group_members(
        &self,
        change: &PreparedKeyChange<MemberAdd>,
    ) -> Result<MembersAdded, Error> {
        let group = change.path().to_string();
        let path = ["2", "chat", "conversations", &group, "members"];
        let mut reply = self.send_change(Operation::AddGroupMembers, &path, change).await?;
        // What is read here stands in `data`, or without it on its own (2.165). What else `data`
        // holds the descriptions leave open.
        let (data, bare) = (reply.take("data"), reply.take_rest());
        let wrapped = data.is_some();
        let mut answer = ChangeAnswer::read(reply, Some(data.unwrap_or(bare)), change)?;
        let has_data = wrapped && !answer.is_empty();
        let sequence_id = answer.take_id(SEQUENCE_ID, SEQUENCE_ID)?;
        let members = answer.take("current_member_ids").map(users).transpose();
        let current_member_ids =
            members.map_err(|(field, reason)| answer.malformed(field, reason))?;
        let confirmed = has_data || sequence_id.is_some() || current_member_ids.is_some();
        let ((), response) = answer.confirm(confirmed.then_some(()), "data")?;
        Ok(MembersAdded { sequence_id, current_member_ids, response })
    }
}

fn minted(data: Option<Value>) -> Result<Option<ConversationId>, Fault> {
    const FIELD: &str = "data.conversation_id";
    let Some(data) = data else {
        return Ok(None);
    };
    let Some(value) = take(&mut object(data, "data")?, &["conversation_id"]) else {
        return Ok(None);
    };
    let group: ConversationId = id(&value, FIELD)?;
    if group.is_group() { Ok(Some(group)) } else { Err((FIELD, Malformation::InvalidValue)) }
}

fn users(value: Value) -> Result<Vec<UserId>, Fault> {
    let users = array(value, "current_member_ids")?;
    users.iter().map(|user| id(user, "current_member_ids[]")).collect()
}
