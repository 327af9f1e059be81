//! Rows in PostgreSQL: a real server of each test's own, or the one that `SEALPOST_POSTGRES_URL`
//! names.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;
use std::{env, fs};

use sealpost::store::*;
use sealpost::vault::*;
use sealpost::*;
use tokio_postgres::NoTls;

use crate::conformance::{Harness, run};
use crate::secrecy::{ROWS, fill};
use crate::server::Server;
use crate::skip::skip;
use crate::stage::{identity, key, user};

/// For what only the tests do.
async fn sql(url: &str, statements: &str) -> Vec<String> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    let found = client.simple_query(statements).await.unwrap();
    drop(client);
    connection.await.unwrap().unwrap();
    let texts = found.iter().filter_map(|message| match message {
        tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    });
    texts.collect()
}

/// A store for each test in a schema of its own.
struct Postgres {
    url: String,
    made: usize,
}

impl Postgres {
    fn schema(&self) -> String {
        format!("sealpost_test_{}_{}", std::process::id(), self.made)
    }

    async fn connect(&self) -> Arc<dyn Store> {
        let url = if self.url.contains("://") {
            let separator = if self.url.contains('?') { '&' } else { '?' };
            format!("{}{separator}options=-csearch_path%3D{}", self.url, self.schema())
        } else {
            format!("{} options=-csearch_path={}", self.url, self.schema())
        };
        Arc::new(PostgresStore::connect(&url).await.unwrap())
    }
}

impl Harness for Postgres {
    async fn empty(&mut self) -> Arc<dyn Store> {
        self.made += 1;
        sql(&self.url, &format!("CREATE SCHEMA {}", self.schema())).await;
        self.connect().await
    }

