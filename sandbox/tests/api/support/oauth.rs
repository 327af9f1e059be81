//! A browser and two apps in front of the authorization server.

use sealpost_crypto::encoding::encode_base64;
use sealpost_sandbox::{AppSettings, RunningSandbox, Sandbox, SandboxApp};
use serde_json::Value;

use super::http::{Client, Reply, Request};
use super::text;

pub(crate) const BACK: &str = "http://127.0.0.1:8976/callback";
/// RFC 7636 appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
pub(crate) const CHAT: &str = "dm.read dm.write tweet.read users.read offline.access";

pub(crate) struct Desk {
    pub(crate) sandbox: RunningSandbox,
    pub(crate) client: Client,
    pub(crate) public: SandboxApp,
    pub(crate) confidential: SandboxApp,
}

pub(crate) fn encode(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    });
    encoded.collect()
}

pub(crate) fn form(fields: &[(&str, &str)]) -> String {
    let fields = fields.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    fields.collect::<Vec<_>>().join("&")
}

/// The value of a parameter in the query of a URL; percent-encoding of what is tested here is
/// that of blanks alone.
pub(crate) fn parameter(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    Some(value.replace('+', " "))
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let client = Client::new(sandbox.base_url());
        let back = || BACK.parse().unwrap();
        let public = sandbox.register_app(AppSettings::public(back()));
        let confidential = sandbox.register_app(AppSettings::confidential(back()));
        Self { sandbox, client, public, confidential }
    }

    /// The address of the page that asks.
    pub(crate) fn page(app: &SandboxApp, scope: &str) -> String {
        let query = form(&[
            ("response_type", "code"),
            ("client_id", app.client_id()),
            ("redirect_uri", BACK),
            ("scope", scope),
            ("state", "a state"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ]);
        format!("/i/oauth2/authorize?{query}")
    }

    pub(crate) async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send_form(path, fields, None).await
    }

    pub(crate) async fn send_form(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        authorization: Option<&str>,
    ) -> Reply {
        let mut request = Request::new("POST", path)
            .body(form(fields).as_bytes())
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        self.client.send(request).await.unwrap()
    }

    /// Where the browser is sent after the user's answer.
    pub(crate) async fn answer(&self, page: &str, fields: &[(&str, &str)]) -> String {
        let reply = self.post_form(page, fields).await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        reply.header("location").unwrap().to_owned()
    }

    /// User 1001 allows it.
    pub(crate) async fn code(&self, app: &SandboxApp, scope: &str) -> String {
        let fields = [("user_id", "1001"), ("decision", "allow")];
        let back = self.answer(&Self::page(app, scope), &fields).await;
        parameter(&back, "code").unwrap()
    }

    /// A call to the token endpoint or to the revocation endpoint, as the app's kind has it.
    pub(crate) async fn call(
        &self,
        app: &SandboxApp,
        path: &str,
        fields: &[(&str, &str)],
    ) -> Reply {
        let mut fields = fields.to_vec();
        let basic = app.client_secret().map(|secret| basic(app.client_id(), secret));
        if basic.is_none() {
            fields.push(("client_id", app.client_id()));
        }
        self.send_form(path, &fields, basic.as_deref()).await
    }

    pub(crate) async fn redeem(&self, app: &SandboxApp, code: &str) -> Reply {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", BACK),
            ("code_verifier", VERIFIER),
        ];
        self.call(app, "/2/oauth2/token", &fields).await
    }

    pub(crate) async fn refresh(&self, app: &SandboxApp, token: &str) -> Reply {
        let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.call(app, "/2/oauth2/token", &fields).await
    }

    /// The tokens of a whole sign-in of user 1001.
    pub(crate) async fn sign_in(&self, app: &SandboxApp, scope: &str) -> Value {
        let reply = self.redeem(app, &self.code(app, scope).await).await;
        assert_eq!(reply.status, 200, "{}", reply.text());
        reply.json()
    }

    /// The status of a call of the API.
    pub(crate) async fn status(&self, path: &str, token: &Value) -> u16 {
        let bearer = format!("Bearer {}", text(token));
        let request = Request::get(path).header("authorization", &bearer);
        self.client.send(request).await.unwrap().status
    }

    pub(crate) fn pass(&self, seconds: u64) {
        let now = self.sandbox.now().as_u64() + seconds * 1_000;
        self.sandbox.clock(sealpost_crypto::UnixMillis::new(now));
    }
}

pub(crate) fn basic(client_id: &str, secret: &str) -> String {
    format!("Basic {}", encode_base64(format!("{client_id}:{secret}").as_bytes()))
}

/// Asserts a refusal of the token endpoint.
pub(crate) fn assert_error(what: &str, reply: &Reply, status: u16, error: &str, words: &str) {
    assert_eq!(reply.status, status, "{what}: {}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"), "{what}");
    assert_eq!(reply.header("cache-control"), Some("no-store"), "{what}");
    assert_eq!(text(&reply.json()["error"]), error, "{what}");
    let description = reply.json();
    let description = text(&description["error_description"]);
    assert!(description.contains(words), "{what}: {description}");
}
