//! Writes requests of this library to a JSON file that a checker built on X's own SDK
//! (`chatxdk` on PyPI) reads, so that somebody else's code can judge them.
//!
//! `cargo run --example export_official_check -- OUT.json`
//!
//! The file is `{"schema": "xchat-official-check/1", "cases": [...]}`: a one-to-one conversation,
//! a group of 3 and a group of 50, each with fresh identities. A case has
//!
//! - `name`, `conversation_id`, `sender` (`user_id`, `signing_key_version`);
//! - `participants`: each `user_id`, `public_key_version`, `private_keys_b64`, and the
//!   `registration` it would post;
//! - `request_body`: what it would post to `/2/chat/conversations/{id}/keys`;
//! - `expected_conversation_key_b64`: what every participant must find in their copy.
//!
//! The private keys and conversation keys in it are made for the file and good for nothing else.
#![allow(clippy::print_stdout)] // it is a program

use std::error::Error;
use std::process::ExitCode;
use std::time::SystemTime;
use std::{env, fs};

use sealpost::encoding::encode_base64;
use sealpost::*;
use serde_json::{Value, json};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// A short id beside long ones: in a one-to-one id the smaller number goes first, not the smaller
/// text.
const SHORT_ID: u64 = 2_244_994_945;
const FIRST_LONG_ID: u64 = 1_215_441_834_412_953_600;
const GROUP_ID: u64 = 1_990_418_310_492_704_768;

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (Some(path), None) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: export_official_check OUT.json");
        return ExitCode::FAILURE;
    };
    match write(&path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn write(path: &str) -> Outcome<()> {
    let cases = [
        case("one-to-one", None, 2)?,
        case("group of 3", Some(GROUP_ID), 3)?,
        case("group of 50", Some(GROUP_ID + 1), 50)?,
    ];
    let file = json!({ "schema": "xchat-official-check/1", "cases": cases });
    fs::write(path, serde_json::to_vec_pretty(&file)?)?;
    println!("{} cases written to {path}", cases.len());
    Ok(())
}

/// One key change among `size` new users, sent by the first.
fn case(name: &str, group: Option<u64>, size: u64) -> Outcome<Value> {
    let sender = user(SHORT_ID)?;
    let others = (1..size)
        .map(|index| user(FIRST_LONG_ID + index * 7_919_000_003))
        .collect::<Outcome<Vec<User>>>()?;
    let conversation = match group {
        Some(number) => {
            let members = others.iter().chain([&sender]).map(|user| user.account.user_id());
            Conversation::group(ConversationId::group(number)?, members)?
        }
        None => {
            let other = others.first().ok_or("a conversation of one user")?;
            Conversation::direct(sender.account.user_id(), other.account.user_id())
        }
    };
    let participants = others
        .iter()
        .map(|user| user.account.record().verify(&user.account.user_id()))
        .collect::<Result<Vec<Participant>, _>>()?;
    let version = Keyring::new(conversation.id()).next_version(SystemTime::now().into())?;
    let change = KeyChange::new(&sender.account, &conversation, version);
    let (request, key) = change.participants(&participants).seal()?.sign()?.prepare();

    let users = others.iter().chain([&sender]);
    Ok(json!({
        "name": name,
        "conversation_id": request.conversation_id(),
        "sender": {
            "user_id": sender.account.user_id(),
            "signing_key_version": sender.account.public_key_version(),
        },
        "participants": users.map(|user| &user.entry).collect::<Vec<_>>(),
        "expected_conversation_key_b64": encode_base64(key.expose_secret()),
        "request_body": serde_json::from_slice::<Value>(request.body())?,
    }))
}

struct User {
    account: Account,
    /// The member of `participants`.
    entry: Value,
}

/// A user with a new identity, as if just registered.
fn user(id: u64) -> Outcome<User> {
    let id = UserId::new(id)?;
    let now = UnixMillis::from(SystemTime::now());
    let identity = Identity::generate(Suite::XChat)?;
    let registration: Value = serde_json::from_slice(identity.registration(id, now).body())?;
    let private_keys = encode_base64(identity.dangerous_private_keys().expose_secret());
    let account = identity.registered(id, PublicKeyVersion::new(now.as_u64()));
    let entry = json!({
        "user_id": id,
        "public_key_version": account.public_key_version(),
        "private_keys_b64": private_keys,
        "registration": registration.get("public_key"),
    });
    Ok(User { account, entry })
}
