//! The users of a conversation as one party holds them: private keys, verified rows, keyrings.

use std::collections::BTreeMap;
use std::time::SystemTime;

use sealpost_crypto::encoding::decode_base64;
use sealpost_crypto::*;
use serde::Deserialize;

use crate::Outcome;

#[derive(Deserialize)]
pub(crate) struct User {
    pub(crate) user_id: UserId,
    public_key_version: PublicKeyVersion,
    private_keys: String,
    /// The honest directory row.
    row: PublicKeyRecord,
}

impl User {
    pub(crate) fn identity(&self) -> Outcome<Identity> {
        let private_keys = decode_base64(&self.private_keys)?;
        Ok(Identity::dangerous_from_private_keys(Suite::XChat, &private_keys)?)
    }
}

pub(crate) struct Setting {
    accounts: BTreeMap<UserId, Account>,
    directory: BTreeMap<UserId, Participant>,
}

impl Setting {
    pub(crate) fn new(users: &[User]) -> Outcome<Self> {
        let (mut accounts, mut directory) = (BTreeMap::new(), BTreeMap::new());
        for user in users {
            let account = user.identity()?.registered(user.user_id, user.public_key_version);
            accounts.insert(user.user_id, account);
            directory.insert(user.user_id, user.row.verify(&user.user_id)?);
        }
        Ok(Self { accounts, directory })
    }

    pub(crate) fn members(&self) -> Vec<UserId> {
        self.accounts.keys().copied().collect()
    }

    pub(crate) fn account(&self, user: &UserId) -> Outcome<&Account> {
        Ok(self.accounts.get(user).ok_or("no such user")?)
    }

    pub(crate) fn participants(&self, users: &[UserId]) -> Outcome<Vec<&Participant>> {
        let users = users.iter().map(|user| self.directory.get(user).ok_or("no such signer"));
        Ok(users.collect::<Result<_, _>>()?)
    }

    pub(crate) fn everybody(&self) -> impl Iterator<Item = &Participant> {
        self.directory.values()
    }

    /// What a user has after reading these key changes.
    pub(crate) fn keyring(
        &self,
        user: &UserId,
        conversation: &Conversation,
        key_changes: &[EncodedEvent],
    ) -> Outcome<Keyring> {
        let mut keyring = Keyring::new(conversation.id());
        for event in key_changes {
            let ChatEvent::KeyChange(change) = event.parse()? else {
                return Err("not a key change".into());
            };
            let opened = change.open(self.account(user)?, conversation, self.everybody())?;
            keyring.adopt(opened, SystemTime::now().into())?;
        }
        Ok(keyring)
    }
}
