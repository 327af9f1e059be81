//! Identities, registrations, key changes and group actions for the others to read.

use std::time::SystemTime;

use sealpost_crypto::encoding::encode_base64;
use sealpost_crypto::*;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Outcome;
use crate::groups::PlannedGroup;

#[derive(Deserialize)]
pub(crate) struct Plan {
    conversation_id: ConversationId,
    sender: UserId,
    participants: Vec<PlannedUser>,
    /// With what the key changes come, if they come with something.
    group: Option<PlannedGroup>,
}

#[derive(Deserialize)]
struct PlannedUser {
    user_id: UserId,
    public_key_version: PublicKeyVersion,
}

#[derive(Serialize)]
pub(crate) struct Made {
    participants: Vec<MadeUser>,
    changes: Vec<MadeChange>,
}

#[derive(Serialize)]
struct MadeUser {
    user_id: UserId,
    private_keys: String,
    /// What `public_key` is in the body that registers the user.
    registration: Value,
}

#[derive(Serialize)]
struct MadeChange {
    conversation_id: ConversationId,
    conversation_key: String,
    body: Value,
}

pub(crate) fn make(plans: Vec<Plan>) -> Outcome<Vec<Made>> {
    plans.iter().map(one).collect()
}

fn one(plan: &Plan) -> Outcome<Made> {
    let now = UnixMillis::from(SystemTime::now());
    let mut participants = Vec::new();
    let mut accounts = Vec::new();
    for user in &plan.participants {
        let identity = Identity::generate(Suite::XChat)?;
        let body: Value = serde_json::from_slice(identity.registration(user.user_id, now).body())?;
        participants.push(MadeUser {
            user_id: user.user_id,
            private_keys: encode_base64(identity.dangerous_private_keys().expose_secret()),
            registration: body["public_key"].clone(),
        });
        accounts.push(identity.registered(user.user_id, user.public_key_version));
    }

    let (senders, others): (Vec<&Account>, Vec<&Account>) =
        accounts.iter().partition(|account| account.user_id() == plan.sender);
    let [sender] = senders[..] else { return Err("the sender is not a participant".into()) };
    let others = others
        .iter()
        .map(|account| account.record().verify(&account.user_id()))
        .collect::<Result<Vec<Participant>, _>>()?;
    let members: Vec<UserId> = accounts.iter().map(Account::user_id).collect();
    let conversation = conversation(plan.conversation_id, &members)?;

    let mut keyring = Keyring::new(conversation.id());
    let mut changes = Vec::new();
    for _ in 0..2 {
        let change = KeyChange::new(sender, &conversation, keyring.next_version(now)?);
        let change = change.participants(&others);
        changes.push(match &plan.group {
            None => finish(change, &mut keyring)?,
            Some(group) if group.is_new() => {
                finish(change.creating_group(group.creation()?)?, &mut keyring)?
            }
            Some(group) => finish(change.adding_members(group.addition()?)?, &mut keyring)?,
        });
    }
    Ok(Made { participants, changes })
}

fn finish<K: ChangeKind>(change: KeyChange<'_, K>, keyring: &mut Keyring) -> Outcome<MadeChange> {
    let (request, key) = change.seal()?.sign()?.prepare();
    let made = MadeChange {
        conversation_id: request.conversation_id(),
        conversation_key: encode_base64(key.expose_secret()),
        body: serde_json::from_slice(request.body())?,
    };
    keyring.commit(&request, key)?;
    Ok(made)
}

pub(crate) fn conversation(id: ConversationId, members: &[UserId]) -> Outcome<Conversation> {
    Ok(match id.direct_users() {
        Some((one, other)) => Conversation::direct(one, other),
        None => Conversation::group(id, members.iter().copied())?,
    })
}
