//! A signer of OAuth 1.0a (RFC 5849), of the tests' own, and the requests it signs.

use std::time::SystemTime;

use sealpost_crypto::encoding::encode_base64;
use sealpost_sandbox::SandboxApp;
use sha1::{Digest as _, Sha1};

use super::http::{Client, Reply, Request};
use super::oauth::{Desk, encode, form};

/// RFC 2104.
fn hmac_sha1(key: &str, message: &str) -> Vec<u8> {
    let mut block = [0_u8; 64];
    if key.len() > 64 {
        block[..20].copy_from_slice(&Sha1::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key.as_bytes());
    }
    let inner = Sha1::new().chain_update(block.map(|byte| byte ^ 0x36)).chain_update(message);
    let outer = Sha1::new().chain_update(block.map(|byte| byte ^ 0x5c));
    outer.chain_update(inner.finalize()).finalize().to_vec()
}

pub(crate) fn seconds() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
}

/// A request and what is signed of it; each part can be changed before or after it is signed.
#[derive(Clone)]
pub(crate) struct SignedRequest {
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) form: Vec<(String, String)>,
    pub(crate) json: Option<Vec<u8>>,
    /// In the header.
    pub(crate) oauth: Vec<(String, String)>,
    pub(crate) secrets: (String, String),
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

impl SignedRequest {
    /// Signed by an app, and with a token and its secret if there is one. `number` makes the nonce.
    pub(crate) fn new(
        method: &str,
        path: &str,
        app: &SandboxApp,
        token: Option<(&str, &str)>,
        number: u32,
    ) -> Self {
        let (nonce, now) = (format!("nonce {number}"), seconds().to_string());
        let mut oauth = owned(&[
            ("oauth_consumer_key", app.consumer_key()),
            ("oauth_nonce", &nonce),
            ("oauth_signature_method", "HMAC-SHA1"),
            ("oauth_timestamp", &now),
            ("oauth_version", "1.0"),
        ]);
        oauth.extend(token.iter().map(|(token, _)| ("oauth_token".into(), (*token).into())));
        let secrets = (app.consumer_secret().to_owned(), token.unwrap_or_default().1.to_owned());
        Self {
            method: method.to_owned(),
            host: "sandbox".to_owned(),
            path: path.to_owned(),
            query: Vec::new(),
            form: Vec::new(),
            json: None,
            oauth,
            secrets,
        }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.oauth.retain(|(given, _)| given != name);
        self.oauth.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn without(mut self, name: &str) -> Self {
        self.oauth.retain(|(given, _)| given != name);
        self
    }

    pub(crate) fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        self.query = owned(pairs);
        self
    }

    pub(crate) fn form(mut self, pairs: &[(&str, &str)]) -> Self {
        self.form = owned(pairs);
        self
    }

    pub(crate) fn json(mut self, body: &[u8]) -> Self {
        self.json = Some(body.to_vec());
        self
    }

    /// RFC 5849 section 3.4.
    pub(crate) fn sign(self) -> Self {
        let all = self.oauth.iter().chain(&self.query).chain(&self.form);
        let mut pairs: Vec<_> = all.map(|(name, value)| (encode(name), encode(value))).collect();
        pairs.sort();
        let pairs: Vec<_> = pairs.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let url = format!("http://{}{}", self.host, self.path);
        let base = format!("{}&{}&{}", self.method, encode(&url), encode(&pairs.join("&")));
        let key = format!("{}&{}", encode(&self.secrets.0), encode(&self.secrets.1));
        let signature = encode_base64(&hmac_sha1(&key, &base));
        self.with("oauth_signature", &signature)
    }

    pub(crate) fn header(&self) -> String {
        let pairs = self.oauth.iter().map(|(name, value)| format!("{name}=\"{}\"", encode(value)));
        format!("OAuth {}", pairs.collect::<Vec<_>>().join(", "))
    }

    pub(crate) fn target(&self) -> String {
        let query: Vec<_> = self.query.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        if query.is_empty() { self.path.clone() } else { format!("{}?{}", self.path, form(&query)) }
    }

    pub(crate) async fn send(&self, client: &Client) -> Reply {
        let mut request = Request::new(&self.method, &self.target());
        if let Some(json) = &self.json {
            request = Request::post(&self.target(), json);
        }
        if !self.form.is_empty() {
            let fields: Vec<_> = self.form.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            request = request
                .body(form(&fields).as_bytes())
                .header("content-type", "application/x-www-form-urlencoded");
        }
        client.send(request.header("authorization", &self.header())).await.unwrap()
    }
}

/// The fields of a form-encoded answer.
pub(crate) fn fields(reply: &Reply) -> std::collections::BTreeMap<String, String> {
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/x-www-form-urlencoded"));
    let body = std::str::from_utf8(reply.body()).unwrap();
    body.split('&')
        .map(|pair| pair.split_once('=').unwrap())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

impl Desk {
    pub(crate) async fn request_token(&self, callback: &str, number: u32) -> (String, String) {
        let request =
            SignedRequest::new("POST", "/oauth/request_token", &self.public, None, number);
        let reply = request.with("oauth_callback", callback).sign().send(&self.client).await;
        let fields = fields(&reply);
        assert_eq!(fields["oauth_callback_confirmed"], "true");
        (fields["oauth_token"].clone(), fields["oauth_token_secret"].clone())
    }

    pub(crate) async fn trade(&self, token: (&str, &str), verifier: &str, number: u32) -> Reply {
        let path = "/oauth/access_token";
        let request = SignedRequest::new("POST", path, &self.public, Some(token), number);
        request.with("oauth_verifier", verifier).sign().send(&self.client).await
    }
}
