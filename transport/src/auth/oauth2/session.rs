//! A sign-in that renews itself.

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::Mutex;

use super::app::OAuth2App;
use super::error::OAuth2Error;
use super::scope::Scope;
use super::store::TokenStore;
use super::token_pair::TokenPair;

/// The sign-in of one account: gives out its access token and renews it in time. Cheap to clone;
/// clones share the tokens, and at most one refresh is under way.
///
/// A new pair is saved before it is used, and a mark that a refresh has begun before it is sent.
///
/// # When the answer to a refresh is lost
/// Then its refresh token may be used up, and a server may take its second use for theft and end the
/// whole sign-in. So the old access token is used on, until the server refuses it. Only then is the
/// refresh token sent again, for then nothing is left that could be lost by it: either it is still
/// good, or the server says that it is not, and a new sign-in is needed as it is. The mark in the
/// store makes this hold for a process that crashed in between, too.
///
/// The store is read again before each refresh, so tokens that another session has put there in
/// the meantime are taken over. Two processes must not refresh at the same time, which a store they
/// share can see to ([`TokenStore::begin_refresh`]).
#[derive(Clone)]
pub struct OAuth2Session {
    shared: Arc<Shared>,
    state: Arc<Mutex<State>>,
}

struct Shared {
    app: OAuth2App,
    store: Box<dyn TokenStore>,
}

#[derive(Default)]
struct State {
    /// As it is in the store.
    pair: Option<TokenPair>,
    /// Issued, but not taken by the store yet. The refresh token of `pair` is used up.
    unsaved: Option<TokenPair>,
    /// What is known of the refresh token of `pair`.
    refresh_token: RefreshToken,
}

#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum RefreshToken {
    #[default]
    Usable,
    InDoubt,
    Refused,
}

impl OAuth2Session {
    /// Takes the tokens from the store when they are first needed.
    pub fn new(app: OAuth2App, store: impl TokenStore) -> Self {
        let shared = Shared { app, store: Box::new(store) };
        Self { shared: Arc::new(shared), state: Arc::default() }
    }

    /// Saves the tokens of a new sign-in and uses them from now on.
    ///
    /// # Errors
    /// [`OAuth2Error::Store`], if they could not be saved; the next call tries it again.
    pub async fn sign_in(&self, pair: TokenPair) -> Result<(), OAuth2Error> {
        self.detached(Job::Keep(pair)).await.map(drop)
    }

    /// A token that is not about to expire, as far as one can be had.
    pub(in crate::auth) async fn access_token(
        &self,
        scopes: &'static [Scope],
    ) -> Result<SecretString, OAuth2Error> {
        self.token(None, scopes).await
    }

    /// The token to try after the server has refused this one.
    pub(in crate::auth) async fn access_token_after(
        &self,
        refused: &SecretString,
        scopes: &'static [Scope],
    ) -> Result<SecretString, OAuth2Error> {
        self.token(Some(refused.clone()), scopes).await
    }

    async fn token(
        &self,
        refused: Option<SecretString>,
        scopes: &'static [Scope],
    ) -> Result<SecretString, OAuth2Error> {
        if let Some(pair) = self.state.lock().await.ready(refused.as_ref()) {
            return access(pair, scopes);
        }
        self.detached(Job::Renew { refused, scopes }).await
    }

    /// Runs in a task of its own, which goes on when the caller's future is dropped: from the
    /// moment the server uses up a refresh token to the moment the new pair is saved, no caller can
    /// get in between. Within the task, a pair goes into the state as soon as it is there, and the
    /// next thing awaited is the store.
    async fn detached(&self, job: Job) -> Result<SecretString, OAuth2Error> {
        let (shared, state) = (Arc::clone(&self.shared), Arc::clone(&self.state));
        let task = tokio::spawn(async move {
            let mut state = state.lock_owned().await;
            match job {
                Job::Keep(pair) => shared.keep(&mut state, pair).await,
                Job::Renew { refused, scopes } => {
                    shared.renew(&mut state, refused.as_ref(), scopes).await
                }
            }
        });
        task.await.unwrap_or(Err(OAuth2Error::BrokenOff))
    }
}

enum Job {
    /// Take this pair.
    Keep(TokenPair),
    /// Find a token other than this one, for a call that takes these scopes.
    Renew { refused: Option<SecretString>, scopes: &'static [Scope] },
}

impl State {
    /// Tokens that may be used as they are.
    fn ready(&self, refused: Option<&SecretString>) -> Option<&TokenPair> {
        let pair = self.pair.as_ref().filter(|_| self.unsaved.is_none())?;
        let good = !pair.expires_soon(SystemTime::now()) && !is_token_of(pair, refused);
        good.then_some(pair)
    }
}

fn access(pair: &TokenPair, scopes: &[Scope]) -> Result<SecretString, OAuth2Error> {
    pair.access_for(scopes).cloned().map_err(OAuth2Error::MissingScopes)
}

fn is_token_of(pair: &TokenPair, token: Option<&SecretString>) -> bool {
    token.is_some_and(|token| token.expose_secret() == pair.access_token().expose_secret())
}

impl Shared {
    async fn keep(&self, state: &mut State, pair: TokenPair) -> Result<SecretString, OAuth2Error> {
        let pair = state.unsaved.insert(pair);
        self.store.save(pair).await.map_err(OAuth2Error::Store)?;
        let token = pair.access_token().clone();
        *state = State { pair: state.unsaved.take(), ..State::default() };
        Ok(token)
    }

