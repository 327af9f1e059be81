//! What this library finds in messages, actions, files and metadata that others made.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use sealpost_crypto::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Outcome;
use crate::content::facts;
use crate::deeds::Deed;
use crate::make::conversation;
use crate::read::Verdict;
use crate::setting::{Setting, User};

#[derive(Deserialize)]
pub(crate) struct Job {
    users: Vec<User>,
    conversation_id: ConversationId,
    key_changes: Vec<EncodedEvent>,
    reader: UserId,
    events: Vec<EncodedEvent>,
    files: Vec<Download>,
    fields: Vec<(KeyVersion, EncryptedField)>,
}

/// A file of the only attachment of a message.
#[derive(Deserialize)]
struct Download {
    event: EncodedEvent,
    encrypted: PathBuf,
    /// Where it goes decrypted.
    file: PathBuf,
}

#[derive(Serialize)]
pub(crate) struct Heard {
    events: Vec<Verdict>,
    files: Vec<Verdict>,
    fields: Vec<Verdict>,
}

pub(crate) fn hear(jobs: Vec<Job>) -> Outcome<Vec<Heard>> {
    jobs.iter().map(one).collect()
}

fn one(job: &Job) -> Outcome<Heard> {
    let setting = Setting::new(&job.users)?;
    let conversation = conversation(job.conversation_id, &setting.members())?;
    let mut keyring = setting.keyring(&job.reader, &conversation, &job.key_changes)?;
    let inbox = Inbox::new(setting.account(&job.reader)?, &conversation, setting.everybody());
    let mut read = |events: &[EncodedEvent]| {
        let now = SystemTime::now().into();
        inbox.read(events, &mut keyring, &mut SeenActions::new(), now)
    };
    let events = read(&job.events).iter().map(found).map(Verdict::of).collect();
    let mut downloads = Vec::new();
    for download in &job.files {
        let [Ok(Received::Message(message, _))] = &read(std::slice::from_ref(&download.event))[..]
        else {
            return Err("an attachment's message cannot be read".into());
        };
        downloads.push((message.clone(), download));
    }
    let files = downloads
        .iter()
        .map(|(message, download)| Ok(Verdict::of(decrypted(message, download, &keyring)?)));
    let fields = job.fields.iter().map(|(version, field)| {
        let text = field.decrypt(MetadataField::Title, *version, &keyring);
        Verdict::of(text.map(|text| text.into_claim().into()).map_err(|error| error.code()))
    });
    Ok(Heard { events, files: files.collect::<Outcome<_>>()?, fields: fields.collect() })
}

/// What an event says once it is verified, or an error's code.
fn found(event: &Result<Received, InboxError>) -> Result<Value, &'static str> {
    match event {
        Ok(Received::Message(message, _)) => Ok(json!({
            "message_id": message.message_id(),
            "sequence_id": message.sequence_id().map(Unsigned::into_claim),
            "sender_id": message.sender(),
            "conversation_id": message.conversation_id(),
            "key_version": message.key_version(),
            "ttl_msec": message.ttl().claim().map(|ttl| ttl.to_string()),
            "notify": message.should_notify().claim(),
            "says": facts(message.content()),
        })),
        Ok(Received::Action(action, _)) => Ok(json!({
            "message_id": action.message_id(),
            "sequence_id": action.sequence_id().map(Unsigned::into_claim),
            "sender_id": action.sender(),
            "conversation_id": action.conversation_id(),
            "says": Deed::of(action.action()),
        })),
        Ok(_) => Err("neither_message_nor_action"),
        Err(error) => Err(error.code()),
    }
}

/// Nothing where the file was written to, or an error's code.
fn decrypted(
    message: &VerifiedMessage,
    download: &Download,
    keyring: &Keyring,
) -> Outcome<Result<Value, &'static str>> {
    let Content::Text(text) = message.content() else { return Err("no text".into()) };
    let [attachment] = text.attachments() else { return Err("not one attachment".into()) };
    let media = attachment.media().ok_or("no media")?;
    let decryptor = match MediaDecryptor::new(media, keyring) {
        Ok(decryptor) => decryptor,
        Err(error) => return Ok(Err(error.code())),
    };
    let mut reader = decryptor.reader(File::open(&download.encrypted)?);
    let Err(error) = io::copy(&mut reader, &mut File::create(&download.file)?) else {
        return Ok(Ok(Value::Null));
    };
    let code = error.get_ref().and_then(|inner| inner.downcast_ref()).map(MediaError::code);
    Ok(Err(code.ok_or(error)?))
}
