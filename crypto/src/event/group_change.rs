//! Reading what happened to a group: its creation and new members. Nothing is opened; the
//! signature is over the action itself.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use super::envelope::{Envelope, id};
use super::{EventError, EventField, ReadError, ReadPolicy};
use crate::group::{Addition, Creation, GroupAction, Invite, Layout};
use crate::wire::{GroupCreate, GroupMemberAddChange, MessageEvent};
use crate::{
    AffiliateId, AvatarUrl, Conversation, ConversationId, GroupTextError, GroupTitle, InviteUrl,
    MessageId, Participant, UserId,
};

/// A group's creation as the server delivered it: well-formed, and otherwise just a claim.
#[derive(Clone, PartialEq, Eq)]
pub struct GroupCreateEvent {
    envelope: Envelope,
    conversation: Conversation,
    creation: Creation,
    admins: Vec<UserId>,
    ttl_msec: Option<i64>,
}

/// New members of a group as the server delivered them: well-formed, and otherwise just a claim.
#[derive(Clone, PartialEq, Eq)]
pub struct MemberAddEvent {
    envelope: Envelope,
    addition: Addition,
}

impl GroupCreateEvent {
    pub(super) fn from_wire(
        event: &MessageEvent<'_>,
        create: &GroupCreate<'_>,
    ) -> Result<Self, EventError> {
        let envelope = Envelope::from_wire(event, create.conversation_key_version)?;
        let creation = Creation {
            members: users(&create.member_ids)?,
            is_legacy_upgrade: create.is_legacy_group_upgrade,
            title: text(create.title)?,
            avatar_url: text(create.avatar_url)?,
            key_version: envelope.context.key_version,
        };
        Ok(Self {
            conversation: Conversation::group(
                envelope.context.conversation,
                creation.members.iter().copied(),
            )?,
            envelope,
            creation,
            admins: users(&create.admin_ids)?,
            ttl_msec: create.ttl_msec,
        })
    }

    /// The group's id, as claimed.
    #[must_use]
    pub const fn conversation_id(&self) -> ConversationId {
        self.envelope.context.conversation
    }

    /// Who claims to have created it: whose keys to fetch.
    #[must_use]
    pub const fn sender(&self) -> UserId {
        self.envelope.context.sender
    }

    /// Verifies that the sender, who must be one of the members, created this group.
    ///
    /// # Errors
    /// [`ReadError`].
    ///
    /// # Security
    /// X's own signature covers the members, title and avatar; in the XChat suite it does not
    /// cover the group's id, and in no suite the admins or the message lifetime.
    pub fn verify<'a>(
        &self,
        signers: impl IntoIterator<Item = &'a Participant>,
        policy: ReadPolicy,
    ) -> Result<VerifiedGroupCreate, ReadError> {
        verify(&self.envelope, &self.conversation, signers, policy, |layout| {
            self.creation.action(layout)
        })?;
        Ok(VerifiedGroupCreate(self.clone()))
    }
}

impl MemberAddEvent {
    pub(super) fn from_wire(
        event: &MessageEvent<'_>,
        add: &GroupMemberAddChange<'_>,
    ) -> Result<Self, EventError> {
        let envelope = Envelope::from_wire(event, add.conversation_key_version)?;
        let invite = match &add.group_invite_enable {
            None => None,
            Some(invite) => Some(Invite {
                url: text(invite.invite_url)?,
                affiliate_id: text(invite.affiliate_id)?,
                expires_at_msec: invite.expires_at_msec,
            }),
        };
        let addition = Addition {
            new_members: users(&add.member_ids)?,
            current_members: users(&add.current_member_ids)?,
            admins: users(&add.current_admin_ids)?,
            pending_members: users(&add.current_pending_member_ids)?,
            title: text(add.current_title)?,
            avatar_url: text(add.current_avatar_url)?,
            ttl_msec: add.current_ttl_msec,
            key_version: envelope.context.key_version,
            screen_capture_blocking: add.screen_capture_blocking_enabled,
            invite,
        };
        Ok(Self { envelope, addition })
    }

    /// The group's id, as claimed.
    #[must_use]
    pub const fn conversation_id(&self) -> ConversationId {
        self.envelope.context.conversation
    }

    /// Who claims to have added them: whose keys to fetch.
    #[must_use]
    pub const fn sender(&self) -> UserId {
        self.envelope.context.sender
    }

    /// Verifies that a member of `conversation` added these members to it.
    ///
    /// # Errors
    /// [`ReadError`].
    ///
    /// # Security
    /// `conversation` is what *you* know of the group before the change.
    pub fn verify<'a>(
        &self,
        conversation: &Conversation,
        signers: impl IntoIterator<Item = &'a Participant>,
        policy: ReadPolicy,
    ) -> Result<VerifiedMemberAdd, ReadError> {
        verify(&self.envelope, conversation, signers, policy, |layout| {
            self.addition.action(layout)
        })?;
        Ok(VerifiedMemberAdd(self.clone()))
    }
}

