//! Failures: whatever body comes with a status, the error has that status and a bounded text, and
//! no part of it shows the token.

use sealpost_transport::{Error, ErrorBody, RequestId};

use crate::input::{Input, piece};
use crate::server::{TOKEN, client, with_answer};
use crate::stage::{assert_hides, user};

const STATUSES: [u16; 14] = [400, 401, 402, 403, 404, 409, 410, 413, 422, 429, 500, 502, 503, 200];
/// More than the server's words and the library's own take.
const MAX_SHOWN: usize = 4096;

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let status = input.pick(&STATUSES);
    let challenge = input.piece();
    let headers = [("www-authenticate", challenge), ("x-transaction-id", challenge)];
    let outcome = with_answer(status, &headers, input.rest(), async {
        client().user_public_keys(&user(11)).await
    });
    let error = match outcome {
        Err(error) => error,
        Ok(listing) => {
            assert_eq!(status, 200);
            assert_hides(&listing, TOKEN.as_bytes());
            return;
        }
    };
    assert_eq!(error.status().unwrap().as_u16(), status);
    assert!(error.code().starts_with("transport."), "{}", error.code());
    assert!(!error.may_have_been_applied());
    assert!(error.request_id().is_none_or(|id: &RequestId| !id.as_str().is_empty()));
    assert!(error.to_string().len() <= MAX_SHOWN, "{} characters", error.to_string().len());
    assert_hides(&error, TOKEN.as_bytes());
    assert_hides(&error.to_string(), TOKEN.as_bytes());
    let rejection = match &error {
        Error::Refused(rejection)
        | Error::RateLimited(rejection)
        | Error::QuotaExhausted(rejection)
        | Error::Unauthorized(rejection)
        | Error::Forbidden(rejection) => rejection,
        _ => return assert_eq!(status, 200, "{error:?}"),
    };
    assert_ne!(status, 200);
    assert_eq!(matches!(error, Error::Unauthorized(_)), status == 401 && !is_quota(&error));
    if let ErrorBody::Unrecognized(raw) = rejection.body() {
        assert!(!raw.as_str().contains(TOKEN) && raw.as_str().chars().count() <= 512);
    }
    for problem in rejection.body().problems() {
        assert!(!problem.type_uri().is_empty() || problem.title().is_some());
    }
}

fn is_quota(error: &Error) -> bool {
    matches!(error, Error::QuotaExhausted(_))
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    const PROBLEMS: [(u8, &str); 14] = [
        (0, r#"{"type":"https://api.twitter.com/2/problems/invalid-request","title":"Invalid Request","detail":"One or more parameters to your request was invalid. %T","errors":[{"parameters":{"id":["%T"]},"message":"The `id` query parameter value [%T] is not valid"}]}"#),
        (1, r#"{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}"#),
        (2, r#"{"type":"https://api.twitter.com/2/problems/credits-depleted","title":"CreditsDepleted"}"#),
        (3, r#"{"type":"https://api.twitter.com/2/problems/client-forbidden","title":"Client Forbidden","reason":"client-not-enrolled","registration_url":"https://e.invalid/","client_id":"1","required_enrollment":"Appropriate Level"}"#),
        (4, r#"{"errors":[{"value":"11","detail":"Could not find user","title":"Not Found Error","resource_type":"user","parameter":"id","resource_id":"11","type":"https://api.twitter.com/2/problems/resource-not-found"}]}"#),
        (5, r#"{"title":"Conflict","type":"https://api.twitter.com/2/problems/conflict","status":409}"#),
        (8, r#"{"type":"https://api.twitter.com/2/problems/unsupported-authentication","title":"Unsupported Authentication","section":"x"}"#),
        (9, r#"{"title":"Too Many Requests","detail":"Too Many Requests","type":"about:blank","status":429}"#),
        (9, r#"{"type":"https://api.twitter.com/2/problems/usage-capped","title":"UsageCapExceeded","period":"Monthly","scope":"Product","account_id":1}"#),
        (10, r#"{"code":131,"message":"Internal error %T"}"#),
        (12, "<html><title>503 %T</title></html>"),
        (1, r#"{"error":"invalid_token","error_description":"%T"}"#),
        (13, r#"{"errors":[{"message":"%T","code":88},{"a":"%T"},7,null,"%T"]}"#),
        (10, ""),
    ];
    PROBLEMS
        .iter()
        .map(|(status, body)| {
            [&[*status], &*piece(b"Bearer realm=\"%T\", error=\"x\""), body.as_bytes()].concat()
        })
        .collect()
}
