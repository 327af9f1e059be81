//! The client's OAuth 2.0 against a server that rotates, expires, enforces scopes and loses answers.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // tests

mod support;

use std::path::PathBuf;
use std::time::Duration;

use sealpost::transport::*;
use sealpost::{Client, UnixMillis, UserId};
use sealpost_sandbox::{AppSettings, OAuthFault, RunningSandbox, Sandbox};
use support::answer;

const BACK: &str = "http://127.0.0.1:8976/callback";
const ALICE: &str = "user_id=1001&decision=allow";

struct Stage {
    sandbox: RunningSandbox,
    app: OAuth2App,
}

fn alice() -> UserId {
    "1001".parse().unwrap()
}

impl Stage {
    async fn new() -> Self {
        Self::with(AppSettings::public(BACK.parse().unwrap())).await
    }

    async fn with(settings: AppSettings) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let registered = sandbox.register_app(settings);
        let builder = match registered.client_secret() {
            Some(secret) => OAuth2App::confidential(registered.client_id(), secret.into()),
            None => OAuth2App::public(registered.client_id()),
        };
        let builder = builder.base_url(sandbox.base_url()).timeout(Duration::from_millis(500));
        Self { sandbox, app: builder.build().unwrap() }
    }

    async fn exchange(&self, scopes: impl IntoIterator<Item = Scope>, form: &str) -> TokenPair {
        self.try_exchange(scopes, form).await.unwrap()
    }

    async fn try_exchange(
        &self,
        scopes: impl IntoIterator<Item = Scope>,
        form: &str,
    ) -> Result<TokenPair, OAuth2Error> {
        let redirect_uri = RedirectUri::new(BACK).unwrap();
        let authorization = self.app.authorize(&redirect_uri, scopes).unwrap();
        let back = answer(authorization.url(), form);
        let code = authorization.read_answer(&back.parse().unwrap()).unwrap();
        self.app.exchange(&authorization, &code).await
    }

    /// A client over this store, as a program that starts makes one.
    fn client(&self, store: impl TokenStore) -> Client {
        let session = OAuth2Session::new(self.app.clone(), store);
        let builder = Client::builder().base_url(self.sandbox.base_url());
        builder.credentials(Credentials::oauth2(session)).build().unwrap()
    }

    async fn signed_in(&self) -> Client {
        let pair = self.exchange(Scope::CHAT, ALICE).await;
        self.client(MemoryTokenStore::new(Some(pair)))
    }

    fn pass(&self, seconds: u64) {
        self.sandbox.clock(UnixMillis::new(self.sandbox.now().as_u64() + seconds * 1_000));
    }

    /// Requests so far: the clock advances a millisecond with each.
    fn requests_since(&self, start: UnixMillis) -> u64 {
        self.sandbox.now().as_u64() - start.as_u64()
    }
}

async fn call(client: &Client) -> Result<(), Error> {
    client.user_public_keys(&alice()).await.map(drop)
}

/// A file of this test alone.
struct TokenFile(PathBuf);

impl TokenFile {
    async fn holding(name: &str, pair: &TokenPair) -> Self {
        let name = format!("oauth2-{name}-{}.json", std::process::id());
        let file = Self(PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name));
        file.store().save(pair).await.unwrap();
        file
    }

    fn store(&self) -> FileTokenStore {
        FileTokenStore::new(&self.0)
    }
}

