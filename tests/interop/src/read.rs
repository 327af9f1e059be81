//! What this library makes of private keys, directory rows and events that others made.

use std::time::SystemTime;

use sealpost_crypto::encoding::encode_base64;
use sealpost_crypto::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Outcome;
use crate::groups::verified_facts;
use crate::make::conversation;
use crate::setting::{Setting, User};

#[derive(Deserialize)]
pub(crate) struct Inbox {
    users: Vec<User>,
    rows: Vec<Row>,
    events: Vec<Event>,
    requests: Vec<Request>,
}

/// A row to judge, honest or not.
#[derive(Deserialize)]
struct Row {
    user_id: UserId,
    row: PublicKeyRecord,
}

#[derive(Deserialize)]
struct Event {
    event: EncodedEvent,
    /// The conversation that the readers believe it is of.
    conversation_id: ConversationId,
    readers: Vec<UserId>,
    /// Whose rows the readers have fetched.
    signers: Vec<UserId>,
}

/// A key change and the group action that came with it.
#[derive(Deserialize)]
struct Request {
    events: [EncodedEvent; 2],
    /// The conversation that the readers believe it is of.
    conversation_id: ConversationId,
    /// Whom the readers know as members so far.
    members_before: Vec<UserId>,
    readers: Vec<UserId>,
    /// Whose rows the readers have fetched.
    signers: Vec<UserId>,
}

#[derive(Serialize)]
pub(crate) struct Verdicts {
    users: Vec<UserVerdict>,
    rows: Vec<Verdict>,
    /// For each event, in the order of its readers.
    events: Vec<Vec<Verdict>>,
    requests: Vec<Vec<[Verdict; 2]>>,
}

#[derive(Serialize)]
struct UserVerdict {
    private_keys: String,
    /// What this library would register for the same private keys.
    registration: Value,
}

#[derive(Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    /// With the conversation key for a key change, with what it says for anything else.
    Accepted(Value),
    /// With the error's code.
    Refused(String),
}

impl Verdict {
    pub(crate) fn of(read: Result<Value, &'static str>) -> Self {
        match read {
            Ok(value) => Self::Accepted(value),
            Err(code) => Self::Refused(code.to_owned()),
        }
    }
}

pub(crate) fn read(inboxes: Vec<Inbox>) -> Outcome<Vec<Verdicts>> {
    inboxes.iter().map(one).collect()
}

fn one(inbox: &Inbox) -> Outcome<Verdicts> {
    let setting = Setting::new(&inbox.users)?;
    let mut users = Vec::new();
    for user in &inbox.users {
        let identity = user.identity()?;
        let body: Value =
            serde_json::from_slice(identity.registration(user.user_id, UnixMillis::new(0)).body())?;
        users.push(UserVerdict {
            private_keys: encode_base64(identity.dangerous_private_keys().expose_secret()),
            registration: body["public_key"].clone(),
        });
    }
    let rows = inbox.rows.iter().map(|row| {
        let read = row.row.verify(&row.user_id);
        Verdict::of(read.map(|_| Value::Null).map_err(|error| error.code()))
    });
    let members = setting.members();
    let mut events = Vec::new();
    for event in &inbox.events {
        let conversation = conversation(event.conversation_id, &members)?;
        let signers = setting.participants(&event.signers)?;
        let verdicts = event.readers.iter().map(|reader| {
            Ok(Verdict::of(adopted_key(
                &event.event,
                setting.account(reader)?,
                &conversation,
                &signers,
            )))
        });
        events.push(verdicts.collect::<Outcome<_>>()?);
    }
    let mut requests = Vec::new();
    for request in &inbox.requests {
        let before = conversation(request.conversation_id, &request.members_before)?;
        let after = conversation(request.conversation_id, &members)?;
        let signers = setting.participants(&request.signers)?;
        let [key_change, action] = &request.events;
        let verdicts = request.readers.iter().map(|reader| {
            Ok([
                Verdict::of(adopted_key(key_change, setting.account(reader)?, &after, &signers)),
                Verdict::of(verified_facts(action, &before, &signers)),
            ])
        });
        requests.push(verdicts.collect::<Outcome<_>>()?);
    }
    Ok(Verdicts { users, rows: rows.collect(), events, requests })
}

/// The key that is current after a new device has read only this event, or an error's code.
fn adopted_key(
    event: &EncodedEvent,
    reader: &Account,
    conversation: &Conversation,
    signers: &[&Participant],
) -> Result<Value, &'static str> {
    let ChatEvent::KeyChange(change) = event.parse().map_err(|error| error.code())? else {
        return Err("not_a_key_change");
    };
    let opened =
        change.open(reader, conversation, signers.iter().copied()).map_err(|error| error.code())?;
    let mut keyring = Keyring::new(conversation.id());
    keyring.adopt(opened, SystemTime::now().into()).map_err(|error| error.code())?;
    let (version, key) = keyring.current().ok_or("no_current_key")?;
    if version != change.key_version() {
        return Err("other_key_version");
    }
    Ok(encode_base64(key.expose_secret()).into())
}
