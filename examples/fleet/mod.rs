//! What the workers of a fleet share, and what they do.

mod server;
mod worker;

use std::env::{self, VarError};
use std::io;
use std::time::Duration;

use sealpost::*;

pub(crate) use self::server::Server;
pub(crate) use self::worker::Worker;
use crate::support::Outcome;

/// The account that all of them work for.
pub(crate) const BOT: u64 = 1001;
/// How long a worker that died holds up the others. A real fleet stays with the default, which is
/// longer than the slowest request.
pub(crate) const LEASE: Duration = Duration::from_secs(5);

/// What all workers share: one store, one identity. A real fleet has its passphrase and its tokens
/// from wherever it keeps its secrets.
pub(crate) struct Fleet {
    pub(crate) postgres_url: String,
    pub(crate) base_url: String,
    pub(crate) token: String,
}

impl Fleet {
    fn of_environment() -> Result<Self, VarError> {
        Ok(Self {
            postgres_url: env::var("SEALPOST_POSTGRES_URL")?,
            base_url: env::var("SEALPOST_BASE_URL")?,
            token: env::var("X_ACCESS_TOKEN")?,
        })
    }

    pub(crate) async fn vault(&self) -> Outcome<Vault> {
        let store = PostgresStore::connect(&self.postgres_url).await?;
        Ok(Vault::open(store, StoreKey::passphrase("correct horse battery staple".into())).await?)
    }

    pub(crate) async fn session(&self) -> Outcome<Session> {
        let credentials = Credentials::bearer(self.token.as_str().into());
        let client = Client::builder().base_url(&self.base_url).credentials(credentials).build()?;
        let builder = Session::builder(&self.vault().await?, client, UserId::new(BOT)?);
        Ok(builder.lease(LEASE).open().await?)
    }
}

/// A worker: it does what it is told, an order a line, and says so.
pub(crate) async fn work() -> Outcome<()> {
    let session = Fleet::of_environment()?.session().await?;
    let own = session.register(Suite::X25519).await?;
    println!("{}", own.identity_key().fingerprint());
    for order in io::stdin().lines() {
        let order = order?;
        match order.split_once(' ') {
            Some(("start", user)) => drop(session.start_conversation(user.parse()?).await?),
            Some(("rotate", user)) => {
                let id = ConversationId::direct(session.user_id(), user.parse()?);
                session.rotate(id).await?;
            }
            _ => session.resume().await?,
        }
        println!("done {order}");
    }
    Ok(())
}
