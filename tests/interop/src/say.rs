//! Messages, actions, files and metadata for the others to read.

use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use sealpost_crypto::*;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::Outcome;
use crate::content::{Part, media_kind};
use crate::deeds::Deed;
use crate::make::conversation;
use crate::setting::{Setting, User};

#[derive(Deserialize)]
pub(crate) struct Job {
    users: Vec<User>,
    conversation_id: ConversationId,
    /// The newest is the key to write under.
    key_changes: Vec<EncodedEvent>,
    speaker: UserId,
    messages: Vec<Saying>,
    actions: Vec<Deed>,
    fields: Vec<String>,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Saying {
    Text(TextPlan),
    AddReaction { target: SequenceId, emoji: String },
    RemoveReaction { target: SequenceId, emoji: String },
    Edit { target: SequenceId, text: String, entities: Vec<Part> },
}

#[derive(Deserialize)]
struct TextPlan {
    text: String,
    entities: Vec<Part>,
    media: Vec<MediaPlan>,
    ttl_msec: Option<u64>,
    notify: bool,
    reply_to: Option<EncodedEvent>,
    reply_to_edit: Option<EncodedEvent>,
}

#[derive(Deserialize)]
struct MediaPlan {
    hash_key: String,
    #[serde(rename = "type")]
    kind: u8,
    width: u32,
    height: u32,
    duration_msec: u64,
    size: u64,
    name: String,
    /// The file, and where it goes encrypted.
    file: PathBuf,
    encrypted: PathBuf,
}

#[derive(Serialize)]
pub(crate) struct Said {
    /// The bodies that send the messages.
    messages: Vec<Value>,
    /// For each action what an `action_signatures` entry has.
    actions: Vec<Value>,
    fields: Vec<(KeyVersion, EncryptedField)>,
}

struct Speaker<'a> {
    setting: &'a Setting,
    account: &'a Account,
    conversation: Conversation,
    keyring: Keyring,
}

pub(crate) fn say(jobs: Vec<Job>) -> Outcome<Vec<Said>> {
    jobs.iter().map(one).collect()
}

fn one(job: &Job) -> Outcome<Said> {
    let setting = Setting::new(&job.users)?;
    let conversation = conversation(job.conversation_id, &setting.members())?;
    let keyring = setting.keyring(&job.speaker, &conversation, &job.key_changes)?;
    let account = setting.account(&job.speaker)?;
    let speaker = Speaker { setting: &setting, account, conversation, keyring };
    let field = |text: &String| -> Outcome<_> {
        Ok(EncryptedField::encrypt(MetadataField::Title, text, &speaker.keyring)?)
    };
    Ok(Said {
        messages: job.messages.iter().map(|said| speaker.body(said)).collect::<Outcome<_>>()?,
        actions: job.actions.iter().map(|deed| speaker.action(deed)).collect::<Outcome<_>>()?,
        fields: job.fields.iter().map(field).collect::<Outcome<_>>()?,
    })
}

impl Speaker<'_> {
    fn body(&self, said: &Saying) -> Outcome<Value> {
        let reaction = |target: &SequenceId, emoji: &String| -> Outcome<_> {
            Ok(Reaction::new(*target, emoji.parse()?))
        };
        let message = match said {
            Saying::Text(plan) => self.text(plan)?,
            Saying::AddReaction { target, emoji } => {
                Message::add_reaction(reaction(target, emoji)?)
            }
            Saying::RemoveReaction { target, emoji } => {
                Message::remove_reaction(reaction(target, emoji)?)
            }
            Saying::Edit { target, text, entities } => {
                let edit = Edit::new(*target, text);
                Message::edit(entities.iter().try_fold(edit, |edit, part| -> Outcome<_> {
                    Ok(edit.with_entity(part.entity()?)?)
                })?)
            }
        };
        let signed = message.encrypt(self.account, &self.conversation, &self.keyring)?;
        Ok(serde_json::from_slice(signed.prepare(None)?.body())?)
    }

    fn text(&self, plan: &TextPlan) -> Outcome<Message> {
        let mut text = Text::new(&plan.text);
        for part in &plan.entities {
            text = text.with_entity(part.entity()?)?;
        }
        for media in &plan.media {
            text = text.with_attachment(self.attach(media)?);
        }
        text = match (&plan.reply_to, &plan.reply_to_edit) {
            (Some(original), Some(edit)) => {
                text.reply_to_edited(&self.read(original)?, &self.read(edit)?)?
            }
            (Some(original), None) => text.reply_to(&self.read(original)?),
            _ => text,
        };
        let message = Message::new(text);
        let message = if plan.notify { message } else { message.silent() };
        Ok(match plan.ttl_msec {
            Some(ttl) => message.expires_after(Duration::from_millis(ttl)),
            None => message,
        })
    }

    fn attach(&self, plan: &MediaPlan) -> Outcome<MediaAttachment> {
        let encryptor = MediaEncryptor::new(&self.keyring)?;
        let kind = media_kind(plan.kind);
        let attachment = MediaAttachment::new(plan.hash_key.parse()?, kind, &encryptor.media());
        let mut upload = encryptor.reader(File::open(&plan.file)?);
        io::copy(&mut upload, &mut File::create(&plan.encrypted)?)?;
        Ok(attachment
            .with_dimensions(Dimensions { width: plan.width, height: plan.height })
            .with_duration(Duration::from_millis(plan.duration_msec))
            .with_file_size(plan.size)
            .with_file_name(&plan.name))
    }

    fn read(&self, event: &EncodedEvent) -> Outcome<VerifiedMessage> {
        let ChatEvent::Message(message) = event.parse()? else {
            return Err("not a message".into());
        };
        let signers = self.setting.everybody();
        Ok(message.open(self.account, &self.conversation, &self.keyring, signers)?)
    }

    fn action(&self, deed: &Deed) -> Outcome<Value> {
        let signed = deed.action()?.sign(self.account, &self.conversation)?;
        Ok(json!({
            "message_id": signed.message_id(),
            "encoded_message_event_detail": signed.encoded_message_event_detail(),
            "signature": signed.signature().to_base64_unpadded(),
            "public_key_version": signed.public_key_version(),
            "signature_version": signed.signature_version(),
            "signature_payload": signed.signature_payload(),
        }))
    }
}
