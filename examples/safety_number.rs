//! Safety numbers: two users find out whether anybody stands between them, and notice when the
//! server gives out other keys for one of them.
//!
//! `cargo run --release --example safety_number`

mod support;

use std::num::NonZeroU8;
use std::path::Path;
use std::process::ExitCode;

use sealpost::*;
use sealpost_sandbox::Sandbox;
use support::*;

const PASSPHRASE: &str = "correct horse battery staple";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Outcome<()> {
    println!("sealpost: safety numbers\n");
    let (alice_id, bob_id) = (UserId::new(1001)?, UserId::new(1002)?);
    let sandbox = Sandbox::start().await?;
    step("server", &format!("{}, a local double of X's Chat API", sandbox.base_url()));
    let (alices, bobs) = (sandbox_client(&sandbox, alice_id)?, sandbox_client(&sandbox, bob_id)?);
    let alices_file = fresh_file("alice.sealpost")?;
    let alice = open(&alices_file, alices.clone(), alice_id).await?;
    alice.register(Suite::X25519).await?;
    let bob = open(&fresh_file("bob.sealpost")?, bobs.clone(), bob_id).await?;
    bob.register(Suite::X25519).await?;
    let id = alice.start_conversation(bob_id).await?.id();
    bob.sync().await?;
    step("start", &format!("Alice (user {alice_id}) and Bob (user {bob_id}) have a conversation"));
    more("each has the other's keys from the server, and took its word for them");

    println!("\nThey meet, and look at both screens: is it the same number?\n");
    let (alices_number, bobs_number) =
        (alice.safety_number(bob_id).await?, bob.safety_number(alice_id).await?);
    show_number("Alice", &alices_number);
    show_number("Bob", &bobs_number);
    if alices_number != bobs_number {
        return Err("the numbers differ, and nobody has exchanged a key".into());
    }
    step("same", "so nobody has exchanged a key of theirs");

    println!("\nNobody likes to read sixty digits. Each shows a code for the other to scan.");
    show_code("Alice", &alice.safety_code(bob_id).await?)?;
    show_code("Bob", &bob.safety_code(alice_id).await?)?;
    scan("Alice", &alice, &bob, SafetyComparison::Match).await?;
    scan("Bob", &bob, &alice, SafetyComparison::Match).await?;
    drop(alice);
    let alice = open(&alices_file, alices, alice_id).await?;
    if !alice.pin(bob_id).await?.is_some_and(|pin| pin.is_verified()) {
        return Err("Alice's store does not know any more that Bob is verified".into());
    }
    step("restart", "Alice's program starts again, and still knows that Bob is verified");

    println!("\nThen the server has other keys for Bob. A new phone, or somebody in his place?\n");
    let stranger = open(&fresh_file("stranger.sealpost")?, bobs, bob_id).await?;
    stranger.register_replacing(Suite::X25519).await?;
    match alice.rotate(id).await {
        Err(error @ SessionError::KeysChanged { .. }) => {
            step("refused", "Alice's session seals nothing to them:");
            more(&error.to_string());
        }
        Err(error) => return Err(error.into()),
        Ok(_) => return Err("a key was sealed to keys that nobody has looked at".into()),
    }
    for event in alice.sync().await? {
        step("notices", &event.to_string());
    }
    show_number("Alice", &alice.safety_number(bob_id).await?);
    show_number("new keys", &stranger.safety_number(alice_id).await?);
    scan("Alice", &alice, &stranger, SafetyComparison::Mismatch).await?;
    more("if that is Bob's new phone, she takes its keys with `acknowledge_keys`, and scans again");
    println!("\nThe exchange was noticed, and nothing was sealed to the new keys.");
    Ok(())
}

async fn open(file: &Path, client: Client, user: UserId) -> Outcome<Session> {
    let vault =
        Vault::open(SqliteStore::open(file).await?, StoreKey::passphrase(PASSPHRASE.into()));
    Ok(Session::open(&vault.await?, client, user).await?)
}

/// Twelve groups of five digits, on two lines.
fn show_number(name: &str, number: &SafetyNumber) {
    let text = number.to_string();
    let groups: Vec<&str> = text.split(' ').collect();
    let mut lines = groups.chunks(6).map(|line| line.join(" "));
    step(name, &lines.next().unwrap_or_default());
    lines.for_each(|line| more(&line));
}

/// A QR code in the terminal, and the same as an image.
fn show_code(name: &str, code: &SafetyCode) -> Outcome<()> {
    let qr = SafetyQr::of(code)?;
    let file = fresh_file(&format!("{name}.png"))?;
    std::fs::write(&file, qr.to_png(NonZeroU8::MIN.saturating_add(7))?)?;
    println!("\n{name}'s screen, also in {}:\n{}", file.display(), qr.to_terminal());
    Ok(())
}

/// One user scans the other's screen. What a camera makes of a QR code is the code's text.
async fn scan(
    name: &str,
    reader: &Session,
    shown_by: &Session,
    expected: SafetyComparison,
) -> Outcome<()> {
    let (me, other) = (reader.user_id(), shown_by.user_id());
    let scanned: SafetyCode = shown_by.safety_code(me).await?.to_string().parse()?;
    let found = reader.safety_code(other).await?.compare(&scanned);
    if found != expected {
        return Err(format!("the scan of a code says {found:?}, not {expected:?}").into());
    }
    step(name, &format!("scans the code of user {other}: {found:?}"));
    // The number is the one on the other's screen. One's own would prove nothing.
    let is_verified = reader.verify(other, &scanned.safety_number()).await?;
    if is_verified != (found == SafetyComparison::Match) {
        return Err("a number was taken that does not match, or not one that does".into());
    }
    Ok(())
}