impl Drop for TokenFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[tokio::test]
async fn both_kinds_of_app_sign_in_call_refresh_and_revoke() {
    let back = || BACK.parse().unwrap();
    for settings in [AppSettings::public(back()), AppSettings::confidential(back())] {
        let stage = Stage::with(settings).await;
        let pair = stage.exchange(Scope::CHAT, ALICE).await;
        assert_eq!(pair.scopes().iter().cloned().collect::<Vec<_>>(), Scope::CHAT);
        let file = TokenFile::holding("kinds", &pair).await;
        let client = stage.client(file.store());
        call(&client).await.unwrap();
        for _ in 0..2 {
            stage.pass(2 * 3600);
            call(&client).await.unwrap();
        }
        let last = file.store().load().await.unwrap().unwrap();
        assert_ne!(last.access_token().expose_secret(), pair.access_token().expose_secret());
        assert_eq!(last.scopes(), pair.scopes());
        stage.app.revoke(last.access_token()).await.unwrap();
        stage.app.revoke(last.refresh_token().unwrap()).await.unwrap();
        let Error::OAuth2(error) = call(&client).await.unwrap_err() else { panic!() };
        assert!(matches!(error, OAuth2Error::GrantRefused(_)) && error.needs_sign_in());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn calls_at_the_same_time_refresh_once() {
    let stage = Stage::new().await;
    let client = stage.signed_in().await;
    stage.pass(2 * 3600);
    let calls: Vec<_> = (0..20)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { call(&client).await })
        })
        .collect();
    for call in calls {
        // A second refresh with the first one's token would have ended the sign-in.
        call.await.unwrap().unwrap();
    }
    call(&client).await.unwrap();
}

#[tokio::test]
async fn a_code_is_for_its_own_sign_in_and_for_thirty_seconds() {
    let stage = Stage::new().await;
    let redirect_uri = RedirectUri::new(BACK).unwrap();
    let authorize = || stage.app.authorize(&redirect_uri, Scope::CHAT).unwrap();
    let code = |authorization: &Authorization| {
        let back = answer(authorization.url(), ALICE);
        authorization.read_answer(&back.parse().unwrap()).unwrap()
    };
    let (one, two) = (authorize(), authorize());
    let first = code(&one);
    for (authorization, code) in [(&two, &first), (&one, &code(&two))] {
        let error = stage.app.exchange(authorization, code).await.unwrap_err();
        assert!(matches!(error, OAuth2Error::GrantRefused(_)), "{error:?}");
        assert!(error.to_string().contains("code verifier did not match"), "{error}");
    }
    stage.app.exchange(&one, &first).await.unwrap();
    let error = stage.app.exchange(&one, &first).await.unwrap_err();
    assert!(matches!(error, OAuth2Error::GrantRefused(_)), "twice: {error:?}");
    let late = code(&two);
    stage.pass(30);
    let error = stage.app.exchange(&two, &late).await.unwrap_err();
    assert!(matches!(error, OAuth2Error::GrantRefused(_)), "late: {error:?}");
}

#[tokio::test]
async fn what_was_not_granted_is_named_at_sign_in_and_before_a_call() {
    let stage = Stage::new().await;
    let form = format!("{ALICE}&withhold=dm.write&withhold=offline.access");
    let error = stage.try_exchange(Scope::CHAT, &form).await.unwrap_err();
    let OAuth2Error::MissingScopes(missing) = &error else { panic!("{error:?}") };
    assert_eq!(missing.scopes(), [Scope::DmWrite, Scope::OfflineAccess]);
    assert!(error.to_string().contains("dm.write, offline.access"), "{error}");

    let reading = [Scope::DmRead, Scope::TweetRead, Scope::UsersRead];
    let client = stage.client(MemoryTokenStore::new(Some(stage.exchange(reading, ALICE).await)));
    call(&client).await.unwrap();
    let start = stage.sandbox.now();
    let error = client.initialize_group().await.unwrap_err();
    let Error::MissingScopes { operation, missing } = &error else { panic!("{error:?}") };
    assert_eq!((*operation, missing.scopes()), (Operation::InitializeGroup, &[Scope::DmWrite][..]));
    assert_eq!(stage.requests_since(start), 0, "nothing was sent");
}

#[tokio::test]
async fn a_bearer_token_that_lacks_a_scope_is_told_which_there_are() {
    let stage = Stage::new().await;
    let scopes = ["dm.read", "users.read"].map(|name| name.parse().unwrap());
    let token = stage.sandbox.token_with_scopes(alice(), scopes);
    let builder = Client::builder().base_url(stage.sandbox.base_url());
    let client = builder.credentials(Credentials::bearer(token.as_str().into())).build().unwrap();
    let error = call(&client).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)), "{error:?}");
    assert!(error.to_string().contains("covers dm.read, tweet.read, users.read"), "{error}");
}

