//! Starting and holding a sandbox.

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use sealpost_crypto::{Conversation, ConversationId, EncodedEvent, SequenceId, UnixMillis, UserId};
use tokio::runtime;
use tokio::sync::{oneshot, watch};

use crate::app::App;
use crate::clock;
use crate::contract::Contract;
use crate::fault::{Fault, Injection, Weather};
use crate::journal::JournalEntry;
use crate::oauth::{AppSettings, OAuthFault, SandboxApp, Scope};
use crate::rate_limit::Rule;
use crate::routes;
use crate::server;
use crate::state::State;
use crate::token::SandboxToken;

const READ_TIMEOUT: Duration = Duration::from_secs(30);

/// The way to start a sandbox: [`Sandbox::start`], or [`Sandbox::builder`] to choose more.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Sandbox;

impl Sandbox {
    /// Starts a sandbox on a free port of 127.0.0.1, with seed 0.
    ///
    /// # Errors
    /// [`StartError`] when the machine gives no port or no thread.
    pub async fn start() -> Result<RunningSandbox, StartError> {
        Self::builder().start().await
    }

    /// A sandbox with another contract, seed, port, clock or limit.
    #[must_use]
    pub const fn builder() -> SandboxBuilder {
        SandboxBuilder {
            contract: Contract::V2_167,
            seed: 0,
            port: 0,
            start: clock::START,
            rate_limit: None,
            read_timeout: READ_TIMEOUT,
        }
    }
}

/// What a sandbox is started with.
#[derive(Clone, Debug)]
pub struct SandboxBuilder {
    contract: Contract,
    seed: u64,
    port: u16,
    start: UnixMillis,
    rate_limit: Option<Rule>,
    read_timeout: Duration,
}

impl SandboxBuilder {
    /// The version of X's API description to speak. 2.167 when not set.
    #[must_use]
    pub const fn contract(mut self, contract: Contract) -> Self {
        self.contract = contract;
        self
    }

    /// Where ids and tokens come from: the same seed and the same requests in the same order give
    /// the same bytes. 0 when not set.
    #[must_use]
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// The port on 127.0.0.1. A free one when not set.
    #[must_use]
    pub const fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// What the sandbox's clock shows at the start. 2026-09-01T00:00:00Z when not set.
    ///
    /// The clock advances one millisecond per request.
    #[must_use]
    pub const fn clock(mut self, start: UnixMillis) -> Self {
        self.start = start;
        self
    }

    /// Answers 429 to a user's requests for one operation above `requests` per `window`. Nobody is
    /// limited when not set.
    ///
    /// A window begins with the first request in it and lasts its length in real time, unlike
    /// everything else here: a client is to be able to wait for it. By the sandbox's clock, which
    /// `date` and `x-rate-limit-reset` show, it lasts as long.
    #[must_use]
    pub const fn rate_limit(mut self, requests: u64, window: Duration) -> Self {
        self.rate_limit = Some(Rule { requests, window });
        self
    }

    /// How long a client may take to send its headers, and how long to send its body. 30 seconds
    /// when not set.
    #[must_use]
    pub const fn read_timeout(mut self, timeout: Duration) -> Self {
        self.read_timeout = timeout;
        self
    }

    /// Starts the sandbox on a thread and a runtime of its own, so that blocking clients and
    /// single-threaded tests can talk to it. It is ready when this returns.
    ///
    /// # Errors
    /// [`StartError`] when the port is taken, or the machine gives no port or no thread.
    pub async fn start(self) -> Result<RunningSandbox, StartError> {
        let bind = |source| StartError::Bind { port: self.port, source };
        let listener = server::listen(self.port).map_err(bind)?;
        let base_url = format!("http://{}", listener.local_addr().map_err(bind)?);

        let state = State::new(self.seed, self.start, self.rate_limit);
        let app = Arc::new(App::new(state, self.contract, self.read_timeout));
        let shared = Arc::clone(&app);
        let (stop, stopped) = watch::channel(());
        let (report, started) = oneshot::channel();
        let (end, ended) = oneshot::channel::<()>();
        let serve = move || {
            let served =
                runtime::Builder::new_current_thread().enable_all().build().and_then(|runtime| {
                    runtime.block_on(async {
                        let listener = tokio::net::TcpListener::from_std(listener)?;
                        let _ = report.send(());
                        let router = routes::router(&shared);
                        server::serve(listener, shared, router, stopped).await;
                        Ok(())
                    })
                });
            drop(end);
            served
        };
        let thread = thread::Builder::new()
            .name("sealpost-sandbox".to_owned())
            .spawn(serve)
            .map_err(|source| StartError::Thread { source })?;
        match started.await {
            Ok(()) => Ok(RunningSandbox { app, base_url, stop, ended }),
            // The thread ended before it served, and its result says why.
            Err(_) => Err(match thread.join() {
                Ok(Err(source)) => StartError::Thread { source },
                Ok(Ok(())) | Err(_) => StartError::Thread { source: io::ErrorKind::Other.into() },
            }),
        }
    }
}

/// A sandbox could not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The port cannot be listened on.
    #[error("cannot listen on port {port} of 127.0.0.1: choose another, or 0 for a free one")]
    Bind {
        /// The port that was asked for.
        port: u16,
        /// Why not.
        source: io::Error,
    },
    /// The server's thread or runtime cannot be made.
    #[error("cannot run the sandbox's thread: free some threads or file descriptors")]
    Thread {
        /// Why not.
        source: io::Error,
    },
}

impl StartError {
    /// A stable name for this error.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Bind { .. } => "sandbox.bind",
            Self::Thread { .. } => "sandbox.thread",
        }
    }
}

