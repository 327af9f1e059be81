//! Registering the account's keys: saved first, looked for before they are posted again.

use std::sync::Arc;

use super::change::give_back;
use super::{Session, SessionError, SessionEvent};
use crate::vault::{OwnIdentity, Registration, Saved, VaultError, Work};
use crate::{
    Account, Identity, IdentityExport, Participant, PublicKeyListing, PublicKeyVersion, Suite,
};

impl Session {
    /// Registers the account's keys, if they are not registered yet: makes an identity of this
    /// suite, saves it, and posts its public keys. An interrupted registration is taken up again;
    /// an identity that was [imported](crate::IdentityExport) is found in the directory.
    ///
    /// # Errors
    /// [`SessionError::RegisteredElsewhere`] when the account has keys in the directory that are
    /// not here: with others in their place, nothing that was ever sealed to them can be opened.
    /// [`SessionError::OtherSuite`]; [`SessionError::Registration`], after which calling it again
    /// goes on where it was.
    pub async fn register(&self, suite: Suite) -> Result<Participant, SessionError> {
        self.register_unless(suite, true).await
    }

    /// Registers new keys although the directory has others of this account, for somebody who has
    /// lost theirs.
    ///
    /// # Security
    /// Everybody else sees changed keys. Nothing that was sealed to the old ones can be opened
    /// here.
    ///
    /// # Errors
    /// As [`register`](Self::register), [`SessionError::RegisteredElsewhere`] apart.
    pub async fn register_replacing(&self, suite: Suite) -> Result<Participant, SessionError> {
        self.register_unless(suite, false).await
    }

    /// The account's identity, to be written out under a passphrase and taken to another device.
    ///
    /// # Errors
    /// [`SessionError::NotRegistered`] for an account without an identity.
    pub async fn export_identity(&self) -> Result<IdentityExport, SessionError> {
        let user = self.user_id();
        let own = self.vault().identity().await?;
        let own = own.ok_or(SessionError::NotRegistered { user })?;
        Ok(IdentityExport::new(user, own.value))
    }

    /// Takes over an identity that another device has exported. [`register`](Self::register) finds
    /// it in the directory, if it is not known to be there.
    ///
    /// # Errors
    /// [`SessionError::OtherUser`] for somebody else's; [`VaultError::IdentityExists`] if the
    /// account has one.
    pub async fn import_identity(&self, export: IdentityExport) -> Result<(), SessionError> {
        let (expected, found) = (self.user_id(), export.user_id());
        if found != expected {
            return Err(SessionError::OtherUser { expected, found });
        }
        self.vault().add_identity(export.into_own_identity()).await?;
        Ok(())
    }

    async fn register_unless(
        &self,
        suite: Suite,
        unless_others: bool,
    ) -> Result<Participant, SessionError> {
        if let Some(account) = self.load_account().await? {
            return match account.suite() {
                found if found == suite => Ok(*account.participant()),
                found => Err(SessionError::OtherSuite { found, asked: suite }),
            };
        }
        let lease = self.lease(Work::Registration).await?;
        if let Some(account) = self.load_account().await? {
            // Another process was faster.
            return Ok(*account.participant());
        }
        let listing = self.own_listing().await?;
        let mut own = match self.vault().identity().await? {
            Some(own) => own,
            None => {
                self.check_others(unless_others, &listing)?;
                self.add_identity(suite).await?
            }
        };
        let found = own.value.identity.suite();
        if found != suite {
            return Err(SessionError::OtherSuite { found, asked: suite });
        }
        let registered = match self.own_version(&own.value.identity, &listing) {
            Some(version) => version,
            None => {
                // Another device may have registered since the keys were made.
                self.check_others(unless_others, &listing)?;
                let posting = Registration::Posting;
                self.vault().set_registration(&mut own, posting, Some(lease.fence())).await?;
                let request = own.value.identity.registration(self.user_id(), self.now());
                let registered = self.client().add_user_public_key(&self.user_id(), &request).await;
                registered
                    .map_err(|error| SessionError::Registration(Box::new(error)))?
                    .public_key_version
            }
        };
        let registered = Registration::Registered(registered);
        self.vault().set_registration(&mut own, registered, Some(lease.fence())).await?;
        give_back(lease).await;
        let account = self.load_account().await?;
        let account = account.ok_or(SessionError::NotRegistered { user: self.user_id() })?;
        Ok(*account.participant())
    }

