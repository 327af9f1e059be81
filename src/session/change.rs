//! A change of a conversation's key, from the plan to the settled journal.
//!
//! Take up what was under way, read what others did, verify the recipients, seal, sign, journal,
//! post, settle. A future that is dropped anywhere leaves what a crash leaves.
//!
//! The steps are boxed: their futures are nested so deeply that otherwise every caller would have to
//! raise the compiler's recursion limit.

use std::sync::Arc;

use super::{Session, SessionError};
use crate::vault::{
    ChangeRequest, ChangeState, ChangeUnderWay, ConversationRecord, Lease, Roster, Work,
};
use crate::{
    Account, ChangeKind, Conversation, ConversationId, ConversationKey, Deliverable, Delivered,
    DeliveryError, DeliveryPermit, GroupCreate, KeyChange, KeyVersion, KeyringError, MemberAdd,
    Participant, PreparedKeyChange, recognise,
};

/// How often a change is made anew because somebody else's came first.
const ROUNDS: u32 = 5;

/// What a change is to bring about.
pub(super) struct Plan {
    /// The conversation as it will be.
    pub(super) conversation: Conversation,
    /// What will be known of the group then, if that changes.
    pub(super) roster: Option<Roster>,
    pub(super) kind: PlanKind,
}

pub(super) enum PlanKind {
    Keys,
    GroupCreate(GroupCreate),
    MemberAdd(MemberAdd),
}

/// How a delivery ended that did not fail.
enum Ended {
    Settled,
    Superseded(KeyVersion),
}

impl Session {
    /// Carries out what `plan` makes of the conversation as it is now; `None` if there is nothing
    /// to do. It is asked again whenever somebody else's change came first.
    pub(super) async fn change(
        &self,
        id: ConversationId,
        plan: impl Fn(&ConversationRecord) -> Result<Option<Plan>, SessionError> + Send,
    ) -> Result<ConversationRecord, SessionError> {
        let account = self.account().await?;
        let _turn = self.turn(id).await;
        let lease = self.lease(Work::Change(id)).await?;
        let mut overtaken_by = None;
        for _ in 0..ROUNDS {
            let mut record = Box::pin(self.take_up(&account, id, &lease)).await?;
            Box::pin(self.read_events(&account, &mut record)).await?;
            let Some(plan) = plan(&record)? else {
                lease.release().await?;
                return Ok(record);
            };
            match Box::pin(self.prepare(&account, &mut record, plan, &lease)).await {
                Ok(()) => {}
                // Somebody has read events in between.
                Err(error) if error.is_conflict() => continue,
                Err(error) => return Err(error),
            }
            match Box::pin(self.deliver(&account, &mut record, &lease)).await? {
                Ended::Settled => {
                    lease.release().await?;
                    return Ok(record);
                }
                Ended::Superseded(by) => overtaken_by = Some(by),
            }
        }
        let by = overtaken_by.unwrap_or(KeyVersion::new(0));
        Err(SessionError::Overtaken { conversation: id, by })
    }

    /// Takes up the change that is under way in a conversation, if one is.
    pub(super) async fn resume_in(&self, id: ConversationId) -> Result<(), SessionError> {
        let account = self.account().await?;
        let _turn = self.turn(id).await;
        let lease = self.lease(Work::Change(id)).await?;
        Box::pin(self.take_up(&account, id, &lease)).await?;
        Ok(lease.release().await?)
    }

