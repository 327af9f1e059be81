//! The client's OAuth 1.0a, held against the sandbox's: two implementations that share nothing.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // tests

mod support;

use sealpost::transport::{ExposeSecret as _, OAuth1App, OAuth1Verifier, RedirectUri};
use sealpost::*;
use sealpost_sandbox::{AppSettings, RunningSandbox, Sandbox, SandboxApp};
use support::{answer, get, post};

const BACK: &str = "http://127.0.0.1:8976/callback";
const ALICE: &str = "user_id=1001&decision=allow";

async fn stage() -> (RunningSandbox, SandboxApp, OAuth1App) {
    let sandbox = Sandbox::start().await.unwrap();
    let app = sandbox.register_app(AppSettings::public(BACK.parse().unwrap()));
    let signer = signer(&sandbox, app.consumer_key(), app.consumer_secret());
    (sandbox, app, signer)
}

fn signer(sandbox: &RunningSandbox, key: &str, secret: &str) -> OAuth1App {
    let page = format!("{}/oauth/authorize", sandbox.base_url());
    let app = OAuth1App::builder(key.into(), secret.into()).base_url(sandbox.base_url());
    app.authorize_url(&page).build().unwrap()
}

fn client(sandbox: &RunningSandbox, credentials: OAuth1Credentials) -> Client {
    let builder = Client::builder().base_url(sandbox.base_url());
    builder.credentials(Credentials::oauth1(credentials)).build().unwrap()
}

async fn signed_in(sandbox: &RunningSandbox, app: &OAuth1App, form: &str) -> Client {
    let request = app.request_token(Some(&RedirectUri::new(BACK).unwrap())).await.unwrap();
    let back = answer(request.url(), form);
    let verifier = request.read_answer(&back.parse().unwrap()).unwrap();
    client(sandbox, app.access_token(request, &verifier).await.unwrap())
}

#[tokio::test]
async fn a_signed_in_user_registers_reads_and_sends() {
    let (sandbox, _, app) = stage().await;
    let alices = signed_in(&sandbox, &app, ALICE).await;
    let bobs = signed_in(&sandbox, &app, "user_id=1002&decision=allow").await;
    let (alice, bob) = ("1001".parse().unwrap(), "1002".parse().unwrap());
    let now = || UnixMillis::from(std::time::SystemTime::now());
    let mut accounts = Vec::new();
    for (client, user) in [(&alices, alice), (&bobs, bob)] {
        let identity = Identity::generate(Suite::X25519).unwrap();
        let request = identity.registration(user, now());
        let registered = client.add_user_public_key(&user, &request).await.unwrap();
        accounts.push(identity.registered(user, registered.public_key_version));
    }
    // A comma in the query, a JSON body, an empty body, a page token: all signed alike.
    let listing = alices.users_public_keys(&[alice, bob]).await.unwrap();
    assert!(listing.is_complete() && listing.records.len() == 2);
    let bob = newest_participant(&bob, &listing.records).unwrap();
    let conversation = Conversation::direct(alice, bob.user_id());
    let mut keyring = Keyring::new(conversation.id());
    for _ in 0..2 {
        let draft = keyring.draft(&accounts[0], &conversation, now()).unwrap();
        let (change, key) = draft.participants([&bob]).seal().unwrap().sign().unwrap().prepare();
        alices.add_conversation_keys(&change).await.unwrap();
        keyring.commit(&change, key).unwrap();
    }
    alices.initialize_group().await.unwrap();
    let query = || EventsQuery::new().max_results(1);
    let first = bobs.conversation_events(&conversation.id(), query()).await.unwrap();
    let next = query().page(first.next.unwrap());
    let second = bobs.conversation_events(&conversation.id(), next).await.unwrap();
    assert_eq!((first.events.len(), second.events.len(), second.has_more), (1, 1, false));
}

#[tokio::test]
async fn a_user_without_a_browser_on_this_machine_types_the_number() {
    let (sandbox, _, app) = stage().await;
    let request = app.request_token(None).await.unwrap();
    assert!(get(request.url()).text.contains("Allow the access?"));
    let shown = post(request.url(), ALICE).text;
    let pin = shown.split("<strong>").nth(1).unwrap().split('<').next().unwrap();
    let verifier = OAuth1Verifier::new(pin.into()).unwrap();
    let alices = client(&sandbox, app.access_token(request, &verifier).await.unwrap());
    alices.user_public_keys(&"1001".parse().unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_denial_and_a_wrong_verifier_end_it() {
    let (sandbox, _, app) = stage().await;
    let callback = RedirectUri::new(BACK).unwrap();
    let request = app.request_token(Some(&callback)).await.unwrap();
    let back = answer(request.url(), "decision=deny");
    let error = request.read_answer(&back.parse().unwrap()).unwrap_err();
    assert_eq!(error.code(), "transport.oauth2.callback.denied");

    let request = app.request_token(Some(&callback)).await.unwrap();
    answer(request.url(), ALICE);
    let wrong = OAuth1Verifier::new("1234567".into()).unwrap();
    let error = app.access_token(request, &wrong).await.unwrap_err();
    assert!(matches!(error, Error::Unauthorized(_)), "{error:?}");

    let elsewhere = RedirectUri::new("http://127.0.0.1:8977/callback").unwrap();
    let error = app.request_token(Some(&elsewhere)).await.unwrap_err();
    assert!(matches!(error, Error::Forbidden(_)), "{error:?}");
    assert!(error.to_string().contains("Callback URL not approved"), "{error}");
    sandbox.stop().await;
}

#[tokio::test]
async fn a_secret_that_is_wrong_by_one_letter_is_wrong() {
    let (sandbox, registered, app) = stage().await;
    let request = app.request_token(None).await.unwrap();
    let shown = post(request.url(), ALICE).text;
    let pin = shown.split("<strong>").nth(1).unwrap().split('<').next().unwrap();
    let verifier = OAuth1Verifier::new(pin.into()).unwrap();
    let good = app.access_token(request, &verifier).await.unwrap();
    let alice = "1001".parse().unwrap();
    client(&sandbox, good.clone()).user_public_keys(&alice).await.unwrap();
    let spoilt = |secret: &SecretString| format!("{}x", secret.expose_secret()).into();
    for credentials in [
        OAuth1Credentials { consumer_secret: spoilt(&good.consumer_secret), ..good.clone() },
        OAuth1Credentials { token_secret: spoilt(&good.token_secret), ..good.clone() },
    ] {
        let error = client(&sandbox, credentials).user_public_keys(&alice).await.unwrap_err();
        assert!(matches!(error, Error::Unauthorized(_)), "{error:?}");
        assert!(error.to_string().contains("oauth_signature is not that"), "{error}");
    }
    let wrong = signer(&sandbox, registered.consumer_key(), "x");
    assert!(matches!(wrong.request_token(None).await.unwrap_err(), Error::Unauthorized(_)));
}
