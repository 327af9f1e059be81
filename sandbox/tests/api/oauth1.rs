//! OAuth 1.0a: the three-legged sign-in, and signed calls.

use sealpost_crypto::{Identity, Suite, UnixMillis};

use crate::support::http::{Reply, Request};
use crate::support::oauth::{BACK, Desk, encode, parameter};
use crate::support::oauth1::{SignedRequest, fields, seconds};
use crate::support::{ALICE, assert_refused, id, rows, text};

const OWN_KEYS: &str = "/2/users/1001/public_keys";

fn page(token: &str) -> String {
    format!("/oauth/authorize?oauth_token={token}")
}

const ALLOW: [(&str, &str); 2] = [("user_id", "1001"), ("decision", "allow")];

/// A token of user 1001, and its secret.
async fn signed_in(desk: &Desk) -> (String, String) {
    let (token, secret) = desk.request_token(BACK, 1).await;
    let back = desk.answer(&page(&token), &ALLOW).await;
    let verifier = parameter(&back, "oauth_verifier").unwrap();
    let access = fields(&desk.trade((&token, &secret), &verifier, 2).await);
    (access["oauth_token"].clone(), access["oauth_token_secret"].clone())
}

fn legacy(what: &str, reply: &Reply, status: u16, code: u64) {
    assert_eq!(reply.status, status, "{what}: {}", reply.text());
    let body = reply.json();
    let error = &rows(&body["errors"])[0];
    assert_eq!(error["code"], code, "{what}: {body}");
    if status == 401 {
        assert!(reply.header("www-authenticate").unwrap().starts_with("OAuth "), "{what}");
    }
}

#[tokio::test]
async fn the_three_steps_give_a_token_that_signs_calls() {
    let desk = Desk::open().await;
    let (token, secret) = desk.request_token(BACK, 1).await;
    let asked = desk.client.send(Request::get(&page(&token))).await.unwrap();
    assert_eq!(asked.status, 200);
    assert!(asked.text().contains(desk.public.consumer_key()));
    let back = desk.answer(&page(&token), &ALLOW).await;
    assert!(back.starts_with(&format!("{BACK}?oauth_token={token}&oauth_verifier=")), "{back}");
    let verifier = parameter(&back, "oauth_verifier").unwrap();
    let reply = desk.trade((&token, &secret), &verifier, 2).await;
    let access = fields(&reply);
    assert!(access["oauth_token"].starts_with("1001-"));
    assert_eq!((&*access["user_id"], &*access["screen_name"]), ("1001", "user1001"));
    let both = (&*access["oauth_token"], &*access["oauth_token_secret"]);
    let request = SignedRequest::new("GET", OWN_KEYS, &desk.public, Some(both), 3);
    assert_eq!(request.sign().send(&desk.client).await.status, 200);
    // Each part of the sign-in works once.
    legacy("again", &desk.trade((&token, &secret), &verifier, 4).await, 401, 89);
    let again = desk.post_form(&page(&token), &ALLOW).await;
    assert_eq!((again.status, again.header("location")), (400, None));
    // The request token's secret signs nothing else.
    let request = SignedRequest::new("GET", OWN_KEYS, &desk.public, Some((&token, &secret)), 5);
    let reply = request.sign().send(&desk.client).await;
    assert_refused("request token", &reply, 401, "about:blank", "");
}