/// The refresh went through and its answer was lost: in this process, and in one that died.
#[tokio::test]
async fn a_lost_refresh_is_found_out_only_when_nothing_else_is_left() {
    for restarts in [false, true] {
        let stage = Stage::new().await;
        let file = TokenFile::holding("lost", &stage.exchange(Scope::CHAT, ALICE).await).await;
        let mut client = stage.client(file.store());
        call(&client).await.unwrap();

        // By this machine's clock it ends soon, so it is renewed early.
        let stored = file.store().load().await.unwrap().unwrap();
        let soon = std::time::SystemTime::now() + Duration::from_secs(30);
        let early = TokenPair::new(
            stored.access_token().clone(),
            stored.refresh_token().cloned(),
            soon,
            stored.scopes().iter().cloned(),
        );
        file.store().save(&early.unwrap()).await.unwrap();
        client = stage.client(file.store());
        stage.sandbox.inject_oauth(OAuthFault::CommitThenReset, 1);
        call(&client).await.unwrap();
        assert!(file.store().load().await.unwrap().unwrap().refresh_begun());

        if restarts {
            client = stage.client(file.store());
        }
        // The old token goes on, and not one request for tokens is made.
        let start = stage.sandbox.now();
        for _ in 0..3 {
            call(&client).await.unwrap();
        }
        assert_eq!(stage.requests_since(start), 3);

        // Once it is refused: the call, and one refresh, which is a replay.
        stage.pass(2 * 3600);
        let start = stage.sandbox.now();
        let Error::OAuth2(error) = call(&client).await.unwrap_err() else { panic!() };
        assert!(matches!(error, OAuth2Error::GrantRefused(_)), "{error:?}");
        assert!(error.needs_sign_in());
        assert_eq!(stage.requests_since(start), 2);
    }
}

#[tokio::test]
async fn a_refresh_that_never_arrived_is_made_up_for_after_a_restart() {
    let stage = Stage::new().await;
    let file = TokenFile::holding("never", &stage.exchange(Scope::CHAT, ALICE).await).await;
    let client = stage.client(file.store());
    stage.pass(2 * 3600);
    stage.sandbox.inject_oauth(OAuthFault::ResetBeforeCommit, 1);
    let Error::OAuth2(error) = call(&client).await.unwrap_err() else { panic!() };
    assert!(matches!(error, OAuth2Error::RefreshOutcomeUnknown), "{error:?}");
    drop(client);

    let client = stage.client(file.store());
    call(&client).await.unwrap();
    assert!(!file.store().load().await.unwrap().unwrap().refresh_begun());
    stage.pass(2 * 3600);
    call(&client).await.unwrap();
}

#[tokio::test]
async fn faults_of_the_token_endpoint_are_typed_and_survived() {
    for (fault, survived) in [
        (OAuthFault::InternalError, true),
        (OAuthFault::ResetBeforeCommit, true),
        (OAuthFault::SlowBody, false),
        (OAuthFault::CommitThenReset, false),
        (OAuthFault::InvalidGrant, false),
    ] {
        let stage = Stage::new().await;
        let client = stage.signed_in().await;
        stage.pass(2 * 3600);
        stage.sandbox.inject_oauth(fault, 1);
        let Error::OAuth2(first) = call(&client).await.unwrap_err() else { panic!("{fault}") };
        let refused = fault == OAuthFault::InvalidGrant;
        assert_eq!(matches!(first, OAuth2Error::GrantRefused(_)), refused, "{fault}: {first:?}");
        let unknown = matches!(first, OAuth2Error::RefreshOutcomeUnknown);
        assert_eq!((unknown, first.is_retryable()), (!refused, !refused), "{fault}: {first:?}");
        match call(&client).await {
            Ok(()) => assert!(survived, "{fault}"),
            Err(Error::OAuth2(error)) => {
                assert!(!survived && error.needs_sign_in(), "{fault}: {error:?}");
            }
            Err(error) => panic!("{fault}: {error:?}"),
        }
    }
    assert_eq!(OAuthFault::ALL.len(), 5);
}
