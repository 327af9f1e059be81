//! Alice, Bob and Carol in a group with a key, in each suite: the same at every run.

use std::convert::Infallible;
use std::sync::LazyLock;

use sealpost_crypto::rand_core::{TryCryptoRng, TryRng};
use sealpost_crypto::*;

/// The time of everything that happens.
pub(crate) const NOW: UnixMillis = UnixMillis::new(1_800_000_000_000);

/// A reproducible generator, and no secure one.
pub(crate) struct Seeded(fastrand::Rng);

impl Seeded {
    pub(crate) fn new(seed: u64) -> Self {
        Self(fastrand::Rng::with_seed(seed))
    }
}

impl TryRng for Seeded {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.0.u32(..))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.0.u64(..))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Seeded {}

/// Gives these bytes again and again.
pub(crate) struct Fixed(pub(crate) [u8; 32]);

impl TryRng for Fixed {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes([self.0[0], self.0[1], self.0[2], self.0[3]]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.try_next_u32().map(u64::from)
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.iter_mut().zip(self.0.iter().cycle()).for_each(|(to, from)| *to = *from);
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}

pub(crate) fn user(number: u64) -> UserId {
    UserId::new(number).unwrap()
}

/// The identity of a user, the same for a number.
pub(crate) fn identity(suite: Suite, number: u64) -> Identity {
    Identity::generate_with_rng(suite, &mut Seeded::new(number)).unwrap()
}

pub(crate) fn account(suite: Suite, number: u64) -> Account {
    identity(suite, number).registered(user(number), PublicKeyVersion::new(1_700_000_000_000))
}

pub(crate) struct Stage {
    pub(crate) alice: Account,
    pub(crate) bob: Account,
    pub(crate) carol: Account,
    pub(crate) group: Conversation,
    /// The change that gave the group its key.
    pub(crate) change: PreparedKeyChange,
    pub(crate) ring: Keyring,
}

impl Stage {
    fn new(suite: Suite) -> Self {
        let [alice, bob, carol] = [11, 2, 300].map(|number| account(suite, number));
        let id = ConversationId::group(1_900_000_000_000_000_001).unwrap();
        let group = Conversation::group(id, [&alice, &bob, &carol].map(Account::user_id)).unwrap();
        let (change, key) = KeyChange::new(&alice, &group, NOW.into())
            .participants([bob.participant(), carol.participant()])
            .seal_with_rng(&mut Seeded::new(1))
            .unwrap()
            .sign()
            .unwrap()
            .prepare();
        let mut ring = Keyring::new(id);
        ring.commit(&change, key).unwrap();
        Self { alice, bob, carol, group, change, ring }
    }

    pub(crate) fn participants(&self) -> [&Participant; 3] {
        [&self.alice, &self.bob, &self.carol].map(Account::participant)
    }

    pub(crate) fn key(&self) -> &ConversationKey {
        self.ring.current().unwrap().1
    }

    /// A keyring with the same key, to be changed.
    pub(crate) fn own_ring(&self) -> Keyring {
        let mut ring = Keyring::new(self.group.id());
        let key = ConversationKey::dangerous_from_bytes(self.key().expose_secret());
        ring.commit(&self.change, key).unwrap();
        ring
    }
}

pub(crate) fn stage(suite: Suite) -> &'static Stage {
    static X25519: LazyLock<Stage> = LazyLock::new(|| Stage::new(Suite::X25519));
    static XCHAT: LazyLock<Stage> = LazyLock::new(|| Stage::new(Suite::XChat));
    match suite {
        Suite::X25519 => &X25519,
        _ => &XCHAT,
    }
}

/// Panics if a text that may be logged has a secret in it, as it stands or in an encoding.
pub(crate) fn assert_hides(shown: &dyn std::fmt::Debug, secret: &[u8]) {
    let shown = format!("{shown:?}");
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let base64 = encoding::encode_base64_unpadded(secret);
    assert!(!shown.contains(&hex) && !shown.contains(&base64), "a secret is shown: {shown}");
    if let Ok(text) = std::str::from_utf8(secret) {
        assert!(!shown.contains(text), "a secret is shown: {shown}");
    }
}
