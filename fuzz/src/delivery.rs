//! A key change on its way through a server that does anything to it except lying: the same bytes
//! go out each time, never again once they are in, and what the caller is told is true.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::LazyLock;

use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::{Method, Request};
use sealpost_crypto::encoding::encode_base64;
use sealpost_crypto::{EncodedEvent, KeyVersion, Suite};
use sealpost_transport::hazmat::Answer;
use sealpost_transport::{DeliveryError, RetryPolicy, StatusCode, Verdict};
use serde_json::{Value, json};

use crate::delivered::of_change;
use crate::server::{client, with_server};
use crate::stage::stage;

/// The event of the change, and of one that somebody else made later.
static OURS: LazyLock<EncodedEvent> = LazyLock::new(|| {
    let event = of_change(&stage(Suite::X25519).change).remove(0);
    EncodedEvent::new(encode_base64(&event)).unwrap()
});
const NEWER: &str = "bmV3ZXI=";

/// The server, and what it is still going to do.
struct Server {
    program: Vec<u8>,
    posts: u32,
    /// Whether the change is in.
    is_in: bool,
    /// Whether a newer one is.
    is_superseded: bool,
    /// Whether an answer named another conversation.
    has_misled: bool,
}

pub(crate) fn run(data: &[u8]) {
    let (head, program) = data.split_at(data.len().min(2));
    let [attempts, flags] = [head.first(), head.get(1)].map(|byte| byte.copied().unwrap_or(0));
    let policy = RetryPolicy::new().attempts(u32::from(attempts % 5) + 1);
    let (was_sent, is_in) = (flags & 1 == 1, flags & 3 == 3);
    let mut program = program.to_vec();
    program.reverse();
    let server = Server { program, posts: 0, is_in, is_superseded: false, has_misled: false };
    let server = Rc::new(RefCell::new(server));

    let change = &stage(Suite::X25519).change;
    let check = |event: &EncodedEvent| match event.as_str() {
        NEWER => Verdict::Verified(KeyVersion::new(change.key_version().as_u64() + 1)),
        _ if *event == *OURS => Verdict::Ours,
        _ => Verdict::Other,
    };
    let mut delivery = client().deliver_conversation_keys(change, check).policy(policy);
    if was_sent {
        delivery = delivery.may_have_been_sent();
    }
    let answering = Rc::clone(&server);
    let outcome =
        with_server(move |request| answering.borrow_mut().answer(request), delivery.send());

    let server = server.borrow();
    assert!(server.posts <= policy.attempts);
    match outcome {
        Ok(delivered) => {
            assert!(server.is_in);
            assert!(delivered.attempts >= server.posts && delivered.attempts <= policy.attempts);
            assert!(delivered.found || server.posts > 0);
        }
        Err(DeliveryError::Superseded { by }) => {
            assert!(server.is_superseded && by > change.key_version() && !server.is_in);
        }
        Err(error) => {
            assert!(error.outcome_unknown() || !server.is_in, "it is in: {error}");
            assert!(!error.code().is_empty());
        }
    }
}

impl Server {
    fn answer(&mut self, request: &Request) -> Option<Answer> {
        let next = self.program.pop().unwrap_or(0);
        match *request.method() {
            Method::POST => self.take(request, next),
            _ => self.list(next),
        }
    }

    /// What happens to the change, and what is said of it: two independent things, as long as no
    /// status says what is not so.
    fn take(&mut self, request: &Request, next: u8) -> Option<Answer> {
        let change = &stage(Suite::X25519).change;
        self.posts += 1;
        assert!(!self.is_in, "it went out again although it is in");
        assert!(request.url().path().ends_with("/keys"));
        let body = request.body().unwrap();
        assert!(body.as_bytes().is_none_or(|bytes| bytes == change.body()));

        let applies = next & 0x80 == 0;
        let id = change.conversation_id().to_string();
        let accepted = json!({ "data": { "conversation_id": id, "sequence_id": "7" } });
        let answer = match next % 10 {
            0 if applies => answer(200, &accepted),
            1 => None,
            2 => answer(200, &accepted).map(|answer| Answer { is_cut: true, ..answer }),
            3 => answer(500, &json!({})),
            4 => answer(200, &json!({ "errors": [{ "title": "x", "type": "about:blank" }] })),
            5 => answer(200, &json!({ "data": [next] })),
            6 if applies => {
                self.has_misled = true;
                answer(200, &json!({ "data": { "conversation_id": "g5", "sequence_id": "7" } }))
            }
            7 => answer(409, &json!({ "title": "Conflict", "type": "about:blank" })),
            // These say that nothing was done.
            8 => return refusal(429, next),
            9 => return refusal(503, next),
            _ => return refusal(400, next),
        };
        self.is_in = applies;
        answer
    }

    fn list(&mut self, next: u8) -> Option<Answer> {
        let mut events = Vec::new();
        if self.is_in {
            events.push(json!({ "sequence_id": "7", "encoded_event": OURS.as_str() }));
        } else if next & 0x80 != 0 {
            self.is_superseded = true;
        }
        if self.is_superseded {
            events.push(json!({ "sequence_id": "8", "encoded_event": NEWER }));
        }
        let page = json!({ "data": events, "meta": { "result_count": events.len() } });
        match next % 8 {
            0..=2 => answer(200, &page),
            3 => None,
            4 => answer(500, &json!({})),
            5 => answer(200, &json!({ "data": [7], "meta": {} })),
            6 => answer(200, &json!({ "data": [], "errors": [{ "message": "partly" }] })),
            _ => refusal(429, next),
        }
    }
}

fn answer(status: u16, body: &Value) -> Option<Answer> {
    Some(Answer {
        status: StatusCode::from_u16(status).unwrap(),
        headers: HeaderMap::new(),
        body: body.to_string().into_bytes(),
        is_cut: false,
    })
}

fn refusal(status: u16, wait: u8) -> Option<Answer> {
    let mut refusal = answer(status, &json!({ "title": "No", "type": "about:blank" }))?;
    refusal.headers.insert("retry-after", HeaderValue::from(u16::from(wait)));
    Some(refusal)
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    vec![
        vec![3, 0, 0],
        vec![3, 0, 1, 0],
        vec![3, 0, 0x81, 0, 0],
        vec![3, 0, 8, 9, 3, 0],
        vec![3, 1, 0, 0],
        vec![3, 3, 0],
        vec![3, 1, 0x80],
        vec![2, 0, 7, 4, 4, 0],
        vec![4, 0, 6],
        vec![4, 0, 0x87, 0x80],
        vec![0, 0, 2, 3, 3, 3],
        vec![3, 0, 8, 8, 8, 8, 8],
    ]
}
