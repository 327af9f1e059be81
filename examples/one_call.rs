//! One call: a conversation with a key that both users have, kept in a file.
//!
//! `cargo run --release --example one_call`

mod support;

use sealpost::*;

#[tokio::main(flavor = "current_thread")]
async fn main() -> support::Outcome<()> {
    // A sandbox that stands in for X, and Bob, who is on it already.
    let (me, bob) = (UserId::new(1001)?, UserId::new(1002)?);
    let sandbox = support::sandbox_with(bob, Suite::X25519).await?;
    let client = support::sandbox_client(&sandbox, me)?;
    let file = support::fresh_file("one_call.sealpost")?;

    let key = StoreKey::passphrase("correct horse battery staple".into());
    let vault = Vault::open(SqliteStore::open(&file).await?, key).await?;
    let session = Session::open(&vault, client, me).await?;
    session.register(Suite::X25519).await?;
    let conversation = session.start_conversation(bob).await?;
    let (version, key) = conversation.current_key().ok_or("there is no key")?;

    println!("conversation  {}", conversation.id());
    println!("key           {} (version {version})", key.fingerprint());
    println!("kept in       {}, encrypted", file.display());
    Ok(())
}
