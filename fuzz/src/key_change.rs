//! Key changes there and back, for any users, conversation and version: everybody opens the same
//! key, the sender gets it back out of the request, and of a change with a flipped bit comes that
//! key with the same facts, or none.

use sealpost_crypto::encoding::encode_base64;
use sealpost_crypto::hazmat::Backend;
use sealpost_crypto::*;

use crate::delivered::of_change;
use crate::input::Input;
use crate::stage::Fixed;

pub(crate) fn run(data: &[u8]) {
    let mut input = Input::new(data);
    let suite = input.pick(&[Suite::X25519, Suite::XChat]);
    let backend = input.pick(Backend::ALL);
    let (is_group, shares_ephemeral) = (input.flag(), input.flag());
    let Some(alice) = account(suite, &mut input) else { return };
    let Some(bob) = account(suite, &mut input) else { return };
    let version = KeyVersion::new(input.number());
    let group = ConversationId::group(input.number() % MAX_GROUP).unwrap();
    let rng = &mut Fixed(input.array());
    let flip = input.number();

    let members = [alice.user_id(), bob.user_id()];
    let conversation = match is_group {
        true => Conversation::group(group, members),
        false => Ok(Conversation::direct(members[0], members[1])),
    };
    let Ok(conversation) = conversation else {
        return assert!(is_group && members[0] == members[1]);
    };
    let mut draft = KeyChange::new(&alice, &conversation, version)
        .participants([bob.participant()])
        .computed_by(backend);
    if shares_ephemeral {
        draft = draft.one_ephemeral_per_change();
    }
    let sealed = match draft.seal_with_rng(rng) {
        Ok(sealed) => sealed,
        // Two accounts of one user, and what the generator gives may be no secret.
        Err(error) => {
            assert!(members[0] == members[1] || matches!(error, SealError::Random(_)), "{error}");
            return;
        }
    };
    let (change, key) = sealed.sign().unwrap().prepare();
    assert!(change.recover_key(&alice).unwrap() == key);

    let bytes = of_change(&change).remove(0);
    let read = |bytes: &[u8], reader| open(bytes, reader, &conversation, [&alice, &bob]);
    for reader in [&alice, &bob] {
        let opened = read(&bytes, reader).expect("it was sealed to the reader");
        check(&opened, &change, &key);
    }
    let mut changed = bytes;
    let bit = flip as usize % (changed.len() * 8);
    changed[bit / 8] ^= 1 << (bit % 8);
    // What the server alone says may change, and the copies of others.
    if let Some(opened) = read(&changed, &bob) {
        check(&opened, &change, &key);
    }
}

const MAX_GROUP: u64 = 10_000_000_000_000_000_000;

/// A user with keys and numbers of the fuzzer's.
fn account(suite: Suite, input: &mut Input<'_>) -> Option<Account> {
    let keys = [input.array(), input.array::<32>()];
    let identity = Identity::dangerous_from_private_keys(suite, keys.as_flattened()).ok()?;
    let user = UserId::new(input.number()).ok()?;
    Some(identity.registered(user, PublicKeyVersion::new(input.number())))
}

fn open(
    bytes: &[u8],
    reader: &Account,
    conversation: &Conversation,
    signers: [&Account; 2],
) -> Option<VerifiedKeyChange> {
    match EncodedEvent::new(encode_base64(bytes)).unwrap().parse().ok()? {
        ChatEvent::KeyChange(event) => {
            event.open(reader, conversation, signers.map(Account::participant)).ok()
        }
        _ => None,
    }
}

fn check(opened: &VerifiedKeyChange, change: &PreparedKeyChange, key: &ConversationKey) {
    assert!(opened.key() == key);
    assert_eq!(opened.key().fingerprint(), change.key_fingerprint());
    assert_eq!(opened.conversation_id(), change.conversation_id());
    assert_eq!(opened.key_version(), change.key_version());
    assert_eq!(opened.sender(), change.sender());
    assert_eq!(opened.message_id(), change.message_id());
    assert_eq!(opened.suite(), change.suite());
}

pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let seed = |head: [u8; 4], users: [u64; 2], numbers: [u64; 3]| {
        let mut seed = head.to_vec();
        for (byte, user) in (1..).zip(users) {
            seed.extend([byte; 64]);
            seed.extend(user.to_le_bytes());
            seed.extend(numbers[0].to_le_bytes());
        }
        seed.extend(numbers.map(u64::to_le_bytes).as_flattened());
        seed.extend([5; 32]);
        seed.extend((numbers[2] * 41).to_le_bytes());
        seed
    };
    let mut seeds = Vec::new();
    for suite in [0, 1] {
        seeds.push(seed([suite, 0, 0, 0], [11, 2], [1_700_000_000_000, 7, 1]));
        seeds.push(seed([suite, 1, 1, 1], [11, 9_999_999_999_999_999_999], [0, u64::MAX >> 1, 50]));
        seeds.push(seed([suite, 2, 0, 1], [7, 7], [u64::MAX, 0, 99]));
    }
    seeds
}
