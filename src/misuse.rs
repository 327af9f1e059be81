//! What the types forbid, as in `crypto/src/misuse`: a function body that compiles, and one that does
//! not, for the reason that the compiler's error code names.
//!
//! Nothing here is built but by `cargo test --doc`; `tests/misuse.rs` counts the rules.

/// A rule: what the functions are given, the body that compiles, the error's code and the body that
/// meets with it.
macro_rules! rule {
    ($name:ident: $given:literal, holds $good:literal, $code:ident $bad:literal) => {
        #[doc = "```no_run\n# use sealpost::*;\n"]
        #[doc = concat!("# async fn example(", $given, ") {\n", $good, "\n# }\n```\n")]
        #[doc = concat!("```compile_fail,", stringify!($code), "\n# use sealpost::*;\n")]
        #[doc = concat!("# async fn example(", $given, ") {\n", $bad, "\n# }\n```\n")]
        mod $name {}
    };
}

rule! {
    what_is_not_prepared_is_not_posted: "client: Client, signed: SignedKeyChange<'_>",
    holds "let (request, _key) = signed.prepare();
     client.add_conversation_keys(&request).await.unwrap();",
    E0308 "client.add_conversation_keys(&signed).await.unwrap();"
}

rule! {
    a_key_alone_creates_no_group: "client: Client, request: PreparedKeyChange",
    holds "client.add_conversation_keys(&request).await.unwrap();",
    E0308 "client.create_group(&request).await.unwrap();"
}

rule! {
    a_message_is_prepared_before_it_is_sent:
    "client: Client, signed: SignedMessage, message: PreparedMessage",
    holds "client.send_message(&message).await.unwrap();",
    E0308 "client.send_message(&signed).await.unwrap();"
}

rule! {
    what_the_directory_says_is_verified_before_it_is_sealed_to:
    "draft: KeyChange<'_>, bob: UserId, listing: PublicKeyListing",
    holds "let bob = newest_participant(&bob, &listing.records).unwrap();
     draft.participants([&bob]).seal().unwrap();",
    E0271 "draft.participants(&listing.records).seal().unwrap();"
}

rule! {
    a_text_is_no_key_to_a_store: "store: MemoryStore, text: SecretString",
    holds "Vault::open(store, StoreKey::passphrase(text)).await.unwrap();",
    E0308 "Vault::open(store, text).await.unwrap();"
}

rule! {
    an_account_that_was_erased_has_no_session: "session: Session",
    holds "session.erase_account().await.unwrap();",
    E0382 "session.erase_account().await.unwrap();
     session.sync().await.unwrap();"
}

rule! {
    a_key_to_a_store_is_not_cloned: "key: StoreKey",
    holds "let moved: StoreKey = key;",
    E0599 "let copy: StoreKey = key.clone();"
}

rule! {
    a_key_to_a_store_does_not_print: "key: StoreKey",
    holds r#"format!("{key:?}");"#,
    E0277 r#"format!("{key}");"#
}

rule! {
    an_identity_that_is_kept_is_not_cloned: "own: vault::OwnIdentity",
    holds "let moved: vault::OwnIdentity = own;",
    E0599 "let copy: vault::OwnIdentity = own.clone();"
}

rule! {
    an_export_is_not_serialised: "export: IdentityExport, passphrase: SecretString",
    holds "export.to_text(passphrase).unwrap();",
    E0277 "serde_json::to_string(&export).unwrap();"
}

rule! {
    a_token_does_not_print: "token: SecretString",
    holds r#"format!("{token:?}");"#,
    E0277 r#"format!("{token}");"#
}
