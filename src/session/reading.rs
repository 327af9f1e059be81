//! What comes of events: keys that are adopted, members that come and go.
//!
//! Whatever is not about keys and members is passed over here.

use std::collections::HashSet;

use super::directory::Signers;
use super::{Session, SessionError, SessionEvent};
use crate::vault::{ClaimSource, ConversationRecord, MemberClaim, Roster};
use crate::{
    Account, Adoption, ChatEvent, Conversation, InboxError, KeyChangeEvent, KeyVersion,
    KeyringError, MessageId, Notice, Participant, PublicKeyVersion, ReadError, UserId,
    VerifiedKeyChange,
};

/// Reads events of one conversation, oldest first, into its record.
pub(super) struct Reading<'a> {
    pub(super) session: &'a Session,
    pub(super) account: &'a Account,
    pub(super) record: &'a mut ConversationRecord,
    pub(super) signers: Signers<'a>,
    /// Something could not be verified *yet*: it must be read again later.
    pub(super) is_held_back: bool,
    /// What was refused: a page brings key changes of others along, again and again.
    refused: HashSet<MessageId>,
    /// Who made the newest key that was adopted, and whom they say it was sealed to.
    newest: Option<MemberClaim>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        session: &'a Session,
        account: &'a Account,
        record: &'a mut ConversationRecord,
    ) -> Self {
        let signers = Signers::new(session);
        let (is_held_back, refused, newest) = (false, HashSet::new(), None);
        Self { session, account, record, signers, is_held_back, refused, newest }
    }

    /// Reads events that follow each other. `events` are all there are, so that a group change
    /// finds the key change that it goes with.
    pub(super) async fn read(&mut self, events: &[ChatEvent]) -> Result<(), SessionError> {
        let joined_at = self.join(events).await?;
        for (place, event) in events.iter().enumerate() {
            // What happened to the group before is part of what one joined.
            let counts = joined_at.is_none_or(|joined_at| place > joined_at);
            match event {
                ChatEvent::KeyChange(change) => self.key_change(change).await?,
                ChatEvent::MemberAdd(add) if counts => self.member_add(add, events).await?,
                ChatEvent::Action(action) if action.changes_conversation() => {
                    if counts {
                        self.action(action).await?;
                    } else {
                        self.pass_over(action);
                    }
                }
                ChatEvent::Notice(notice) => self.server_says(notice.claim()),
                // A group's creation is read when one joins it.
                _ => {}
            }
        }
        // Only now: a key that comes with new members was sealed to them, too.
        if let Some(mut claim) = self.newest.take() {
            if let Some(roster) = self.record.roster() {
                claim.members.retain(|user| !roster.removed.contains(user));
            }
            self.claim(claim);
        }
        Ok(())
    }

    pub(super) async fn key_change(&mut self, change: &KeyChangeEvent) -> Result<(), SessionError> {
        let Some(conversation) = self.record.conversation()? else { return Ok(()) };
        match self.open(change, &conversation).await? {
            Ok(opened) => self.adopt(change, opened),
            // Of before one joined, or before others did.
            Err(ReadError::NoCopy { .. }) if self.is_before_my_time(change.key_version()) => {}
            Err(reason) => self.refuse(change.sender(), change.message_id(), reason),
        }
        Ok(())
    }

    fn is_before_my_time(&self, version: KeyVersion) -> bool {
        let since = self.record.roster().and_then(|roster| roster.since);
        since.is_some_and(|since| version < since)
    }

    /// Opens a key change for a conversation with these members.
    pub(super) async fn open(
        &mut self,
        change: &KeyChangeEvent,
        conversation: &Conversation,
    ) -> Result<Result<VerifiedKeyChange, ReadError>, SessionError> {
        let (sender, version) = (change.sender(), change.sender_key_version());
        let signer = self.signer(conversation, sender, version).await?;
        Ok(change.open(self.account, conversation, &signer))
    }

    /// A member's keys; nobody else's are looked up.
    pub(super) async fn signer(
        &mut self,
        conversation: &Conversation,
        sender: UserId,
        version: PublicKeyVersion,
    ) -> Result<Option<Participant>, SessionError> {
        let own = self.account.participant();
        if sender == own.user_id() {
            return Ok(Some(*own));
        }
        if !conversation.contains(sender) {
            return Ok(None);
        }
        self.signers.get(sender, version).await
    }

    pub(super) fn adopt(&mut self, change: &KeyChangeEvent, opened: VerifiedKeyChange) {
        let (by, message_id) = (opened.sender(), opened.message_id());
        let (conversation, version) = (self.record.id(), opened.key_version());
        let is_own = self.record.change().is_some_and(|change| {
            change.request().message_id() == message_id && change.key() == opened.key()
        });
        if is_own && self.record.settle().is_ok() {
            self.session.notice(SessionEvent::ChangeSettled { conversation, version });
            return;
        }
        let keyring = self.record.keyring_mut();
        let is_old = keyring.floor().is_some_and(|floor| version < floor);
        let adopted = if is_old {
            keyring.keep_for_history(opened).map(|()| Adoption::KeptForHistory)
        } else {
            keyring.adopt(opened, self.session.now())
        };
        match adopted {
            Ok(adoption) => {
                if adoption == Adoption::Current {
                    self.session.notice(SessionEvent::KeyAdopted { conversation, by, version });
                    if let Some(mut roster) = self.record.roster().cloned() {
                        roster.note_key_maker(version, by);
                        self.record.set_roster(roster);
                    }
                }
                if self.record.keyring().floor() == Some(version) {
                    let source = ClaimSource::KeyChange { by };
                    self.newest = Some(MemberClaim::new(change.recipients(), source));
                }
            }
            Err(reason) => {
                // One's own clock may be wrong, and be set right.
                self.is_held_back |= matches!(reason, KeyringError::FarFutureKeyVersion { .. });
                self.refused(message_id, reason.into());
            }
        }
    }

    pub(super) fn refuse(&mut self, sender: UserId, message_id: MessageId, reason: ReadError) {
        let waits = match reason {
            ReadError::UnknownSigner { .. } => self.signers.waits(sender),
            ReadError::SenderNotMember { .. } => self.is_claimed(sender),
            _ => false,
        };
        self.is_held_back |= waits;
        self.refused(message_id, InboxError::Read(reason));
    }

    /// Whether a key was sealed to somebody as a member, and nobody has decided yet whether they are.
    fn is_claimed(&self, user: UserId) -> bool {
        let known = self.record.roster().and_then(|roster| roster.claim.as_ref());
        let is_turned_down = |claim: &MemberClaim| {
            known.is_some_and(|known| known.is_dismissed && known.members == claim.members)
        };
        let newest = self.newest.as_ref().filter(|claim| !is_turned_down(claim));
        let waiting = self.record.roster().and_then(Roster::waiting_claim);
        newest.into_iter().chain(waiting).any(|claim| claim.members.contains(&user))
    }

    fn refused(&mut self, message_id: MessageId, reason: InboxError) {
        if self.refused.insert(message_id) {
            let conversation = Some(self.record.id());
            let message_id = Some(message_id);
            self.session.notice(SessionEvent::Refused { conversation, message_id, reason });
        }
    }

    fn server_says(&self, notice: &Notice) {
        if let Notice::AccountDeleted { user } = notice {
            let (conversation, user) = (self.record.id(), *user);
            self.session.notice(SessionEvent::AccountDeleted { conversation, user });
        }
    }
}