    async fn renew(
        &self,
        state: &mut State,
        refused: Option<&SecretString>,
        scopes: &[Scope],
    ) -> Result<SecretString, OAuth2Error> {
        // Somebody else may have been first.
        if let Some(pair) = state.ready(refused) {
            return access(pair, scopes);
        }
        self.store.begin_refresh().await.map_err(OAuth2Error::Store)?;
        let renewed = self.renew_alone(state, refused, scopes).await;
        // It ends by itself if this fails.
        let _ = self.store.end_refresh().await;
        renewed
    }

    /// While no other process does it.
    async fn renew_alone(
        &self,
        state: &mut State,
        refused: Option<&SecretString>,
        scopes: &[Scope],
    ) -> Result<SecretString, OAuth2Error> {
        if let Some(unsaved) = state.unsaved.clone() {
            self.keep(state, unsaved).await?;
        } else {
            self.reload(state).await?;
        }
        if let Some(pair) = state.ready(refused) {
            return access(pair, scopes);
        }
        let pair = state.pair.clone().ok_or(OAuth2Error::SignedOut)?;
        // A refresh grants nothing more.
        let token = access(&pair, scopes)?;
        let refused = is_token_of(&pair, refused);
        let failure = match (state.refresh_token, pair.refresh_token()) {
            (_, None) => OAuth2Error::NoRefreshToken,
            (RefreshToken::Refused, _) => OAuth2Error::SignInEnded,
            (RefreshToken::InDoubt, _) if !refused => OAuth2Error::RefreshOutcomeUnknown,
            (RefreshToken::Usable | RefreshToken::InDoubt, Some(_)) => {
                match self.refresh(state, &pair).await {
                    Ok(new) => {
                        self.keep(state, new.clone()).await?;
                        return access(&new, scopes);
                    }
                    Err(error) => error,
                }
            }
        };
        // The old token may still be good: within its last minute, and after a refresh of unknown
        // outcome until the server says otherwise, whatever this machine's clock says.
        let in_doubt = matches!(failure, OAuth2Error::RefreshOutcomeUnknown);
        if !refused && (in_doubt || !pair.has_expired(SystemTime::now())) {
            return Ok(token);
        }
        Err(failure)
    }

    /// Sends the refresh token, once it is in the store that it is sent: from then on it counts as
    /// used up, should this task or this process not live to see the answer.
    async fn refresh(&self, state: &mut State, pair: &TokenPair) -> Result<TokenPair, OAuth2Error> {
        let before = state.refresh_token;
        if before == RefreshToken::Usable {
            self.store.save(&pair.marked(true)).await.map_err(OAuth2Error::Store)?;
            state.refresh_token = RefreshToken::InDoubt;
        }
        let error = match self.app.refresh(pair).await {
            Ok(new) => return Ok(new),
            Err(OAuth2Error::Request(error)) if error.may_have_been_applied() => {
                return Err(OAuth2Error::RefreshOutcomeUnknown);
            }
            Err(error) => error,
        };
        if matches!(error, OAuth2Error::GrantRefused(_)) {
            state.refresh_token = RefreshToken::Refused;
        } else if before == RefreshToken::Usable {
            // It was not looked at. A mark that stays in the store only means more care.
            state.refresh_token = before;
            let _ = self.store.save(&pair.marked(false)).await;
        }
        Err(error)
    }

    /// Takes over what the store has, if it is another pair.
    async fn reload(&self, state: &mut State) -> Result<(), OAuth2Error> {
        let stored = self.store.load().await.map_err(OAuth2Error::Store)?;
        let begun = stored.as_ref().is_some_and(TokenPair::refresh_begun);
        let known = |pair: &TokenPair| {
            state.pair.as_ref().is_some_and(|own| is_token_of(pair, Some(own.access_token())))
        };
        if !stored.as_ref().is_some_and(known) {
            *state = State { pair: stored, ..State::default() };
        }
        if begun && state.refresh_token == RefreshToken::Usable {
            state.refresh_token = RefreshToken::InDoubt;
        }
        Ok(())
    }
}

impl fmt::Debug for OAuth2Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth2Session").field("app", &self.shared.app).finish_non_exhaustive()
    }
}