    async fn reopen(&mut self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        drop(store);
        self.connect().await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_is_a_store() {
    if let Ok(url) = env::var("SEALPOST_POSTGRES_URL") {
        let mut harness = Postgres { url, made: 0 };
        run(&mut harness).await;
        for number in 1..=harness.made {
            harness.made = number;
            sql(&harness.url, &format!("DROP SCHEMA {} CASCADE", harness.schema())).await;
        }
        return;
    }
    let Some(server) = Server::start("conformance") else { return };
    run(&mut Postgres { url: server.url(), made: 0 }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_that_start_together_share_one_store() {
    let Some(server) = Server::start("together") else { return };
    let mut tasks = Vec::new();
    for number in 1..9 {
        let url = server.url();
        tasks.push(tokio::spawn(async move {
            let store = PostgresStore::connect(&url).await.unwrap();
            let vault = Vault::open(store, key(1)).await.unwrap();
            vault.account(user(number)).add_identity(identity(Suite::X25519, 1)).await.unwrap();
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let store = PostgresStore::connect(&server.url()).await.unwrap();
    assert!(format!("{store:?}").starts_with("PostgresStore("));
    let vault = Vault::open(store, key(1)).await.unwrap();
    let check = vault.check().await.unwrap();
    assert_eq!((check.rows, check.unreadable.len()), (9, 0));
    assert_eq!(vault.accounts().await.unwrap().len(), 8);
    // Rows that were moved do not open here either.
    let swap = "UPDATE sealpost_rows SET value = (SELECT value FROM sealpost_rows
        WHERE table_name = 'identity' AND account = '2') WHERE table_name = 'identity' AND account = '1'";
    sql(&server.url(), swap).await;
    let error = vault.account(user(1)).identity().await.unwrap_err();
    assert_eq!(error.code(), "vault.unreadable");
    vault.account(user(2)).identity().await.unwrap().unwrap();
    let refused = PostgresStore::connect(&server.url()).await.unwrap();
    assert_eq!(Vault::open(refused, key(2)).await.unwrap_err().code(), "vault.wrong_key");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_goes_away_loses_nothing_and_is_found_again() {
    let Some(mut server) = Server::start("restart") else { return };
    let store = Arc::new(PostgresStore::connect(&server.url()).await.unwrap());
    let vault = Vault::open(Arc::clone(&store), key(1)).await.unwrap();
    fill(&vault).await;
    let expected = store.list(&Range::all()).await.unwrap();
    assert_eq!(expected.len(), ROWS);
    let place = Place::of_account(user(9), Table::Tokens, Item::Only);
    let lease = store.acquire(&place, Duration::from_secs(600)).await.unwrap();
    server.kill();
    for _ in 0..3 {
        let error = store.apply(Batch::new().put(place, vec![1])).await.unwrap_err();
        assert_eq!(error.code(), "store.unavailable");
        let error = vault.account(user(1)).identity().await.unwrap_err();
        assert_eq!(error.code(), "store.unavailable");
    }
    server.run();
    // Connections that the old server had are found out one by one.
    let found = loop {
        match store.list(&Range::all()).await {
            Ok(rows) => break rows,
            Err(StoreError::Unavailable(_)) => {}
            Err(error) => panic!("{error}"),
        }
    };
    assert_eq!(found, expected);
    // And the lease is still the same worker's.
    store.apply(Batch::new().fenced(&lease).put(place, vec![2])).await.unwrap();
    assert_eq!(store.acquire(&place, Duration::ZERO).await.unwrap_err().code(), "store.leased");
}

#[tokio::test]
async fn a_server_clock_that_jumps_back_a_year_holds_up_nobody() {
    let Some(server) = Server::start("clock") else { return };
    let store = PostgresStore::connect(&server.url()).await.unwrap();
    let place = Place::of_account(user(1), Table::Tokens, Item::Only);
    let hour = Duration::from_secs(3600);
    let before = store.acquire(&place, hour).await.unwrap();
    assert_eq!(store.acquire(&place, hour).await.unwrap_err().code(), "store.leased");
    // Seen from a year before, it was given in the future.
    let jump = "UPDATE sealpost_leases SET granted_at = granted_at + interval '1 year'";
    sql(&server.url(), jump).await;
    let after = store.acquire(&place, hour).await.unwrap();
    assert!(after.number() > before.number());
    let late = store.apply(Batch::new().fenced(&before).put(place, vec![1])).await;
    assert_eq!(late.unwrap_err().code(), "store.fenced");
    store.apply(Batch::new().fenced(&after).put(place, vec![2])).await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_not_ours_or_newer_is_left_alone() {
    let Some(server) = Server::start("schema") else { return };
    let url = server.url();
    let refused = async |statements: &str| {
        sql(&url, statements).await;
        let error = PostgresStore::connect(&url).await.unwrap_err();
        (error.code(), error.to_string())
    };
    let store = PostgresStore::connect(&url).await.unwrap();
    let place = Place::of_account(user(1), Table::Tokens, Item::Only);
    store.apply(Batch::new().put(place, vec![1])).await.unwrap();
    let (code, text) = refused("UPDATE sealpost_schema SET version = 2").await;
    assert_eq!(code, "store.newer_schema");
    assert!(text.contains("schema 2") && text.contains("update the program"), "{text}");
    assert_eq!(refused("UPDATE sealpost_schema SET version = 0").await.0, "store.not_a_store");
    assert_eq!(refused("DELETE FROM sealpost_schema").await.0, "store.damaged");
    let two = "INSERT INTO sealpost_schema VALUES (1), (1)";
    assert_eq!(refused(two).await.0, "store.damaged");
    sql(&url, "DELETE FROM sealpost_schema; INSERT INTO sealpost_schema VALUES (1)").await;
    assert_eq!(store.get(&place).await.unwrap(), Some(vec![1]));
    // Columns that are not ours, and texts that are no place.
    sql(&url, "UPDATE sealpost_rows SET account = '01'").await;
    assert_eq!(store.list(&Range::all()).await.unwrap_err().code(), "store.damaged");
    sql(&url, "ALTER TABLE sealpost_rows RENAME COLUMN value TO content").await;
    let fresh = PostgresStore::connect(&url).await.unwrap();
    assert_eq!(fresh.get(&place).await.unwrap_err().code(), "store.damaged");
    let put = Batch::new().put(place, vec![2]);
    assert_eq!(fresh.apply(put).await.unwrap_err().code(), "store.damaged");
    // A user who may only read, and a standby that only can be read.
    sql(&url, "ALTER TABLE sealpost_rows RENAME COLUMN content TO value").await;
    sql(
        &url,
        "UPDATE sealpost_rows SET account = '1'; CREATE ROLE reader LOGIN;
        GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader",
    )
    .await;
    let reader = url.replace("user=sealpost", "user=reader");
    let standby = format!("{url} options=-cdefault_transaction_read_only=on");
    for (name, url) in [("reader", reader), ("standby", standby)] {
        let store = PostgresStore::connect(&url).await.unwrap();
        assert_eq!(store.get(&place).await.unwrap(), Some(vec![1]), "{name}");
        let error = store.apply(Batch::new().put(place, vec![3])).await.unwrap_err();
        assert_eq!(error.code(), "store.read_only", "{name}");
    }
    assert_eq!(store.get(&place).await.unwrap(), Some(vec![1]));
    sql(
        &url,
        "CREATE SCHEMA empty; CREATE ROLE stranger LOGIN;
        GRANT USAGE ON SCHEMA empty TO stranger",
    )
    .await;
    let stranger = url.replace("user=sealpost", "user=stranger options=-csearch_path=empty");
    let error = PostgresStore::connect(&stranger).await.unwrap_err();
    assert_eq!(error.code(), "store.read_only");
    // Nobody there.
    for nowhere in ["host=/nowhere user=a", "postgresql://a@127.0.0.1:1/b"] {
        let error = PostgresStore::connect(nowhere).await.unwrap_err();
        assert_eq!(error.code(), "store.unavailable");
    }
    let unknown = url.replace("dbname=postgres", "dbname=unknown");
    assert_eq!(PostgresStore::connect(&unknown).await.unwrap_err().code(), "store.unavailable");
}

#[tokio::test]
async fn a_full_disk_of_the_server_is_named_as_such() {
    let Some(server) = Server::start("full") else { return };
    let url = server.url();
    let store = PostgresStore::connect(&url).await.unwrap();
    let place = Place::of_account(user(1), Table::Tokens, Item::Only);
    store.apply(Batch::new().put(place, vec![1])).await.unwrap();
    // The server's own error, from a trigger: to fill a disk of its own takes a machine.
    sql(
        &url,
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
        'BEGIN RAISE disk_full; END'; CREATE TRIGGER full_disk BEFORE INSERT ON sealpost_rows
        FOR EACH ROW EXECUTE FUNCTION full_disk()",
    )
    .await;
    let error = store.apply(Batch::new().put(place, vec![2])).await.unwrap_err();
    assert_eq!(error.code(), "store.full");
    assert_eq!(store.get(&place).await.unwrap(), Some(vec![1]));
    sql(&url, "DROP TRIGGER full_disk ON sealpost_rows").await;
    store.apply(Batch::new().put(place, vec![2])).await.unwrap();
    assert_eq!(store.get(&place).await.unwrap(), Some(vec![2]));
}

/// A certificate for `localhost`, who signed it, and another signer, made by OpenSSL.
const CERTIFICATES: &str = "
new='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
openssl req -x509 $new -days 2 -subj /CN=other -keyout other-key.pem -outform DER -out other.der &&
openssl req -x509 $new -days 2 -subj /CN=ca -keyout ca-key.pem -out ca.pem &&
openssl req $new -subj /CN=localhost -keyout key.pem -out request.pem &&
echo subjectAltName=DNS:localhost > extensions &&
openssl x509 -req -in request.pem -CA ca.pem -CAkey ca-key.pem -set_serial 1 -days 2 \
    -extfile extensions -out cert.pem &&
openssl x509 -in ca.pem -outform DER -out ca.der";

/// The signer's certificate, and the other's.
fn certificates(folder: &Path) -> Option<[Vec<u8>; 2]> {
    Command::new("openssl").arg("version").output().ok()?;
    let mut command = Command::new("sh");
    let output = command.args(["-c", CERTIFICATES]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(["ca.der", "other.der"].map(|name| fs::read(folder.join(name)).unwrap()))
}

#[tokio::test]
async fn over_tls_the_server_is_who_it_says() {
    let Some(mut server) = Server::start("tls") else { return };
    server.signal("-QUIT");
    let Some([der, other]) = certificates(&server.folder) else {
        return skip("tls", "OpenSSL", "apt-get install openssl");
    };
    for name in ["key.pem", "cert.pem"] {
        let path = server.folder.join(name);
        std::os::unix::fs::chown(&path, server.user, None).unwrap();
        let private = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        fs::set_permissions(path, private).unwrap();
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    server.port = port.to_string();
    server.settings = vec![
        "listen_addresses=127.0.0.1".to_owned(),
        format!("port={port}"),
        "ssl=on".to_owned(),
        format!("ssl_cert_file={}", server.folder.join("cert.pem").display()),
        format!("ssl_key_file={}", server.folder.join("key.pem").display()),
        "password_encryption=scram-sha-256".to_owned(),
    ];
    // Everybody over TCP needs TLS and a password.
    let rules = "local all all trust\nhostssl all all 127.0.0.1/32 scram-sha-256\n";
    fs::write(server.data().join("pg_hba.conf"), rules).unwrap();
    server.run();
    let local = format!("{} port={port}", server.url());
    sql(&local, "ALTER ROLE sealpost PASSWORD 'planted'").await;
    let url = |host: &str, mode: &str| {
        format!("postgresql://sealpost:planted@{host}:{port}/postgres{mode}")
    };
    let require = "?sslmode=require&channel_binding=require";
    let store = PostgresStore::builder(&url("localhost", require)).root_certificate(&der);
    let store = store.connect().await.unwrap();
    let place = Place::of_account(user(1), Table::Tokens, Item::Only);
    store.apply(Batch::new().put(place, vec![1])).await.unwrap();
    let encrypted = "SELECT ssl::text FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'sealpost'";
    assert_eq!(sql(&local, encrypted).await, ["true"]);
    // Another name, other trust roots, and the operating system's: none of them is convinced.
    for (host, root) in
        [("127.0.0.1", Some(&der)), ("localhost", Some(&other)), ("localhost", None)]
    {
        let mut builder = PostgresStore::builder(&url(host, require));
        if let Some(root) = root {
            builder = builder.root_certificate(root);
        }
        let error = builder.connect().await.unwrap_err();
        assert_eq!(error.code(), "store.unavailable", "{error}");
        assert!(!format!("{error} {error:?}").contains("planted"));
    }
    // A wrong password says so and is not repeated.
    let wrong = url("localhost", require).replace("planted", "wrong-planted");
    let error = PostgresStore::builder(&wrong).root_certificate(&der).connect().await.unwrap_err();
    assert_eq!(error.code(), "store.unavailable");
    assert!(error.to_string().contains("password"), "{error}");
    assert!(!format!("{error} {error:?}").contains("planted"));
}