/// A sandbox that serves.
///
/// Dropping it stops it: requests that are being answered get up to a second to end, in the
/// background. [`stop`](Self::stop) also waits for that.
#[derive(Debug)]
#[must_use = "a sandbox stops when it is dropped"]
pub struct RunningSandbox {
    app: Arc<App>,
    base_url: String,
    /// Dropped to stop the server.
    stop: watch::Sender<()>,
    /// Closed when the server has stopped.
    ended: oneshot::Receiver<()>,
}

impl RunningSandbox {
    /// Where it serves, such as `http://127.0.0.1:40123`, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// A bearer token that speaks for `user`, who exists from now on, with every scope.
    ///
    /// Asking again gives the same token, until it is revoked.
    #[must_use]
    pub fn token(&self, user: UserId) -> SandboxToken {
        self.token_with_scopes(user, Scope::ALL)
    }

    /// As [`token`](Self::token), with these scopes only.
    #[must_use]
    pub fn token_with_scopes(
        &self,
        user: UserId,
        scopes: impl IntoIterator<Item = Scope>,
    ) -> SandboxToken {
        self.app.state().token(user, scopes.into_iter().collect())
    }

    /// Registers an app that may sign users in.
    #[must_use]
    pub fn register_app(&self, settings: AppSettings) -> SandboxApp {
        self.app.state().oauth.apps.register(settings)
    }

    /// Lets a fault happen to the next `times` requests for tokens, after those injected before.
    pub fn inject_oauth(&self, fault: OAuthFault, times: u32) {
        self.app.state().oauth.faults.push(fault, times);
    }

    /// Makes a token invalid. The user's next token is another one.
    pub fn revoke(&self, token: &SandboxToken) {
        self.app.state().tokens.revoke(token);
    }

    /// Makes a group exist with these members, or changes the members it has.
    ///
    /// Takes a group's id, and its history, as given: over the API a group gets an id of the server's
    /// and begins with two events. Direct conversations exist by themselves.
    pub fn host(&self, group: &Conversation) {
        self.app.state().host(group);
    }

    /// Puts an event at the end of a conversation, as a server can that does not keep to its own
    /// rules, or knows more than this one: an event that was there before, one of another
    /// conversation, one that no call of the API makes. Returns its number.
    ///
    /// Nothing is checked, nobody becomes a member or stops being one, and no key version is
    /// reached. The event gets a number and a time of its own, inside too, and is otherwise as it
    /// is; what is no event stays byte for byte. `sender` stands beside it.
    #[allow(clippy::must_use_candidate)] // called for what it does
    pub fn plant(
        &self,
        conversation: ConversationId,
        sender: UserId,
        event: &EncodedEvent,
    ) -> SequenceId {
        let mut state = self.app.state();
        let now = state.clock.now();
        state.conversations.plant(conversation, sender, now, event)
    }

    /// Lets a fault happen to the next `times` requests it can happen to, after those injected
    /// before. Give a [`Fault`], or one [for one operation](Fault::on).
    pub fn inject(&self, fault: impl Into<Injection>, times: u32) {
        self.app.state().faults.push(fault.into(), times);
    }

    /// Lets a script of faults happen, each once, in this order: see
    /// [`Fault::script`] for one that a seed chooses.
    pub fn inject_all(&self, faults: impl IntoIterator<Item = impl Into<Injection>>) {
        // Before the lock: the iterator may ask the sandbox something.
        let script: Vec<Injection> = faults.into_iter().map(Into::into).collect();
        let mut state = self.app.state();
        for injection in script {
            state.faults.push(injection, 1);
        }
    }

    /// Lets faults happen at random from now on, to so many of a thousand requests that none
    /// [waits](Self::inject) for: each is one of `faults` that can happen to its request, and the
    /// seed chooses. Those asked for before are replaced; [`clear_faults`](Self::clear_faults) ends it.
    pub fn inject_at_random(
        &self,
        seed: u64,
        per_mille: u16,
        faults: impl IntoIterator<Item = Fault>,
    ) {
        let weather = Weather::new(seed, per_mille, faults);
        self.app.state().faults.set_weather(weather);
    }

    /// How many connections were accepted so far, those that were reset at once apart.
    #[must_use]
    pub fn connections(&self) -> u64 {
        self.app.connections.load(Ordering::Relaxed)
    }

    /// Forgets the faults that still wait, and lets none happen at random any more.
    pub fn clear_faults(&self) {
        self.app.state().faults.clear();
    }

    /// What came in so far and what became of it, oldest first: the newest 10,000 requests, with at
    /// most 64 MiB of bodies.
    #[must_use]
    pub fn journal(&self) -> Vec<JournalEntry> {
        let entries = self.app.state().journal.entries();
        entries.into_iter().map(|entry| (*entry).clone()).collect()
    }

    /// Forgets what came in so far.
    pub fn clear_journal(&self) {
        self.app.state().journal.clear();
    }

    /// What the sandbox's clock shows.
    #[must_use]
    pub fn now(&self) -> UnixMillis {
        self.app.state().clock.now()
    }

    /// Sets the sandbox's clock. The next request happens one millisecond later.
    pub fn clock(&self, now: UnixMillis) {
        self.app.state().clock.set(now);
    }

    /// Stops the sandbox. When this returns, the port is free and no connection is open.
    pub async fn stop(self) {
        let Self { stop, ended, .. } = self;
        drop(stop);
        // Nothing is ever sent: the channel closes when the server has ended.
        let _ = ended.await;
    }
}
