//! Posting keys: the rules for the members of the body. Every rule has a row, and each row breaks
//! a body that is valid otherwise.

use sealpost_crypto::encoding::{decode_base64, encode_base64};
use sealpost_crypto::wire::MessageEventDetail;
use sealpost_sandbox::Contract;
use serde_json::{Value, json};

use crate::support::{World, assert_refused, text};

type Break = fn(&mut Value);

const DETAIL: &str = "action_signatures[0].encoded_message_event_detail";
const ENTRIES: &str = "conversation_participant_keys";
const SIGNER: &str = "action_signatures[0].message_event_signature";

fn remove(value: &mut Value, name: &str) {
    value.as_object_mut().unwrap().remove(name).unwrap();
}

fn entry(body: &mut Value) -> &mut Value {
    &mut body["conversation_participant_keys"][1]
}

fn action(body: &mut Value) -> &mut Value {
    &mut body["action_signatures"][0]
}

fn signature(body: &mut Value) -> &mut Value {
    &mut body["action_signatures"][0]["message_event_signature"]
}

/// Changes the detail, and leaves the body as it is.
fn redetail(body: &mut Value, change: fn(&mut MessageEventDetail<'_>)) {
    let encoded = &mut action(body)["encoded_message_event_detail"];
    let bytes = decode_base64(text(encoded)).unwrap();
    let mut detail = MessageEventDetail::decode(&bytes).unwrap();
    change(&mut detail);
    *encoded = encode_base64(&detail.encode().unwrap()).into();
}

fn set_detail(body: &mut Value, bytes: &[u8]) {
    action(body)["encoded_message_event_detail"] = encode_base64(bytes).into();
}

macro_rules! rekey {
    ($body:expr, |$event:ident| $change:expr) => {
        redetail($body, |detail| {
            let MessageEventDetail::ConversationKeyChange($event) = detail else { panic!() };
            $change;
        })
    };
}

/// The rows that only 2.167 has patterns for.
const PATTERNS: [&str; 2] = ["signature not base64", "signature version not digits"];

/// What is broken, how, and the field that is named. All of them are 400 `invalid-request`.
const RULES: &[(&str, Break, &str)] = &[
    ("body is an array", |b| *b = json!([]), ""),
    ("body is null", |b| *b = json!(null), ""),
    // conversation_key_version
    ("version missing", |b| remove(b, "conversation_key_version"), "conversation_key_version"),
    ("version null", |b| b["conversation_key_version"] = json!(null), "conversation_key_version"),
    ("version a number", |b| b["conversation_key_version"] = json!(5), "conversation_key_version"),
    ("version empty", |b| b["conversation_key_version"] = json!(""), "conversation_key_version"),
    ("version signed", |b| b["conversation_key_version"] = json!("-5"), "conversation_key_version"),
    (
        "version zero-led",
        |b| b["conversation_key_version"] = json!("05"),
        "conversation_key_version",
    ),
    (
        "version above 2^64",
        |b| b["conversation_key_version"] = json!("18446744073709551616"),
        "conversation_key_version",
    ),
    // conversation_participant_keys
    ("entries missing", |b| remove(b, "conversation_participant_keys"), ENTRIES),
    ("entries an object", |b| b["conversation_participant_keys"] = json!({}), ENTRIES),
    ("entries empty", |b| b["conversation_participant_keys"] = json!([]), ENTRIES),
    (
        "too many entries",
        |b| b["conversation_participant_keys"] = vec![json!({}); 10_001].into(),
        ENTRIES,
    ),
    ("entry a string", |b| *entry(b) = json!("x"), "conversation_participant_keys[1]"),
    ("user missing", |b| remove(entry(b), "user_id"), "conversation_participant_keys[1].user_id"),
    (
        "user a number",
        |b| entry(b)["user_id"] = json!(1002),
        "conversation_participant_keys[1].user_id",
    ),
    (
        "user not decimal",
        |b| entry(b)["user_id"] = json!("bob"),
        "conversation_participant_keys[1].user_id",
    ),
    (
        "user too long",
        |b| entry(b)["user_id"] = json!("12345678901234567890"),
        "conversation_participant_keys[1].user_id",
    ),
    (
        "user twice",
        |b| {
            let first = b["conversation_participant_keys"][0]["user_id"].clone();
            entry(b)["user_id"] = first;
        },
        "conversation_participant_keys[1].user_id",
    ),
    (
        "sealed key missing",
        |b| remove(entry(b), "encrypted_conversation_key"),
        "conversation_participant_keys[1].encrypted_conversation_key",
    ),
    (
        "sealed key a list",
        |b| entry(b)["encrypted_conversation_key"] = json!([]),
        "conversation_participant_keys[1].encrypted_conversation_key",
    ),
    (
        "sealed key empty",
        |b| entry(b)["encrypted_conversation_key"] = json!(""),
        "conversation_participant_keys[1].encrypted_conversation_key",
    ),
    (
        "sealed key not base64",
        |b| entry(b)["encrypted_conversation_key"] = json!("AAA*"),
        "conversation_participant_keys[1].encrypted_conversation_key",
    ),
    (
        "key version missing",
        |b| remove(entry(b), "public_key_version"),
        "conversation_participant_keys[1].public_key_version",
    ),
    (
        "key version a number",
        |b| entry(b)["public_key_version"] = json!(7),
        "conversation_participant_keys[1].public_key_version",
    ),
    (
        "key version not decimal",
        |b| entry(b)["public_key_version"] = json!("7a"),
        "conversation_participant_keys[1].public_key_version",
    ),
    // base64_encoded_key_rotation
    (
        "rotation a number",
        |b| b["base64_encoded_key_rotation"] = json!(1),
        "base64_encoded_key_rotation",
    ),
    (
        "rotation not base64",
        |b| b["base64_encoded_key_rotation"] = json!("*"),
        "base64_encoded_key_rotation",
    ),
    // action_signatures
    ("signatures missing", |b| remove(b, "action_signatures"), "action_signatures"),
    ("signatures null", |b| b["action_signatures"] = json!(null), "action_signatures"),
    ("signatures an object", |b| b["action_signatures"] = json!({}), "action_signatures"),
    ("no signature", |b| b["action_signatures"] = json!([]), "action_signatures"),
    (
        "two signatures",
        |b| {
            let one = action(b).clone();
            b["action_signatures"] = json!([one, one]);
        },
        "action_signatures",
    ),
    ("signature a number", |b| *action(b) = json!(1), "action_signatures[0]"),
    (
        "payload present",
        |b| action(b)["signature_payload"] = json!("SECRET"),
        "action_signatures[0].signature_payload",
    ),
    (
        "payload null",
        |b| action(b)["signature_payload"] = json!(null),
        "action_signatures[0].signature_payload",
    ),
    ("message id missing", |b| remove(action(b), "message_id"), "action_signatures[0].message_id"),
    (
        "message id a number",
        |b| action(b)["message_id"] = json!(1),
        "action_signatures[0].message_id",
    ),
    (
        "message id empty",
        |b| action(b)["message_id"] = json!(""),
        "action_signatures[0].message_id",
    ),
    // encoded_message_event_detail
    ("detail missing", |b| remove(action(b), "encoded_message_event_detail"), DETAIL),
    ("detail a boolean", |b| action(b)["encoded_message_event_detail"] = json!(true), DETAIL),
    ("detail empty", |b| action(b)["encoded_message_event_detail"] = json!(""), DETAIL),
    ("detail not base64", |b| action(b)["encoded_message_event_detail"] = json!("A A="), DETAIL),
    ("detail an empty union", |b| set_detail(b, &[0]), DETAIL),
    ("detail not Thrift", |b| set_detail(b, b"hello"), DETAIL),
    ("detail another event", |b| set_detail(b, &[0x0c, 0, 6, 0, 0]), DETAIL),
    ("detail of an unknown member", |b| set_detail(b, &[0x0c, 0, 99, 0, 0]), DETAIL),
    (
        "detail and more bytes",
        |b| {
            let mut bytes =
                decode_base64(text(&action(b)["encoded_message_event_detail"])).unwrap();
            bytes.push(0);
            set_detail(b, &bytes);
        },
        DETAIL,
    ),
    (
        "detail of another version",
        |b| rekey!(b, |e| e.conversation_key_version = Some("6")),
        DETAIL,
    ),
    ("detail without a version", |b| rekey!(b, |e| e.conversation_key_version = None), DETAIL),
    (
        "detail lacks an entry",
        |b| rekey!(b, |e| e.conversation_participant_keys.truncate(1)),
        DETAIL,
    ),
    (
        "detail has one more entry",
        |b| {
            rekey!(b, |e| {
                let more = e.conversation_participant_keys[0];
                e.conversation_participant_keys.push(more);
            })
        },
        DETAIL,
    ),
    (
        "detail of another user",
        |b| rekey!(b, |e| e.conversation_participant_keys[1].user_id = Some("1003")),
        DETAIL,
    ),
    (
        "detail lists one user twice",
        |b| {
            rekey!(b, |e| {
                e.conversation_participant_keys[1] = e.conversation_participant_keys[0];
            })
        },
        DETAIL,
    ),
    (
        "detail of another sealed key",
        |b| {
            rekey!(b, |e| {
                e.conversation_participant_keys[1].encrypted_conversation_key = Some("AAAA");
            })
        },
        DETAIL,
    ),
    (
        "detail of another key version",
        |b| rekey!(b, |e| e.conversation_participant_keys[1].public_key_version = Some("9")),
        DETAIL,
    ),
    // message_event_signature
    ("signature object missing", |b| remove(action(b), "message_event_signature"), SIGNER),
    ("signature object a string", |b| *signature(b) = json!("x"), SIGNER),
    (
        "signature missing",
        |b| remove(signature(b), "signature"),
        "action_signatures[0].message_event_signature.signature",
    ),
    (
        "signature empty",
        |b| signature(b)["signature"] = json!(""),
        "action_signatures[0].message_event_signature.signature",
    ),
    (
        "signature not base64",
        |b| signature(b)["signature"] = json!("A.A."),
        "action_signatures[0].message_event_signature.signature",
    ),
    (
        "signer version missing",
        |b| remove(signature(b), "public_key_version"),
        "action_signatures[0].message_event_signature.public_key_version",
    ),
    (
        "signer version not digits",
        |b| signature(b)["public_key_version"] = json!("v1"),
        "action_signatures[0].message_event_signature.public_key_version",
    ),
    (
        "signature version missing",
        |b| remove(signature(b), "signature_version"),
        "action_signatures[0].message_event_signature.signature_version",
    ),
    (
        "signature version a number",
        |b| signature(b)["signature_version"] = json!(1001),
        "action_signatures[0].message_event_signature.signature_version",
    ),
    (
        "signature version empty",
        |b| signature(b)["signature_version"] = json!(""),
        "action_signatures[0].message_event_signature.signature_version",
    ),
    (
        "signature version not digits",
        |b| signature(b)["signature_version"] = json!("1.0"),
        "action_signatures[0].message_event_signature.signature_version",
    ),
    (
        "signing key a number",
        |b| signature(b)["signing_public_key"] = json!(1),
        "action_signatures[0].message_event_signature.signing_public_key",
    ),
    (
        "key list a string",
        |b| signature(b)["message_signing_key_info_list"] = json!("x"),
        "action_signatures[0].message_event_signature.message_signing_key_info_list",
    ),
    (
        "key list of strings",
        |b| signature(b)["message_signing_key_info_list"] = json!(["x"]),
        "action_signatures[0].message_event_signature.message_signing_key_info_list[0]",
    ),
    (
        "key list with a number",
        |b| signature(b)["message_signing_key_info_list"] = json!([{ "member_id": 1 }]),
        "action_signatures[0].message_event_signature.message_signing_key_info_list[0].member_id",
    ),
    // Against the state: body and detail agree, and both are wrong.
    (
        "signer version not registered",
        |b| signature(b)["public_key_version"] = json!("3"),
        "action_signatures[0].message_event_signature.public_key_version",
    ),
];

#[tokio::test]
async fn each_rule_is_held_and_nothing_is_stored() {
    assert_eq!(RULES.len(), 72, "a row was added or lost: adjust the count");
    for contract in Contract::ALL {
        let world = World::start_in(contract).await;
        let valid: Value = serde_json::from_slice(world.change(5).body()).unwrap();
        for (what, break_it, parameter) in RULES {
            if contract == Contract::V2_165 && PATTERNS.contains(what) {
                continue;
            }
            let mut body = valid.clone();
            break_it(&mut body);
            assert_ne!(body, valid, "{what} breaks nothing");
            let reply = world.post_keys("1002", body.to_string().as_bytes()).await;
            assert_refused(what, &reply, 400, "invalid-request", parameter);
            assert!(!reply.text().contains("SECRET"), "{what}: a payload is never repeated");
        }
        assert_eq!(world.events().await["meta"]["result_count"], 0);
        let reply = world.post_keys("1002", valid.to_string().as_bytes()).await;
        assert_eq!(reply.status, 200, "the body that was broken is valid: {}", reply.text());
    }
}
