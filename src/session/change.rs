//! A change of a conversation's key, from the plan to the settled journal.
//!
//! Take up what was under way, read what others did, verify the recipients, seal, sign, journal,
//! post, settle. A future that is dropped anywhere leaves what a crash leaves.
//!
//! The steps are boxed: their futures are nested so deeply that otherwise every caller would have to
//! raise the compiler's recursion limit.

use std::sync::Arc;

use super::plan::Plan;
use super::posting::Posting;
use super::{Session, SessionError, SessionEvent, TrustPolicy};
use crate::vault::{ChangeRequest, ChangeUnderWay, ConversationRecord, Lease, Work};
use crate::{
    Account, Conversation, ConversationId, Delivered, DeliveryError, KeyVersion, Participant,
};

/// How often a change is made anew because somebody else's came first.
const ROUNDS: u32 = 5;

/// How a delivery ended that did not fail.
#[derive(Clone, Copy)]
enum Ended {
    /// Its key is the current one.
    Settled,
    /// The server has it, and a newer key of somebody else.
    Overtaken(KeyVersion),
    /// The server does not have it, and has a newer key of somebody else.
    Superseded(KeyVersion),
}

/// What came of a change that was under way.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum TakenUp {
    Nothing,
    /// It is settled now.
    Settled,
    Dropped,
}

impl Session {
    /// Carries out what `plan` makes of the conversation as it is now; `None` if there is nothing
    /// to do. It is asked again whenever somebody else's change came first.
    pub(super) async fn change(
        &self,
        id: ConversationId,
        plan: impl Fn(&ConversationRecord, TakenUp) -> Result<Option<Plan>, SessionError> + Send,
    ) -> Result<ConversationRecord, SessionError> {
        let account = self.account().await?;
        let _turn = self.turn(id).await;
        let lease = self.lease(Work::Change(id)).await?;
        let done = Box::pin(self.change_under(&lease, &account, id, plan)).await;
        give_back(lease).await;
        done
    }

    async fn change_under(
        &self,
        lease: &Lease,
        account: &Arc<Account>,
        id: ConversationId,
        plan: impl Fn(&ConversationRecord, TakenUp) -> Result<Option<Plan>, SessionError> + Send,
    ) -> Result<ConversationRecord, SessionError> {
        let mut last = None;
        for _ in 0..ROUNDS {
            let (mut record, taken_up) = Box::pin(self.take_up(account, id, lease)).await?;
            Box::pin(self.read_events(account, &mut record)).await?;
            lease.renew(self.0.lease).await?;
            let plan = match (plan(&record, taken_up)?, last) {
                // Who has just come has no key of whoever was faster.
                (None, Some(Ended::Overtaken(_))) if id.is_group() => Some(Plan::rotate(&record)?),
                (plan, _) => plan,
            };
            let Some(plan) = plan else { return Ok(record) };
            match Box::pin(self.prepare(account, &mut record, plan, lease)).await {
                Ok(()) => {}
                // Somebody has read events in between.
                Err(error) if error.is_conflict() => continue,
                Err(error) => return Err(error),
            }
            match Box::pin(self.deliver(account, &mut record, lease, false)).await? {
                Ended::Settled => return Ok(record),
                ended => last = Some(ended),
            }
        }
        let Some(Ended::Overtaken(by) | Ended::Superseded(by)) = last else {
            return Err(SessionError::Busy { conversation: id });
        };
        Err(SessionError::Overtaken { conversation: id, by })
    }

    /// Takes up the change that is under way in a conversation, if one is. With `patience` it waits
    /// for a worker that is at it.
    pub(super) async fn resume_in(
        &self,
        id: ConversationId,
        patience: bool,
    ) -> Result<(), SessionError> {
        let account = self.account().await?;
        let _turn = self.turn(id).await;
        let work = Work::Change(id);
        let lease = if patience {
            self.lease(work).await?
        } else {
            self.vault().lease(work, self.0.lease).await?
        };
        let done = Box::pin(self.take_up(&account, id, &lease)).await;
        give_back(lease).await;
        done.map(drop)
    }

    /// The conversation with nothing under way any more, and what came of what was.
    async fn take_up(
        &self,
        account: &Arc<Account>,
        id: ConversationId,
        lease: &Lease,
    ) -> Result<(ConversationRecord, TakenUp), SessionError> {
        let mut record = self.vault().conversation(id).await?;
        let Some(change) = record.change() else { return Ok((record, TakenUp::Nothing)) };
        let (message_id, version) = (change.request().message_id(), change.request().key_version());
        let reason = match self.deliver(account, &mut record, lease, true).await {
            Ok(Ended::Settled) => {
                self.notice(SessionEvent::ChangeSettled { conversation: id, version });
                return Ok((record, TakenUp::Settled));
            }
            Ok(Ended::Overtaken(_) | Ended::Superseded(_)) => "transport.superseded",
            // What it was for is asked for again, or not.
            Err(SessionError::NotDelivered { error, .. }) => error.code(),
            Err(error) => return Err(error),
        };
        self.notice(SessionEvent::ChangeDropped { conversation: id, message_id, reason });
        Ok((record, TakenUp::Dropped))
    }

