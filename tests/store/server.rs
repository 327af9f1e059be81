//! A PostgreSQL server, started from the binaries of Debian's package `postgresql`.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs};

use crate::skip::skip;

/// A server of this test alone, in a folder of its own.
pub(crate) struct Server {
    pub(crate) folder: PathBuf,
    bin: PathBuf,
    /// Who runs it: it refuses to be run by root.
    pub(crate) user: Option<u32>,
    process: Option<Child>,
    pub(crate) settings: Vec<String>,
    pub(crate) port: String,
}

/// The newest one installed.
fn binaries() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let bins = versions.flatten().map(|version| version.path().join("bin"));
    let mut bins: Vec<PathBuf> = bins.filter(|bin| bin.join("initdb").exists()).collect();
    bins.sort();
    bins.pop()
}

/// The number of a user, or of the one who runs this.
fn user_number(name: Option<&str>) -> Option<u32> {
    let output = Command::new("id").arg("-u").args(name).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().parse().ok()
}

impl Server {
    /// `None`, and a word of warning, where there is none.
    pub(crate) fn start(test: &str) -> Option<Self> {
        let Some(bin) = binaries() else {
            skip(test, "PostgreSQL", "apt-get install postgresql");
            return None;
        };
        let user = match user_number(None).unwrap() {
            0 => {
                Some(user_number(Some("postgres")).or_else(|| user_number(Some("nobody"))).unwrap())
            }
            _ => None,
        };
        // Short, as a socket's path must be, and open to whoever runs the server.
        let folder = env::temp_dir().join(format!("sealpost-{test}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        std::os::unix::fs::chown(&folder, user, None).unwrap();
        let port = "5432".to_owned();
        let mut server = Self { folder, bin, user, process: None, settings: Vec::new(), port };
        let made = server
            .command("initdb")
            .args(["--username=sealpost", "--auth=trust", "--encoding=UTF8", "--locale=C"])
            .args(["--no-sync", "--pgdata"])
            .arg(server.data())
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        server.run();
        Some(server)
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn command(&self, program: &str) -> Command {
        let program = self.bin.join(program);
        let mut command = match self.user {
            None => Command::new(program),
            Some(user) => {
                let mut command = Command::new("setpriv");
                // It ends with this test, whatever ends the test.
                command.args(["--reuid", &user.to_string(), "--clear-groups"]);
                command.args(["--pdeathsig", "QUIT"]).arg(program);
                command
            }
        };
        command.current_dir(&self.folder).env_clear().env("LC_ALL", "C").env("TZ", "UTC");
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&mut self) {
        let mut command = self.command("postgres");
        command.arg("-D").arg(self.data()).arg("-k").arg(&self.folder);
        // What a crash of the machine would lose is not asked here.
        for setting in ["fsync=off", "listen_addresses=", "max_connections=40"] {
            command.args(["-c", setting]);
        }
        for setting in &self.settings {
            command.args(["-c", setting]);
        }
        let log = fs::File::create(self.folder.join("log")).unwrap();
        command.stdout(log.try_clone().unwrap()).stderr(log);
        self.process = Some(command.spawn().unwrap());
        for _ in 0..600 {
            let mut ready = self.command("pg_isready");
            let ready =
                ready.arg("-h").arg(&self.folder).args(["-p", &self.port]).output().unwrap();
            if ready.status.success() {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("{}", fs::read_to_string(self.folder.join("log")).unwrap());
    }

    /// As a power cut would.
    pub(crate) fn kill(&mut self) {
        self.signal("-QUIT");
    }

    pub(crate) fn signal(&mut self, signal: &str) {
        if let Some(mut process) = self.process.take() {
            let _ = Command::new("kill").args([signal, &process.id().to_string()]).status();
            let _ = process.wait();
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("host={} user=sealpost dbname=postgres", self.folder.display())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.signal("-QUIT");
        let _ = fs::remove_dir_all(&self.folder);
    }
}