fn verify<'a, 'b>(
    envelope: &Envelope,
    conversation: &Conversation,
    signers: impl IntoIterator<Item = &'a Participant>,
    policy: ReadPolicy,
    action: impl FnOnce(Layout) -> GroupAction<'b>,
) -> Result<(), ReadError> {
    envelope.check_sender(conversation)?;
    let signer = envelope.signer(signers)?;
    let layout = envelope.layout(signer.suite(), policy)?;
    let verifier = &signer.signing_key().0;
    Ok(verifier.verify_group_action(&envelope.context, &action(layout), &envelope.signature)?)
}

/// A group that its creator signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedGroupCreate(GroupCreateEvent);

impl VerifiedGroupCreate {
    /// The group and its members.
    #[must_use]
    pub const fn conversation(&self) -> &Conversation {
        &self.0.conversation
    }

    /// Who created it.
    #[must_use]
    pub const fn sender(&self) -> UserId {
        self.0.sender()
    }

    /// The id of the action.
    #[must_use]
    pub const fn message_id(&self) -> MessageId {
        self.0.envelope.context.message_id
    }

    /// The title.
    #[must_use]
    pub const fn title(&self) -> Option<&GroupTitle> {
        self.0.creation.title.as_ref()
    }

    /// Where the avatar is.
    #[must_use]
    pub const fn avatar_url(&self) -> Option<&AvatarUrl> {
        self.0.creation.avatar_url.as_ref()
    }

    /// The admins, as the server says: no signature covers them.
    #[must_use]
    pub fn unsigned_admins(&self) -> &[UserId] {
        &self.0.admins
    }

    /// How long messages live, as the server says: no signature covers it.
    #[must_use]
    pub fn unsigned_message_ttl(&self) -> Option<Duration> {
        duration(self.0.ttl_msec)
    }
}

/// New members that a member of the group signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedMemberAdd(MemberAddEvent);

impl VerifiedMemberAdd {
    /// The group.
    #[must_use]
    pub const fn conversation_id(&self) -> ConversationId {
        self.0.conversation_id()
    }

    /// Who added them.
    #[must_use]
    pub const fn sender(&self) -> UserId {
        self.0.sender()
    }

    /// The id of the action.
    #[must_use]
    pub const fn message_id(&self) -> MessageId {
        self.0.envelope.context.message_id
    }

    /// Who was added.
    #[must_use]
    pub fn new_members(&self) -> &[UserId] {
        &self.0.addition.new_members
    }

    /// Who was a member before, in the view of the sender. Compare it with yours.
    #[must_use]
    pub fn current_members(&self) -> &[UserId] {
        &self.0.addition.current_members
    }

    /// The admins, in the view of the sender.
    #[must_use]
    pub fn admins(&self) -> &[UserId] {
        &self.0.addition.admins
    }

    /// The title, in the view of the sender.
    #[must_use]
    pub const fn title(&self) -> Option<&GroupTitle> {
        self.0.addition.title.as_ref()
    }

    /// The link of the invite that the new members came by.
    #[must_use]
    pub fn invite_url(&self) -> Option<&InviteUrl> {
        self.0.addition.invite.as_ref()?.url.as_ref()
    }

    /// Whose invite it was.
    #[must_use]
    pub fn affiliate_id(&self) -> Option<&AffiliateId> {
        self.0.addition.invite.as_ref()?.affiliate_id.as_ref()
    }

    /// How long messages live, in the view of the sender.
    #[must_use]
    pub fn message_ttl(&self) -> Option<Duration> {
        duration(self.0.addition.ttl_msec)
    }
}

impl fmt::Debug for GroupCreateEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GroupCreateEvent")
            .field("context", &self.envelope.context)
            .field("members", &self.creation.members.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for MemberAddEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemberAddEvent")
            .field("context", &self.envelope.context)
            .field("new_members", &self.addition.new_members)
            .finish_non_exhaustive()
    }
}

fn duration(millis: Option<i64>) -> Option<Duration> {
    u64::try_from(millis?).ok().map(Duration::from_millis)
}

fn users(texts: &[&str]) -> Result<Vec<UserId>, EventError> {
    texts.iter().map(|text| id(Some(text), EventField::GroupUserId)).collect()
}

fn text<T: FromStr<Err = GroupTextError>>(value: Option<&str>) -> Result<Option<T>, EventError> {
    value.map(|text| text.parse().map_err(EventError::GroupText)).transpose()
}
