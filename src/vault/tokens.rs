//! An account's OAuth 2.0 tokens.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use sealpost_transport as transport;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use transport::{Scope, TokenPair, TokenStore};
use zeroize::Zeroizing;

use super::saved::Content;
use super::{AccountVault, Lease, VaultError, Work};
use crate::SecretString;
use crate::secret_json::{SecretText, from_json, secret_bytes, secret_text, to_json};
use crate::store::{Batch, Item, Place, StoreError, Table};

/// How long a refresh may take before another worker does it: longer than any request by default.
const REFRESH_TIME: Duration = Duration::from_secs(90);

/// Keeps an account's tokens in its vault: the store of an [`OAuth2Session`]. Of several workers on
/// one store, one at a time renews them, and the others take over what it got.
///
/// [`OAuth2Session`]: transport::OAuth2Session
#[derive(Debug)]
pub struct VaultTokenStore {
    vault: AccountVault,
    state: Mutex<State>,
}

struct State {
    /// Held during a refresh.
    lease: Option<Lease>,
    /// What the store had when it was last looked at, if it ever was.
    read: Option<Option<Vec<u8>>>,
}

impl VaultTokenStore {
    pub(super) const fn new(vault: AccountVault) -> Self {
        Self { vault, state: Mutex::new(State { lease: None, read: None }) }
    }

    const fn place(&self) -> Place {
        Place::of_account(self.vault.user_id(), Table::Tokens, Item::Only)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn load_pair(&self) -> Result<Option<TokenPair>, VaultError> {
        let stored = self.vault.store().get(&self.place()).await?;
        self.state().read = Some(stored.clone());
        let pair = stored.map(|value| self.vault.open_row::<TokenPair>(self.place(), value));
        pair.transpose()
    }

    /// A new sign-in is the last word. A renewed pair takes the place of the one it was got with,
    /// and of no other: if there is another by now, that is the newer one. This is so whoever has
    /// the lease: a worker that slept through its own may hold the only pair that still works.
    async fn save_pair(&self, pair: &TokenPair) -> Result<(), VaultError> {
        let sealed = self.vault.rows().seal_content(&self.place(), pair)?;
        let mut batch = Batch::new().put(self.place(), sealed.clone());
        let renewed_from = {
            let state = self.state();
            state.lease.as_ref().and(state.read.clone())
        };
        let is_renewed = renewed_from.is_some();
        if let Some(read) = renewed_from {
            batch = batch.expect(self.place(), read);
        }
        match self.vault.store().apply(batch).await {
            Ok(()) => self.state().read = Some(Some(sealed)),
            Err(StoreError::Conflict { .. }) if is_renewed => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    async fn begin(&self) -> Result<(), VaultError> {
        let lease = self.vault.lease_when_free(Work::Tokens, REFRESH_TIME).await?;
        self.state().lease = Some(lease);
        Ok(())
    }

    async fn end(&self) -> Result<(), VaultError> {
        let lease = self.state().lease.take();
        match lease {
            Some(lease) => lease.release().await,
            None => Ok(()),
        }
    }
}

impl TokenStore for VaultTokenStore {
    fn load(&self) -> transport::StoreFuture<'_, Option<TokenPair>> {
        Box::pin(async { self.load_pair().await.map_err(transport::StoreError::new) })
    }

    fn save<'a>(&'a self, pair: &'a TokenPair) -> transport::StoreFuture<'a, ()> {
        Box::pin(async { self.save_pair(pair).await.map_err(transport::StoreError::new) })
    }

    fn begin_refresh(&self) -> transport::StoreFuture<'_, ()> {
        Box::pin(async { self.begin().await.map_err(transport::StoreError::new) })
    }

    fn end_refresh(&self) -> transport::StoreFuture<'_, ()> {
        Box::pin(async { self.end().await.map_err(transport::StoreError::new) })
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.lease)
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json<'a> {
    #[serde(borrow)]
    access_token: SecretText<'a>,
    #[serde(borrow)]
    refresh_token: Option<SecretText<'a>>,
    /// Seconds since the Unix epoch.
    expires_at: u64,
    scopes: Vec<&'a str>,
}

impl Content for TokenPair {
    fn to_content(&self) -> Option<Zeroizing<Vec<u8>>> {
        let text = |token: &SecretString| secret_text(token.expose_secret().as_bytes());
        let refresh_token = self.refresh_token().map(text);
        let since_epoch = self.expires_at().duration_since(SystemTime::UNIX_EPOCH);
        to_json(&Json {
            access_token: SecretText(&text(self.access_token())),
            refresh_token: refresh_token.as_ref().map(|text| SecretText(text)),
            expires_at: since_epoch.unwrap_or_default().as_secs(),
            scopes: self.scopes().iter().map(Scope::as_str).collect(),
        })
    }

    fn from_content(_: &Place, content: &[u8]) -> Option<Self> {
        let json: Json<'_> = from_json(content)?;
        let refresh_token = match json.refresh_token {
            None => None,
            Some(text) => Some(secret_string(&text)?),
        };
        let lifetime = Duration::from_secs(json.expires_at);
        let expires_at = SystemTime::UNIX_EPOCH.checked_add(lifetime)?;
        let scopes: Vec<Scope> =
            json.scopes.iter().map(|scope| scope.parse()).collect::<Result<_, _>>().ok()?;
        Self::new(secret_string(&json.access_token)?, refresh_token, expires_at, scopes).ok()
    }
}

fn secret_string(text: &SecretText<'_>) -> Option<SecretString> {
    let bytes = secret_bytes(text)?;
    // A boxed text is as long as its memory, so that nothing is copied once more.
    std::str::from_utf8(&bytes).ok().map(|text| SecretString::from(Box::<str>::from(text)))
}
