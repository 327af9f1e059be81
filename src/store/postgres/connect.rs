//! Connections: how many, to whom, and how they are secured.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod, Runtime};
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{PostgresStore, schema};
use crate::store::StoreError;

const CONNECTIONS: usize = 8;
/// How long one waits for a connection, and for a server that does not answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a [`PostgresStore`] is made with.
#[derive(Debug)]
#[must_use = "a builder does nothing until it connects"]
pub struct PostgresStoreBuilder {
    /// `None` for a text that is not one. The text itself may hold a password.
    config: Option<Config>,
    roots: Vec<CertificateDer<'static>>,
    connections: usize,
    is_plain_allowed: bool,
}

impl PostgresStoreBuilder {
    pub(super) fn new(connection_string: &str) -> Self {
        Self {
            config: connection_string.parse().ok(),
            roots: Vec::new(),
            connections: CONNECTIONS,
            is_plain_allowed: false,
        }
    }

    /// Trusts servers whose certificate is signed by this one (X.509, DER), and by no other; may be
    /// given several times. Without it the operating system's trust roots count.
    pub fn root_certificate(mut self, der: &[u8]) -> Self {
        self.roots.push(CertificateDer::from(der.to_vec()));
        self
    }

    /// How many connections there are at most; 8 by default, and at least one.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.connections = connections.max(1);
        self
    }

    /// Allows connections to other machines in the clear, where the connection string says
    /// `sslmode=disable`.
    ///
    /// # Security
    /// Dangerous because the database password may be read, and anything be answered in the
    /// server's name, by whoever is on the way. Only for networks that encrypt by themselves.
    pub fn dangerous_plain_connections(mut self) -> Self {
        self.is_plain_allowed = true;
        self
    }

    /// Connects, and makes the tables if they are not there.
    ///
    /// # Errors
    /// [`StoreError::Configuration`], [`StoreError::Unavailable`], [`StoreError::NewerSchema`],
    /// [`StoreError::ReadOnly`] for a user that may not make tables or write them.
    pub async fn connect(self) -> Result<PostgresStore, StoreError> {
        let tls = MakeRustlsConnect::new(tls(self.roots)?);
        let malformed = StoreError::Configuration { problem: "the connection string is malformed" };
        let config = secured(self.config.ok_or(malformed)?, self.is_plain_allowed)?;
        // A connection that the server has closed is found out before it is used.
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(config, tls, recycling);
        let pool = Pool::builder(manager)
            .max_size(self.connections)
            .wait_timeout(Some(PATIENCE))
            .create_timeout(Some(PATIENCE))
            .runtime(Runtime::Tokio1)
            .build()
            .map_err(|error| StoreError::Other(error.into()))?;
        let store = PostgresStore(pool);
        schema::prepare(&mut *store.client().await?).await?;
        Ok(store)
    }
}

/// The same connections, encrypted wherever they leave this machine.
fn secured(mut config: Config, is_plain_allowed: bool) -> Result<Config, StoreError> {
    let is_local = config.get_hosts().iter().all(is_this_machine)
        && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
    match config.get_ssl_mode() {
        SslMode::Require => {}
        // The certificate that a server makes itself for `localhost` is nobody's business.
        _ if is_local => {
            config.ssl_mode(SslMode::Disable);
        }
        SslMode::Disable if is_plain_allowed => {}
        SslMode::Disable => {
            return Err(StoreError::Configuration {
                problem: "sslmode=disable is for connections within this machine",
            });
        }
        // `prefer` leaves it to whoever is on the way.
        _ => {
            config.ssl_mode(SslMode::Require);
        }
    }
    if config.get_application_name().is_none() {
        config.application_name("sealpost");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(PATIENCE);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(PATIENCE);
    }
    Ok(config)
}

fn is_this_machine(host: &Host) -> bool {
    match host {
        #[cfg(unix)]
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
    }
}

/// The provider is named explicitly, as a library may not rely on a process-wide one.
fn tls(roots: Vec<CertificateDer<'static>>) -> Result<ClientConfig, StoreError> {
    let failed = |error: rustls::Error| StoreError::Other(error.into());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    if roots.is_empty() {
        return Ok(config.with_platform_verifier().map_err(failed)?.with_no_client_auth());
    }
    let mut trusted = RootCertStore::empty();
    for root in roots {
        trusted.add(root).map_err(|_| StoreError::Configuration {
            problem: "a root certificate is not an X.509 certificate in DER form",
        })?;
    }
    Ok(config.with_root_certificates(trusted).with_no_client_auth())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(connection_string: &str, is_plain_allowed: bool) -> Option<SslMode> {
        let config = secured(connection_string.parse().unwrap(), is_plain_allowed);
        config.ok().map(|config| config.get_ssl_mode())
    }

    #[test]
    fn what_leaves_the_machine_is_encrypted() {
        let local = [
            "host=/var/run/postgresql user=a",
            "postgresql://a@localhost/b",
            "postgresql://a@127.0.0.1/b",
            "postgresql://a@127.8.8.8/b",
            "postgresql://a@[::1]/b",
            "host=localhost hostaddr=127.0.0.1",
        ];
        for text in local {
            assert_eq!(mode(text, false), Some(SslMode::Disable), "{text}");
        }
        let remote = [
            "postgresql://a@db.example.com/b",
            "postgresql://a@10.0.0.1/b",
            "postgresql://a@localhost,db.example.com/b",
            "host=localhost hostaddr=10.0.0.1",
            "host=localhost.example.com",
        ];
        for text in remote {
            let asking = |mode: &str| {
                let separator = if !text.contains("://") { " " } else { "?" };
                format!("{text}{separator}sslmode={mode}")
            };
            for allowed in [false, true] {
                assert_eq!(mode(text, allowed), Some(SslMode::Require), "{text}");
                assert_eq!(mode(&asking("prefer"), allowed), Some(SslMode::Require), "{text}");
                assert_eq!(mode(&asking("require"), allowed), Some(SslMode::Require), "{text}");
            }
            assert_eq!(mode(&asking("disable"), false), None, "{text}");
            assert_eq!(mode(&asking("disable"), true), Some(SslMode::Disable), "{text}");
        }
        let asked_for = "postgresql://a@localhost/b?sslmode=require";
        assert_eq!(mode(asked_for, false), Some(SslMode::Require));
    }

    #[tokio::test]
    async fn a_malformed_connection_string_is_not_repeated() {
        let builder = PostgresStore::builder("postgresql://planted:planted@host:port/b");
        assert!(!format!("{builder:?}").contains("planted"));
        let error = builder.connect().await.unwrap_err();
        assert_eq!(error.code(), "store.configuration");
        assert!(!format!("{error} {error:?}").contains("planted"));
        let builder = PostgresStore::builder("postgresql://a:planted@localhost/b");
        assert!(!format!("{builder:?}").contains("planted"));
        let error = builder.root_certificate(b"planted").connect().await.unwrap_err();
        assert_eq!(error.code(), "store.configuration");
    }
}