    /// Seals, signs and journals a change. It may leave from then on.
    async fn prepare(
        &self,
        account: &Arc<Account>,
        record: &mut ConversationRecord,
        plan: Plan,
        lease: &Lease,
    ) -> Result<(), SessionError> {
        let participants = self.recipients(plan.conversation.members()).await?;
        let version = record.keyring().next_version(self.now())?;
        let is_same = record.roster().zip(plan.roster.as_ref());
        let is_same = is_same.is_some_and(|(now, planned)| now.members == planned.members);
        let roster = plan.roster.clone().map(|mut roster| {
            if !is_same {
                roster.since = Some(version);
            }
            roster
        });
        let (request, key) = if plan.is_heavy(account, &participants, version) {
            let account = Arc::clone(account);
            let sealing = move || plan.seal(&account, &participants, version);
            tokio::task::spawn_blocking(sealing).await.map_err(|_| SessionError::BrokenOff)??
        } else {
            plan.seal(account, &participants, version)?
        };
        record.begin(request, key, roster)?;
        record.mark_sent();
        Ok(self.vault().save(record, Some(lease.fence())).await?)
    }

    /// Delivers the change that is in the journal. One that is `taken_up` may be there already.
    async fn deliver(
        &self,
        account: &Account,
        record: &mut ConversationRecord,
        lease: &Lease,
        taken_up: bool,
    ) -> Result<Ended, SessionError> {
        // Somebody else has settled it.
        let Some(change) = record.change() else { return Ok(Ended::Settled) };
        let (conversation, message_id) = (record.id(), change.request().message_id());
        let fits = !taken_up || self.still_fits(record, change).await?;
        match self.post(account, record, change, lease, (taken_up, fits)).await? {
            Ok(_) => self.settle(record, lease).await,
            Err(DeliveryError::Superseded { by }) => {
                self.abandon(record, lease).await?;
                Ok(Ended::Superseded(by))
            }
            // It is not there, and must not get there any more.
            Err(error @ DeliveryError::NotPermitted { outcome_unknown: false, .. }) if !fits => {
                self.abandon(record, lease).await?;
                Err(SessionError::NotDelivered { conversation, error })
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

    /// Whether a change that was prepared earlier was sealed to whom it would be sealed to now: it
    /// is not sent any more once members or keys are known to be others.
    async fn still_fits(
        &self,
        record: &ConversationRecord,
        change: &ChangeUnderWay,
    ) -> Result<bool, SessionError> {
        let Some(now) = record.conversation_after(change)? else { return Ok(true) };
        let planned = change.roster().map(|roster| roster.conversation(record.id())).transpose()?;
        let is_same = planned.is_none_or(|planned| planned == now);
        Ok(is_same
            && super::group::check_claim(record).is_ok()
            && self.check_known_trust(&now).await.is_ok())
    }

    async fn post(
        &self,
        account: &Account,
        record: &ConversationRecord,
        change: &ChangeUnderWay,
        lease: &Lease,
        (taken_up, fits): (bool, bool),
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
            change,
            lease,
            taken_up,
            fits,
        };
        Ok(match change.request() {
            ChangeRequest::Keys(request) => posting.send(request).await,
            ChangeRequest::GroupCreate(request) => posting.send(request).await,
            ChangeRequest::MemberAdd(request) => posting.send(request).await,
        })
    }

    /// The members' pinned keys, as far as there are any: enough to tell their changes from others.
    pub(super) async fn pinned(
        &self,
        conversation: &Conversation,
    ) -> Result<Vec<Participant>, SessionError> {
        let pins = self.pins().await?;
        let wants_verified = self.trust_policy() == TrustPolicy::VerifiedOnly;
        let members = pins.iter().filter(|pin| {
            conversation.contains(pin.user_id()) && (pin.is_verified() || !wants_verified)
        });
        Ok(members.map(|pin| pin.keys().participant(pin.user_id())).collect())
    }

    /// The server has the change: its key becomes current, unless a newer one has by now.
    async fn settle(
        &self,
        record: &mut ConversationRecord,
        lease: &Lease,
    ) -> Result<Ended, SessionError> {
        self.update(record, lease, |record| {
            if record.settle().is_ok() {
                return Ended::Settled;
            }
            // Its own key comes back with its event, for history.
            let by = record.keyring().floor();
            record.abandon();
            Ended::Overtaken(by.unwrap_or(KeyVersion::new(0)))
        })
        .await
    }

    /// The server does not have the change. A group that was to be created by it is nothing.
    async fn abandon(
        &self,
        record: &mut ConversationRecord,
        lease: &Lease,
    ) -> Result<(), SessionError> {
        self.update(record, lease, |record| drop(record.abandon())).await?;
        if record.keyring().suite().is_none() && record.roster().is_none() {
            self.vault().forget(record.id()).await?;
        }
        Ok(())
    }

    /// Edits and saves a conversation; once more where somebody has read events in between.
    async fn update<T>(
        &self,
        record: &mut ConversationRecord,
        lease: &Lease,
        edit: impl Fn(&mut ConversationRecord) -> T + Send,
    ) -> Result<T, SessionError> {
        loop {
            let done = edit(record);
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

/// What was done is done, whether the store hears of this or not: the lease ends by itself.
pub(super) async fn give_back(lease: Lease) {
    let _ = lease.release().await;
}