#[tokio::test]
async fn without_a_callback_the_user_is_shown_a_number() {
    let desk = Desk::open().await;
    let (token, secret) = desk.request_token("oob", 1).await;
    let shown = desk.post_form(&page(&token), &ALLOW).await;
    assert_eq!(shown.status, 200);
    let html = shown.text();
    let pin = html.split("<strong>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    assert!(pin.len() == 7 && pin.bytes().all(|byte| byte.is_ascii_digit()), "{pin}");
    legacy("another pin", &desk.trade((&token, &secret), "0000000", 2).await, 401, 89);
    assert_eq!(desk.trade((&token, &secret), &pin, 3).await.status, 200);
    let (token, _) = desk.request_token("oob", 4).await;
    let denied = desk.post_form(&page(&token), &[("decision", "deny")]).await;
    assert!(denied.text().contains("The access is not allowed"));
}

#[tokio::test]
async fn a_denial_is_told_and_final() {
    let desk = Desk::open().await;
    let (token, secret) = desk.request_token(BACK, 1).await;
    let back = desk.answer(&page(&token), &[("decision", "deny")]).await;
    assert_eq!(back, format!("{BACK}?denied={token}"));
    legacy("denied", &desk.trade((&token, &secret), "x", 2).await, 401, 89);
    for path in [page(&token), page("x"), "/oauth/authorize".to_owned()] {
        assert_eq!(desk.client.send(Request::get(&path)).await.unwrap().status, 400, "{path}");
        assert_eq!(desk.post_form(&path, &ALLOW).await.status, 400, "{path}");
    }
}

#[tokio::test]
async fn a_token_in_hand_is_not_enough() {
    let desk = Desk::open().await;
    let (token, secret) = desk.request_token(BACK, 1).await;
    legacy("undecided", &desk.trade((&token, &secret), "", 2).await, 401, 89);
    let back = desk.answer(&page(&token), &ALLOW).await;
    let verifier = parameter(&back, "oauth_verifier").unwrap();
    legacy("no verifier", &desk.trade((&token, &secret), "", 3).await, 401, 89);
    legacy("no secret", &desk.trade((&token, ""), &verifier, 4).await, 401, 32);
    // Another app's signature, the right secret or not.
    let path = "/oauth/access_token";
    let both = Some((&*token, &*secret));
    let stolen = SignedRequest::new("POST", path, &desk.confidential, both, 5);
    let stolen = stolen.with("oauth_verifier", &verifier).sign();
    legacy("another app", &stolen.send(&desk.client).await, 401, 89);
    assert_eq!(desk.trade((&token, &secret), &verifier, 6).await.status, 200);
}

#[tokio::test]
async fn a_callback_is_one_of_the_app_s() {
    let desk = Desk::open().await;
    let request = |callback: &str, number| {
        let request =
            SignedRequest::new("POST", "/oauth/request_token", &desk.public, None, number);
        request.with("oauth_callback", callback)
    };
    for (number, callback) in
        ["https://evil.example/", "http://127.0.0.1:8976/", "", "OOB"].iter().enumerate()
    {
        let request = request(callback, u32::try_from(number).unwrap()).sign();
        legacy(callback, &request.send(&desk.client).await, 403, 415);
    }
    let missing = request("", 10).without("oauth_callback").sign();
    legacy("missing", &missing.send(&desk.client).await, 400, 215);
    let with_token = request(BACK, 11).with("oauth_token", "x").sign();
    legacy("with a token", &with_token.send(&desk.client).await, 400, 215);
}

/// RFC 5849 section 3.5: parameters may also be in the query, or in a form.
#[tokio::test]
async fn a_step_s_parameter_may_be_in_the_query_or_in_a_form() {
    let desk = Desk::open().await;
    let path = "/oauth/request_token";
    let query = SignedRequest::new("POST", path, &desk.public, None, 1);
    let query = query.query(&[("oauth_callback", BACK)]).sign();
    let token = fields(&query.send(&desk.client).await);
    let both = (&*token["oauth_token"], &*token["oauth_token_secret"]);
    let back = desk.answer(&page(both.0), &ALLOW).await;
    let verifier = parameter(&back, "oauth_verifier").unwrap();
    let form = SignedRequest::new("POST", "/oauth/access_token", &desk.public, Some(both), 2);
    let form = form.form(&[("oauth_verifier", &verifier), ("x", "a b+c&d=é")]).sign();
    assert_eq!(form.send(&desk.client).await.status, 200);
    let twice = SignedRequest::new("POST", path, &desk.public, None, 3);
    let twice = twice.with("oauth_callback", BACK).query(&[("oauth_callback", BACK)]).sign();
    legacy("twice", &twice.send(&desk.client).await, 400, 215);
}

#[tokio::test]
async fn every_part_of_a_request_is_signed() {
    let desk = Desk::open().await;
    let (token, secret) = signed_in(&desk).await;
    let path = "/2/users/public_keys";
    let query = [("ids", "1001,1002"), ("public_key.fields", "public_key,public_key_version")];
    let request = |number| {
        let both = Some((&*token, &*secret));
        SignedRequest::new("GET", path, &desk.public, both, number).query(&query)
    };
    assert_eq!(request(10).sign().send(&desk.client).await.status, 200);
    let mut checked = 0;
    type Change = fn(&mut SignedRequest);
    let changes: [(&str, Change); 10] = [
        ("method", |request| request.method = "POST".to_owned()),
        ("path", |request| request.path = "/2/users/1001/public_keys".to_owned()),
        ("query", |request| request.query[0].1 = "1001".to_owned()),
        ("more query", |request| request.query.push(("a".into(), "b".into()))),
        ("less query", |request| drop(request.query.pop())),
        ("nonce", |request| *request = request.clone().with("oauth_nonce", "x")),
        ("signature", |request| *request = request.clone().with("oauth_signature", "x")),
        ("extra", |request| *request = request.clone().with("oauth_extra", "x")),
        ("no version", |request| *request = request.clone().without("oauth_version")),
        ("timestamp", |request| {
            let later = (seconds() + 30).to_string();
            *request = request.clone().with("oauth_timestamp", &later);
        }),
    ];
    for (number, (what, change)) in (20..).zip(changes) {
        let mut request = request(number).sign();
        change(&mut request);
        let reply = request.send(&desk.client).await;
        // A path of another method is refused by the router.
        if what == "method" {
            assert_eq!(reply.status, 405);
        } else {
            assert_refused(what, &reply, 401, "about:blank", "");
            assert!(reply.text().contains("oauth_signature is not that"), "{}", reply.text());
        }
        checked += 1;
    }
    assert_eq!(checked, 10);
    // The base string is told, so that whoever writes a signer finds the difference.
    let mut wrong = request(40).sign();
    wrong.query[0].1 = "1001".to_owned();
    let told = wrong.send(&desk.client).await.json();
    let base =
        format!("GET&http%3A%2F%2Fsandbox{}&ids%3D1001%26oauth_consumer_key%3D", encode(path));
    assert!(text(&told["message"]).contains(&base), "{told}");
    assert!(!told.to_string().contains(&secret));
    // Without the optional version, from the start.
    assert_eq!(request(41).without("oauth_version").sign().send(&desk.client).await.status, 200);
}

#[tokio::test]
async fn what_is_not_signed_in_time_once_by_an_app_we_know_is_refused() {
    let desk = Desk::open().await;
    let (token, secret) = signed_in(&desk).await;
    let request =
        |number| SignedRequest::new("GET", OWN_KEYS, &desk.public, Some((&token, &secret)), number);
    let now = seconds();
    let (early, late) = ((now - 310).to_string(), (now + 310).to_string());
    let mut number = 100;
    let mut checked = 0;
    for (name, value, words) in [
        ("oauth_timestamp", &*early, "oauth_timestamp is more than"),
        ("oauth_timestamp", &*late, "oauth_timestamp is more than"),
        ("oauth_timestamp", "0", "oauth_timestamp is more than"),
        ("oauth_timestamp", "", "oauth_timestamp is missing"),
        ("oauth_timestamp", "-1", "oauth_timestamp must be"),
        ("oauth_timestamp", "+1", "oauth_timestamp must be"),
        ("oauth_timestamp", "1.5", "oauth_timestamp must be"),
        ("oauth_timestamp", "99999999999999999999", "oauth_timestamp must be"),
        ("oauth_nonce", "", "oauth_nonce is missing"),
        ("oauth_consumer_key", "x", "oauth_consumer_key is not"),
        ("oauth_consumer_key", "", "oauth_consumer_key is missing"),
        ("oauth_consumer_key", desk.confidential.consumer_key(), "oauth_token is not"),
        ("oauth_token", "1001-x", "oauth_token is not"),
        ("oauth_token", "", "oauth_token is missing"),
        ("oauth_signature_method", "PLAINTEXT", "must be HMAC-SHA1"),
        ("oauth_signature_method", "HMAC-SHA256", "must be HMAC-SHA1"),
        ("oauth_signature_method", "", "oauth_signature_method is missing"),
        ("oauth_version", "2.0", "oauth_version must be"),
    ] {
        number += 1;
        let reply = request(number).with(name, value).sign().send(&desk.client).await;
        assert_refused(name, &reply, 401, "about:blank", "");
        assert!(reply.text().contains(words), "{name}={value}: {}", reply.text());
        checked += 1;
    }
    assert_eq!(checked, 18);
    let signed = request(200).sign();
    let unsigned = signed.clone().without("oauth_signature").send(&desk.client).await;
    assert!(unsigned.text().contains("oauth_signature is missing"));
    for (consumer, token) in [("", &*secret), (desk.public.consumer_secret(), ""), ("", "")] {
        let mut request = request(201);
        request.secrets = (consumer.to_owned(), token.to_owned());
        let reply = request.sign().send(&desk.client).await;
        assert!(reply.text().contains("oauth_signature is not that"), "{}", reply.text());
    }
    // It is good, and then it was.
    assert_eq!(signed.send(&desk.client).await.status, 200);
    let replayed = signed.send(&desk.client).await;
    assert_refused("replay", &replayed, 401, "about:blank", "");
    assert!(replayed.text().contains("oauth_nonce was used before"));
}

#[tokio::test]
async fn a_header_of_another_form_is_refused() {
    let desk = Desk::open().await;
    let mut checked = 0;
    for header in
        ["OAuth", "OAuth ", "OAuth a", "OAuth a=b", "OAuth a=\"b\" c=\"d", "oauth a=\"%FF\""]
    {
        let request = Request::get(OWN_KEYS).header("authorization", header);
        let reply = desk.client.send(request).await.unwrap();
        assert_refused(header, &reply, 401, "about:blank", "");
        let request = Request::new("POST", "/oauth/request_token").header("authorization", header);
        legacy(header, &desk.client.send(request).await.unwrap(), 400, 215);
        checked += 1;
    }
    assert_eq!(checked, 6);
    let request = Request::new("POST", "/oauth/request_token");
    legacy("none", &desk.client.send(request).await.unwrap(), 400, 215);
}

#[tokio::test]
async fn a_json_body_takes_no_part_and_its_user_is_the_token_s() {
    let desk = Desk::open().await;
    let (token, secret) = signed_in(&desk).await;
    let request = |path: &str, number| {
        SignedRequest::new("POST", path, &desk.public, Some((&token, &secret)), number)
    };
    let identity = Identity::generate(Suite::X25519).unwrap();
    let body = identity.registration(id(ALICE), UnixMillis::new(0));
    let path = format!("/2/users/{ALICE}/public_keys");
    let reply = request(&path, 1).json(body.body()).sign().send(&desk.client).await;
    assert_eq!(reply.status, 200, "{}", reply.text());
    let other = "/2/users/1002/public_keys";
    let reply = request(other, 2).json(body.body()).sign().send(&desk.client).await;
    assert_refused("another user", &reply, 403, "not-authorized-for-resource", "id");
}