    /// The conversation with nothing under way any more.
    async fn take_up(
        &self,
        account: &Arc<Account>,
        id: ConversationId,
        lease: &Lease,
    ) -> Result<ConversationRecord, SessionError> {
        let mut record = self.vault().conversation(id).await?;
        if record.change().is_some() {
            match self.deliver(account, &mut record, lease).await {
                // What it was for is asked for again, or not.
                Ok(_) | Err(SessionError::NotDelivered { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(record)
    }

    /// Seals, signs and journals a change.
    async fn prepare(
        &self,
        account: &Arc<Account>,
        record: &mut ConversationRecord,
        plan: Plan,
        lease: &Lease,
    ) -> Result<(), SessionError> {
        let participants = self.recipients(plan.conversation.members()).await?;
        let version = record.keyring().next_version(self.now())?;
        let roster = plan.roster.clone().map(|roster| Roster { since: Some(version), ..roster });
        let (request, key) = if plan.is_heavy(account, &participants, version) {
            let account = Arc::clone(account);
            let sealing = move || plan.seal(&account, &participants, version);
            tokio::task::spawn_blocking(sealing).await.map_err(|_| SessionError::BrokenOff)??
        } else {
            plan.seal(account, &participants, version)?
        };
        record.begin(request, key, roster)?;
        Ok(self.vault().save(record, Some(lease.fence())).await?)
    }

    /// Delivers the change that is in the journal.
    async fn deliver(
        &self,
        account: &Account,
        record: &mut ConversationRecord,
        lease: &Lease,
    ) -> Result<Ended, SessionError> {
        let was_sent = record.change().map(|change| change.state() == ChangeState::Sent);
        self.update(record, lease, |record| {
            record.mark_sent();
            Ok(())
        })
        .await?;
        let Some((change, was_sent)) = record.change().zip(was_sent) else {
            // Somebody else has settled it.
            return Ok(Ended::Settled);
        };
        let (conversation, message_id) = (record.id(), change.request().message_id());
        match self.post(account, record, change, lease, was_sent).await? {
            Ok(_) => self.settle(record, lease).await,
            Err(DeliveryError::Superseded { by }) => {
                self.abandon(record, lease).await?;
                Ok(Ended::Superseded(by))
            }
            // Refused a permit, somebody else has taken it over: theirs is the journal now.
            Err(error)
                if error.outcome_unknown()
                    || matches!(error, DeliveryError::NotPermitted { .. }) =>
            {
                Err(SessionError::Unsettled { conversation, message_id, error })
            }
            Err(error) => {
                self.abandon(record, lease).await?;
                Err(SessionError::NotDelivered { conversation, error })
            }
        }
    }

    async fn post(
        &self,
        account: &Account,
        record: &ConversationRecord,
        change: &ChangeUnderWay,
        lease: &Lease,
        may_have_been_sent: bool,
    ) -> Result<Result<Delivered, DeliveryError>, SessionError> {
        let known = match record.conversation()? {
            Some(conversation) => Some(conversation),
            // A group that is being created is known from its creation alone.
            None => change.roster().map(|roster| roster.conversation(record.id())).transpose()?,
        };
        let unknown = SessionError::UnknownConversation { conversation: record.id() };
        let conversation = known.ok_or(unknown)?;
        let signers = self.pinned(&conversation).await?;
        let posting = Posting {
            session: self,
            account,
            conversation: &conversation,
            signers: &signers,
            key: change.key(),
            lease,
            may_have_been_sent,
        };
        Ok(match change.request() {
            ChangeRequest::Keys(request) => posting.send(request).await,
            ChangeRequest::GroupCreate(request) => posting.send(request).await,
            ChangeRequest::MemberAdd(request) => posting.send(request).await,
        })
    }

    /// The members' pinned keys, as far as there are any: enough to tell their changes from others.
    async fn pinned(&self, conversation: &Conversation) -> Result<Vec<Participant>, SessionError> {
        let pins = self.pins().await?;
        let members = pins.iter().filter(|pin| conversation.contains(pin.user_id()));
        Ok(members.map(|pin| pin.keys().participant(pin.user_id())).collect())
    }

    /// The server has the change: its key becomes current, unless a newer one has by now.
    async fn settle(
        &self,
        record: &mut ConversationRecord,
        lease: &Lease,
    ) -> Result<Ended, SessionError> {
        self.update(record, lease, |record| match record.settle() {
            Ok(_) => Ok(Ended::Settled),
            Err(KeyringError::StaleKeyVersion { floor, .. }) => {
                // Its own key comes back with its event, for history.
                record.abandon();
                Ok(Ended::Superseded(floor))
            }
            Err(error) => Err(error.into()),
        })
        .await
    }

    async fn abandon(
        &self,
        record: &mut ConversationRecord,
        lease: &Lease,
    ) -> Result<(), SessionError> {
        self.update(record, lease, |record| {
            record.abandon();
            Ok(())
        })
        .await
    }

    /// Edits and saves a conversation; once more where somebody has read events in between.
    async fn update<T>(
        &self,
        record: &mut ConversationRecord,
        lease: &Lease,
        edit: impl Fn(&mut ConversationRecord) -> Result<T, SessionError> + Send,
    ) -> Result<T, SessionError> {
        loop {
            let done = edit(record)?;
            match self.vault().save(record, Some(lease.fence())).await {
                Ok(()) => return Ok(done),
                Err(error) if error.is_conflict() => {
                    *record = self.vault().conversation(record.id()).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Plan {
    /// Whether sealing is work for another thread.
    fn is_heavy(
        &self,
        account: &Account,
        participants: &[Participant],
        version: KeyVersion,
    ) -> bool {
        KeyChange::new(account, &self.conversation, version).participants(participants).is_heavy()
    }

    fn seal(
        &self,
        account: &Account,
        participants: &[Participant],
        version: KeyVersion,
    ) -> Result<(ChangeRequest, ConversationKey), SessionError> {
        let draft = KeyChange::new(account, &self.conversation, version).participants(participants);
        match &self.kind {
            PlanKind::Keys => seal(draft),
            PlanKind::GroupCreate(group) => seal(draft.creating_group(group.clone())?),
            PlanKind::MemberAdd(addition) => seal(draft.adding_members(addition.clone())?),
        }
    }
}

fn seal<K: ChangeKind>(
    draft: KeyChange<'_, K>,
) -> Result<(ChangeRequest, ConversationKey), SessionError>
where
    ChangeRequest: From<PreparedKeyChange<K>>,
{
    let (request, key) = draft.seal()?.sign()?.prepare();
    Ok((request.into(), key))
}

/// A delivery with all it takes.
struct Posting<'a> {
    session: &'a Session,
    account: &'a Account,
    conversation: &'a Conversation,
    signers: &'a [Participant],
    key: &'a ConversationKey,
    lease: &'a Lease,
    may_have_been_sent: bool,
}

impl Posting<'_> {
    async fn send<K: Deliverable>(
        &self,
        request: &PreparedKeyChange<K>,
    ) -> Result<Delivered, DeliveryError> {
        let check = recognise(self.account, self.conversation, self.signers, request, self.key);
        let permit = || -> DeliveryPermit<'_> {
            let time = self.session.0.lease;
            Box::pin(async move { self.lease.renew(time).await.map_err(Into::into) })
        };
        let mut delivery =
            self.session.client().deliver_conversation_keys(request, check).permit(&permit);
        if self.may_have_been_sent {
            delivery = delivery.may_have_been_sent();
        }
        delivery.send().await
    }
}
