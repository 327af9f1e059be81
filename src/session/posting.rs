//! A change on its way: looked for, permitted, posted.

use super::Session;
use crate::vault::{ChangeUnderWay, Lease};
use crate::{
    Account, Conversation, Deliverable, Delivered, DeliveryError, DeliveryPermit, Participant,
    PreparedKeyChange, recognise,
};

/// A delivery with all it takes.
pub(super) struct Posting<'a> {
    pub(super) session: &'a Session,
    pub(super) account: &'a Account,
    pub(super) conversation: &'a Conversation,
    pub(super) signers: &'a [Participant],
    pub(super) change: &'a ChangeUnderWay,
    pub(super) lease: &'a Lease,
    pub(super) taken_up: bool,
    pub(super) fits: bool,
}

/// The change was prepared for members or keys that are others by now.
#[derive(Debug, thiserror::Error)]
#[error("it was prepared for other members or keys than are known now")]
struct OutOfDate;

impl Posting<'_> {
    pub(super) async fn send<K: Deliverable>(
        &self,
        request: &PreparedKeyChange<K>,
    ) -> Result<Delivered, DeliveryError> {
        let key = self.change.key();
        let check = recognise(self.account, self.conversation, self.signers, request, key);
        let permit = || -> DeliveryPermit<'_> {
            Box::pin(async {
                if !self.fits {
                    return Err(OutOfDate.into());
                }
                self.lease.renew(self.session.0.lease).await.map_err(Into::into)
            })
        };
        let mut delivery =
            self.session.client().deliver_conversation_keys(request, check).permit(&permit);
        if let Some(after) = self.change.after() {
            delivery = delivery.after(after);
        }
        if self.taken_up {
            delivery = delivery.may_have_been_sent();
        }
        delivery.send().await
    }
}
