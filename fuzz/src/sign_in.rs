//! Signing in: an answer of the browser's counts only with the state of this very sign-in, a token
//! answer only if it can be used, what is saved comes back, and nothing shows a secret.

use std::sync::LazyLock;
use std::time::SystemTime;

use sealpost_transport::{
    Authorization, AuthorizationCode, ExposeSecret as _, OAuth2App, OAuth2Error, RedirectUri,
    Scope, TokenPair,
};
use url::{Url, form_urlencoded};

use crate::input::Input;
use crate::server::{BASE_URL, with_answer};
use crate::stage::assert_hides;

/// Stands for the state of the sign-in, which is another one at every start.
const STATE: &str = "%S";
const CODE: &str = "planted-c0de";
const REFRESH: &str = "planted-refresh";

struct SignIn {
    app: OAuth2App,
    authorization: Authorization,
    code: AuthorizationCode,
}

static SIGN_IN: LazyLock<SignIn> = LazyLock::new(|| {
    let app = OAuth2App::confidential("client", "planted-s3cret".into());
    let app = app.base_url(BASE_URL).build().unwrap();
    let redirect_uri = RedirectUri::new("http://127.0.0.1:8080/callback").unwrap();
    let authorization = app.authorize(&redirect_uri, [Scope::DmRead, Scope::DmWrite]).unwrap();
    let code = authorization.read_answer(&came_back(&authorization, "state=%S&code=planted-c0de"));
    SignIn { app, code: code.unwrap(), authorization }
});

fn came_back(authorization: &Authorization, query: &str) -> Url {
    let mut url = Url::parse("https://app.example/back").unwrap();
    url.set_query(Some(&query.replace(STATE, authorization.state().expose_secret())));
    url
}

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let step = input.byte() % 4;
    let status = input.pick(&[200, 200, 200, 400, 401, 500]);
    let body = input.rest();
    match (step, std::str::from_utf8(body)) {
        (0, Ok(query)) => read_callback(query),
        (1, _) => exchange(status, body),
        (2, _) => refresh(status, body),
        (3, Ok(text)) => {
            if let Ok(pair) = TokenPair::from_json(text) {
                check_pair(&pair);
            }
        }
        _ => {}
    }
}

fn read_callback(query: &str) {
    let authorization = &SIGN_IN.authorization;
    let state = authorization.state().expose_secret();
    let url = came_back(authorization, query);
    let values = |name: &str| {
        let pairs = form_urlencoded::parse(url.query().unwrap_or_default().as_bytes());
        pairs.filter(|pair| pair.0 == name).map(|pair| pair.1.into_owned()).collect::<Vec<_>>()
    };
    let is_ours = values("state") == [state];
    let has_code = matches!(&*values("code"), [code] if !code.is_empty());
    let outcome = authorization.read_answer(&url);
    assert_eq!(outcome.is_ok(), is_ours && has_code && values("error").is_empty());
    assert_hides(&outcome, state.as_bytes());
    if let Err(error) = outcome {
        let is_foreign = error.code() == "transport.oauth2.callback.wrong_state";
        assert_eq!(is_foreign, !is_ours, "{error}");
    }
}

fn exchange(status: u16, body: &[u8]) {
    let SignIn { app, authorization, code } = &*SIGN_IN;
    let body = String::from_utf8_lossy(body).replace("%C", CODE);
    let sent = SystemTime::now();
    let outcome = with_answer(status, &[], body.as_bytes(), app.exchange(authorization, code));
    check_answer(status, outcome, &[CODE, authorization.verifier().expose_secret()], |pair| {
        assert!(pair.scopes().contains(&Scope::DmRead) && pair.scopes().contains(&Scope::DmWrite));
        assert!(pair.expires_at() >= sent);
    });
}

fn refresh(status: u16, body: &[u8]) {
    let scopes = [Scope::DmRead];
    let before = TokenPair::new("a".into(), Some(REFRESH.into()), SystemTime::now(), scopes);
    let body = String::from_utf8_lossy(body).replace("%C", REFRESH);
    let outcome = with_answer(status, &[], body.as_bytes(), SIGN_IN.app.refresh(&before.unwrap()));
    check_answer(status, outcome, &[REFRESH], |pair| assert!(pair.refresh_token().is_some()));
}

fn check_answer(
    status: u16,
    outcome: Result<TokenPair, OAuth2Error>,
    secrets: &[&str],
    check: impl FnOnce(&TokenPair),
) {
    match outcome {
        Ok(pair) => {
            assert_eq!(status, 200);
            check_pair(&pair);
            check(&pair);
        }
        Err(error) => {
            for secret in secrets.iter().copied().chain(["planted-s3cret"]) {
                assert_hides(&error, secret.as_bytes());
                assert_hides(&error.to_string(), secret.as_bytes());
            }
            assert!(!(error.is_retryable() && error.needs_sign_in()), "{error}");
        }
    }
}

/// A pair can be sent, is not shown, and comes back from a store.
fn check_pair(pair: &TokenPair) {
    let tokens = [Some(pair.access_token()), pair.refresh_token()];
    let shown = format!("{pair:?}");
    for token in tokens.into_iter().flatten().map(|token| token.expose_secret()) {
        assert!(!token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic()));
        // A short one may well be part of another word.
        assert!(token.len() < 16 || !shown.contains(token), "a token is shown");
    }
    let Ok(json) = pair.to_json() else { return };
    let again = TokenPair::from_json(json.expose_secret()).unwrap();
    let facts = |pair: &TokenPair| {
        let since = pair.expires_at().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        let refresh = pair.refresh_token().map(|token| token.expose_secret().to_owned());
        let access = pair.access_token().expose_secret().to_owned();
        (access, refresh, since, pair.scopes().clone(), pair.refresh_begun())
    };
    assert_eq!(facts(&again), facts(pair));
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    const TOKENS: &str = r#"{"token_type":"bearer","expires_in":7200,"access_token":"planted-access-token","scope":"dm.read dm.write tweet.read","refresh_token":"planted-refresh-token"}"#;
    [
        (0, 0, "state=%S&code=c"),
        (0, 0, "code=a%2Bb&state=%S&session=1"),
        (0, 0, "error=access_denied&state=%S"),
        (0, 0, "state=%S&code=a&code=b"),
        (0, 0, "error=invalid_scope&state=%S&state=x"),
        (0, 0, "error=access_d%S&state=%S"),
        (1, 0, TOKENS),
        (1, 0, r#"{"token_type":"Bearer","expires_in":"60","access_token":"x"}"#),
        (1, 3, r#"{"error":"invalid_grant","error_description":"%C"}"#),
        (1, 3, r#"{"error":"invalid_request","error_description":"Value passed for the authorization code was invalid. %C"}"#),
        (2, 0, TOKENS),
        (2, 4, r#"{"error":"%C"}"#),
        (2, 5, "%C"),
        (3, 0, r#"{"access_token":"a","refresh_token":null,"expires_at":1800000000,"scopes":["dm.read","x"]}"#),
        (3, 0, r#"{"access_token":"a","refresh_token":"b","expires_at":0,"scopes":[],"refresh_begun":true}"#),
    ]
    .iter()
    .map(|(step, status, body)| [&[*step, *status], body.as_bytes()].concat())
    .collect()
}
