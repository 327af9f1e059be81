//! A PostgreSQL server for one run, from the binaries of Debian's package `postgresql`.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs};

use crate::support::Outcome;

const LACKING: &str = "\
there is no PostgreSQL here. Install it (sudo apt-get install postgresql) and run this again, or
name a server of yours:
  export SEALPOST_POSTGRES_URL='host=/var/run/postgresql user=NAME dbname=NAME'";

/// A server that is started for this run. It ends with it, and so does what is in it.
pub(crate) struct Server {
    folder: PathBuf,
    process: Option<Child>,
}

impl Server {
    pub(crate) fn start() -> Outcome<Self> {
        let bin = newest_binaries().ok_or(LACKING)?;
        // Short, as a socket's path must be.
        let folder = env::temp_dir().join(format!("sealpost-fleet-{}", std::process::id()));
        fs::create_dir(&folder)?;
        let mut server = Self { folder, process: None };
        let is_root = Command::new("id").arg("-u").output()?.stdout == b"0\n";
        // PostgreSQL refuses to be run by root. Debian's package has made a user for it.
        let command = |program: &str| {
            let mut command = Command::new("setpriv");
            if is_root {
                command.args(["--reuid", "postgres", "--clear-groups"]);
            }
            // It ends with this program, whatever ends this program.
            command.args(["--pdeathsig", "QUIT"]).arg(bin.join(program));
            command.current_dir("/").stdin(Stdio::null());
            command
        };
        if is_root {
            done(Command::new("chown").arg("postgres").arg(&server.folder))?;
        }
        let data = server.folder.join("data");
        let mut initdb = command("initdb");
        initdb.args(["--username=sealpost", "--auth=trust", "--no-sync", "--pgdata"]).arg(&data);
        done(&mut initdb)?;
        let mut postgres = command("postgres");
        // What a crash of the machine would lose is not asked here.
        postgres.args(["-c", "listen_addresses=", "-c", "fsync=off", "-D"]).arg(data);
        postgres.arg("-k").arg(&server.folder).stdout(Stdio::null()).stderr(Stdio::null());
        server.process = Some(postgres.spawn()?);
        for _ in 0..600 {
            let mut ready = command("pg_isready");
            if ready.arg("-h").arg(&server.folder).output()?.status.success() {
                return Ok(server);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Err("the PostgreSQL server does not answer".into())
    }

    /// The connection string.
    pub(crate) fn url(&self) -> String {
        format!("host={} user=sealpost dbname=postgres", self.folder.display())
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // Its own way to end at once, with its processes.
            let _ = Command::new("kill").args(["-QUIT", &process.id().to_string()]).status();
            let _ = process.wait();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn newest_binaries() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let bins = versions.flatten().map(|version| version.path().join("bin"));
    bins.filter(|bin| bin.join("initdb").exists()).max()
}

fn done(command: &mut Command) -> Outcome<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
}
