//! Reading what happened to a group: its creation and new members. Nothing is opened; the
//! signature is over the action itself.

use alloc::vec::Vec;
use core::fmt;
use core::str::FromStr;
use core::time::Duration;

use super::envelope::{Envelope, envelope_claims, id};
use super::{EventError, EventField, ReadError, ReadPolicy};
use crate::action::{ActionPayload, Layout};
use crate::group::{Addition, Creation, Invite};
use crate::wire::{GroupCreate, GroupMemberAddChange, MessageEvent};
use crate::{
    ActionMark, AffiliateId, AvatarUrl, Conversation, ConversationError, ConversationId,
    GroupTextError, GroupTitle, InviteUrl, KeyVersion, MessageId, Participant, UserId,
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

envelope_claims!(GroupCreateEvent);

impl GroupCreateEvent {
    pub(super) fn from_wire(
        event: &MessageEvent<'_>,
        create: &GroupCreate<'_>,
    ) -> Result<Self, EventError> {
        let envelope = Envelope::from_wire(event)?;
        let creation = Creation {
            members: users(&create.member_ids)?,
            is_legacy_upgrade: create.is_legacy_group_upgrade,
            title: text(create.title)?,
            avatar_url: text(create.avatar_url)?,
            key_version: id(create.conversation_key_version, EventField::KeyVersion)?,
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

    /// Verifies that the sender, who must be one of the members, created the group `expected`.
    ///
    /// # Errors
    /// [`ReadError`].
    ///
    /// # Security
    /// The signature covers the key version, members, title and avatar; in no suite the admins or
    /// the message lifetime, and **in the XChat suite not the group's id**. There the id counts
    /// only together with a verified key change of the same sender, group and
    /// [`key_version`](VerifiedGroupCreate::key_version): that one signs the id.
    pub fn verify<'a>(
        &self,
        expected: ConversationId,
        signers: impl IntoIterator<Item = &'a Participant>,
        policy: ReadPolicy,
    ) -> Result<VerifiedGroupCreate, ReadError> {
        let found = self.conversation_id();
        if found != expected {
            return Err(ReadError::WrongConversation { expected, found });
        }
        let layout = verify(&self.envelope, &self.conversation, signers, policy, |layout| {
            self.creation.action(layout)
        })?;
        let mut verified = self.clone();
        verified.creation.keep_signed(layout);
        Ok(VerifiedGroupCreate(verified))
    }
}

envelope_claims!(MemberAddEvent);

impl MemberAddEvent {
    pub(super) fn from_wire(
        event: &MessageEvent<'_>,
        add: &GroupMemberAddChange<'_>,
    ) -> Result<Self, EventError> {
        let envelope = Envelope::from_wire(event)?;
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
            key_version: id(add.conversation_key_version, EventField::KeyVersion)?,
            screen_capture_blocking: add.screen_capture_blocking_enabled,
            invite,
        };
        if addition.new_members.is_empty() {
            return Err(EventError::Missing(EventField::GroupUserId));
        }
        let sender = envelope.context.sender;
        let misfit = addition.misfit();
        if let Some(user) =
            misfit.or((!addition.current_members.contains(&sender)).then_some(sender))
        {
            return Err(EventError::ContradictoryMembers { user });
        }
        Ok(Self { envelope, addition })
    }

    /// Who was a member before, as claimed. A user who has just been added knows no other list.
    #[must_use]
    pub fn claimed_members(&self) -> &[UserId] {
        &self.addition.current_members
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

    /// Who was added, as claimed.
    #[must_use]
    pub fn claimed_new_members(&self) -> &[UserId] {
        &self.addition.new_members
    }

    /// Verifies that a member of `conversation` added these members to it.
    ///
    /// # Errors
    /// [`ReadError`]; [`ReadError::OtherMembers`] when the sender knew other members than you do.
    ///
    /// # Security
    /// `conversation` is what *you* know of the group before the change. X's payloads have no
    /// borders between lists, so it is your list that tells the new members from the others.
    pub fn verify<'a>(
        &self,
        conversation: &Conversation,
        signers: impl IntoIterator<Item = &'a Participant>,
        policy: ReadPolicy,
    ) -> Result<VerifiedMemberAdd, ReadError> {
        let layout = verify(&self.envelope, conversation, signers, policy, |layout| {
            self.addition.action(layout)
        })?;
        let known = conversation.members().len() == self.addition.current_members.len()
            && self.addition.current_members.iter().all(|user| conversation.contains(*user));
        if !known {
            return Err(ReadError::OtherMembers { sender: self.sender() });
        }
        let mut verified = self.clone();
        verified.addition.keep_signed(layout);
        Ok(VerifiedMemberAdd(verified))
    }
}

fn verify<'a, 'b>(
    envelope: &Envelope,
    conversation: &Conversation,
    signers: impl IntoIterator<Item = &'a Participant>,
    policy: ReadPolicy,
    action: impl FnOnce(Layout) -> ActionPayload<'b>,
) -> Result<Layout, ReadError> {
    envelope.check_sender(conversation)?;
    let signer = envelope.signer(signers)?;
    let layout = envelope.layout(signer.suite(), policy)?;
    let verifier = &signer.signing_key().0;
    verifier.check_form(&envelope.signature)?;
    verifier.verify_action(&envelope.context, &action(layout), &envelope.signature)?;
    Ok(layout)
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

    /// The version of the key that goes with it. Nothing of this holds unless a key change of that
    /// version, by the same sender and for the same group, verifies as well.
    #[must_use]
    pub const fn key_version(&self) -> KeyVersion {
        self.0.creation.key_version
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

impl VerifiedGroupCreate {
    pub(super) fn mark(&self) -> ActionMark {
        let payload = self.0.creation.action(Layout::CURRENT);
        ActionMark::of_action(&self.0.envelope.context, &payload)
    }
}

impl VerifiedMemberAdd {
    pub(super) fn mark(&self) -> ActionMark {
        let payload = self.0.addition.action(Layout::CURRENT);
        ActionMark::of_action(&self.0.envelope.context, &payload)
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

    /// The version of the key that goes with it. Nothing of this holds unless a key change of that
    /// version, by the same sender and for the same group, verifies as well.
    #[must_use]
    pub const fn key_version(&self) -> KeyVersion {
        self.0.addition.key_version
    }

    /// Who was added.
    #[must_use]
    pub fn new_members(&self) -> &[UserId] {
        &self.0.addition.new_members
    }

    /// The group's members now: those you knew and the new ones.
    ///
    /// # Errors
    /// [`ConversationError::TooManyMembers`].
    pub fn conversation(&self) -> Result<Conversation, ConversationError> {
        let Addition { current_members, new_members, .. } = &self.0.addition;
        Conversation::group(
            self.conversation_id(),
            current_members.iter().chain(new_members).copied(),
        )
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

    /// Where the avatar is, in the view of the sender.
    #[must_use]
    pub const fn avatar_url(&self) -> Option<&AvatarUrl> {
        self.0.addition.avatar_url.as_ref()
    }

    /// Whether screen captures are blocked, in the view of the sender.
    #[must_use]
    pub const fn screen_capture_blocking(&self) -> Option<bool> {
        self.0.addition.screen_capture_blocking
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
