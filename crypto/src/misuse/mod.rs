//! What the types forbid: one rule each, as lines that compile and as the same lines misused, which
//! do not, for the reason that the compiler's error code names.
//!
//! Nothing here is built but by `cargo test --doc`. Stable rustdoc only sees that a misuse does not
//! compile; `crypto/misuse/rustdoc` has it compare the codes too. `tests/misuse.rs` counts the rules.

/// What comes before every example of a kind.
macro_rules! given {
    (TALK) => {
        "# use sealpost_crypto::*;
# fn account(number: u64) -> Account {
#     let user = UserId::new(number).unwrap();
#     Identity::generate(Suite::X25519).unwrap().registered(user, PublicKeyVersion::new(1))
# }
# let (alice, bob) = (account(1), account(2));
# let talk = Conversation::direct(alice.user_id(), bob.user_id());
"
    };
    (DRAFT) => {
        concat!(
            given!(TALK),
            "# let draft = KeyChange::new(&alice, &talk, KeyVersion::new(5));
# let draft = draft.participants([bob.participant()]);
"
        )
    };
    (KEY) => {
        concat!(
            given!(DRAFT),
            "# let (request, key) = draft.seal().unwrap().sign().unwrap().prepare();
# let mut ring = Keyring::new(talk.id());
"
        )
    };
    (EVENT) => {
        concat!(
            given!(TALK),
            "# let mut ring = Keyring::new(talk.id());
# fn event<T>() -> T { loop {} }
"
        )
    };
}

/// A rule: what is given, lines that both examples have, lines that compile, the error's code and
/// the lines that meet with it.
macro_rules! rule {
    ($name:ident: $given:ident; $($both:literal,)? holds $good:literal, $code:ident $bad:literal) => {
        #[doc = concat!("```no_run\n", given!($given), $($both, "\n",)? $good, "\n```\n")]
        #[doc = concat!("```compile_fail,", stringify!($code), "\n")]
        #[doc = concat!(given!($given), $($both, "\n",)? $bad, "\n```\n")]
        mod $name {}
    };
}

mod order;
mod reading;
mod roles;
mod sealing;
mod secrets;
