//! Two devices of one user: the identity goes from the phone to the laptop under a passphrase, and
//! both follow the same conversations.
//!
//! `cargo run --release --example two_devices`

mod support;

use std::process::ExitCode;

use sealpost::*;
use support::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Outcome<()> {
    println!("sealpost: two devices of one user\n");
    let (alice, bob) = (UserId::new(1001)?, UserId::new(1002)?);
    let sandbox = sandbox_with(bob, Suite::X25519).await?;
    step("server", &format!("{}, a local double of X's Chat API", sandbox.base_url()));

    let phone = open("phone", sandbox_client(&sandbox, alice)?, alice).await?;
    phone.register(Suite::X25519).await?;
    step("phone", &format!("user {alice} has registered an identity"));
    let id = phone.start_conversation(bob).await?.id();
    show("phone", &phone, id).await?;

    let laptop = open("laptop", sandbox_client(&sandbox, alice)?, alice).await?;
    match laptop.register(Suite::X25519).await {
        Err(error @ SessionError::RegisteredElsewhere { .. }) => {
            step("laptop", "may not make an identity of its own:");
            more(&error.to_string());
        }
        _ => return Err("the laptop registered over the phone's identity".into()),
    }

    let text = phone.export_identity().await?.to_text("seven words that nobody guesses".into())?;
    step("export", &format!("{} lines, Argon2id and XChaCha20-Poly1305:", text.lines().count()));
    text.lines().take(2).for_each(more);
    more("...");
    let export = IdentityExport::from_text(&text, "seven words that nobody guesses".into())?;
    laptop.import_identity(export).await?;
    laptop.register(Suite::X25519).await?;
    step("import", "the laptop is the same user now; nothing was registered anew");
    laptop.sync().await?;
    show("laptop", &laptop, id).await?;

    laptop.rotate(id).await?;
    step("rotate", "the laptop gives the conversation a new key");
    for event in phone.sync().await? {
        step("phone", &format!("notices: {event}"));
    }
    let (on_phone, on_laptop) =
        (show("phone", &phone, id).await?, show("laptop", &laptop, id).await?);
    if on_phone != on_laptop {
        return Err("the devices have different keys".into());
    }
    println!("\nBoth devices hold the same keys.");
    Ok(())
}

/// A device with a store of its own.
async fn open(name: &str, client: Client, user: UserId) -> Outcome<Session> {
    let file = fresh_file(&format!("{name}.sealpost"))?;
    let key = StoreKey::passphrase("of this device alone".into());
    let vault = Vault::open(SqliteStore::open(&file).await?, key).await?;
    Ok(Session::open(&vault, client, user).await?)
}

async fn show(name: &str, session: &Session, id: ConversationId) -> Outcome<KeyFingerprint> {
    let state = session.conversation(id).await?;
    let (version, key) = state.current_key().ok_or("there is no key")?;
    step(name, &format!("conversation {id}, {} keys", state.keyring().keys().count()));
    more(&format!("key              {} (version {version})", key.fingerprint()));
    Ok(key.fingerprint())
}