    async fn add_identity(&self, suite: Suite) -> Result<Saved<OwnIdentity>, SessionError> {
        match self.vault().add_identity(Identity::generate(suite)?).await {
            // Another process was faster, its lease over.
            Err(VaultError::IdentityExists { user }) => {
                let own = self.vault().identity().await?;
                own.ok_or(SessionError::NotRegistered { user })
            }
            done => Ok(done?),
        }
    }

    async fn own_listing(&self) -> Result<PublicKeyListing, SessionError> {
        let listing = self.client().user_public_keys(&self.user_id()).await?;
        if listing.is_complete() { Ok(listing) } else { Err(SessionError::DirectoryIncomplete) }
    }

    /// The newest keys the directory has of this account, whosever they are.
    fn newest(&self, listing: &PublicKeyListing) -> Option<PublicKeyVersion> {
        self.own_rows(listing).map(|row| row.public_key_version()).max()
    }

    /// The version under which the directory has this identity.
    fn own_version(
        &self,
        identity: &Identity,
        listing: &PublicKeyListing,
    ) -> Option<PublicKeyVersion> {
        let (identity_key, signing_key) = (identity.identity_key(), identity.signing_key());
        let ours = self
            .own_rows(listing)
            .filter(|row| *row.identity_key() == identity_key && *row.signing_key() == signing_key);
        ours.map(|row| row.public_key_version()).max()
    }

    fn own_rows<'a>(
        &'a self,
        listing: &'a PublicKeyListing,
    ) -> impl Iterator<Item = Participant> + 'a {
        let user = self.user_id();
        listing.records.iter().filter_map(move |row| row.verify(&user).ok())
    }

    /// Keys that the directory has of this account and that are not here are not to be replaced by
    /// the way.
    fn check_others(
        &self,
        unless_others: bool,
        listing: &PublicKeyListing,
    ) -> Result<(), SessionError> {
        match self.newest(listing) {
            Some(newest) if unless_others => {
                Err(SessionError::RegisteredElsewhere { user: self.user_id(), newest })
            }
            _ => Ok(()),
        }
    }

    /// Looks whether the directory gives out the account's own keys.
    pub(super) async fn check_own_keys(&self) -> Result<(), SessionError> {
        let account = self.account().await?;
        let listing = self.own_listing().await?;
        let newest = self.own_rows(&listing).max_by_key(Participant::public_key_version);
        let own = account.participant();
        if let Some(row) = newest
            && row.public_key_version() > own.public_key_version()
            && (row.identity_key(), row.signing_key()) != (own.identity_key(), own.signing_key())
        {
            self.notice(SessionEvent::OwnKeysReplaced { newest: row.public_key_version() });
        }
        Ok(())
    }

    /// The account, if it is registered. Another process may have done that.
    async fn load_account(&self) -> Result<Option<Arc<Account>>, SessionError> {
        if let Some(account) = self.known_account() {
            return Ok(Some(account));
        }
        let Some(own) = self.vault().identity().await? else { return Ok(None) };
        let account = own.value.into_account(self.user_id()).ok().map(Arc::new);
        self.set_account(account.clone());
        Ok(account)
    }

    /// The account.
    pub(super) async fn account(&self) -> Result<Arc<Account>, SessionError> {
        let user = self.user_id();
        self.load_account().await?.ok_or(SessionError::NotRegistered { user })
    }
}
