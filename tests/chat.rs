//! The chat, in two real terminals: what one types, the other one sees.
#![allow(clippy::unwrap_used, clippy::panic, missing_docs)] // tests

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// How long a screen may take to show what is expected.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server of tmux with two terminals, in a folder of its own.
struct Terminals {
    folder: PathBuf,
}

impl Terminals {
    /// `None`, and a word of warning, where there is no tmux.
    fn open() -> Option<Self> {
        if Command::new("tmux").arg("-V").output().is_err() {
            let wanted = std::env::var("SEALPOST_NO_SKIP").unwrap_or_default();
            assert!(!wanted.split(',').any(|name| name == "tmux"), "there is no tmux here");
            eprintln!("SKIPPED the chat in two terminals: no tmux here (apt-get install tmux)");
            return None;
        }
        let folder = std::env::temp_dir().join(format!("sealpost-chat-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        Some(Self { folder })
    }

    fn tmux(&self, arguments: &[&str]) -> Output {
        let mut tmux = Command::new("tmux");
        // The program leaves its note and its files in here.
        tmux.env("TMPDIR", &self.folder).env("TMUX_TMPDIR", &self.folder).env("LC_ALL", "C.UTF-8");
        tmux.args(["-u", "-L", "chat"]).args(arguments).output().unwrap()
    }

    fn start(&self, program: &Path, name: &str) {
        let command =
            format!("cd '{}' && '{}' {name}; sleep 60", self.folder.display(), program.display());
        let output = self.tmux(&["new", "-d", "-s", name, "-x", "100", "-y", "30", &command]);
        assert!(output.status.success(), "{output:?}");
    }

    fn say(&self, name: &str, line: &str) {
        self.tmux(&["send-keys", "-t", name, "-l", line]);
        self.tmux(&["send-keys", "-t", name, "Enter"]);
    }

    /// Waits until a terminal shows all of these.
    fn expect(&self, name: &str, texts: &[&str]) {
        let start = Instant::now();
        loop {
            let screen = self.tmux(&["capture-pane", "-p", "-t", name]);
            let screen = String::from_utf8_lossy(&screen.stdout).into_owned();
            if texts.iter().all(|text| screen.contains(text)) {
                return;
            }
            if start.elapsed() > PATIENCE {
                for name in ["alice", "bob"] {
                    let screen = self.tmux(&["capture-pane", "-p", "-t", name]);
                    eprintln!("{name}:\n{}", String::from_utf8_lossy(&screen.stdout));
                }
                panic!("{name} does not show {texts:?}");
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Terminals {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

#[test]
fn content_typed_in_one_terminal_is_seen_in_the_other() {
    let Some(terminals) = Terminals::open() else { return };
    let mut program = std::env::current_exe().unwrap();
    program.pop();
    program.pop();
    let program = program.join("examples/chat");
    let picture: Vec<u8> = (0..100_000_u32).map(|byte| byte.to_le_bytes()[0]).collect();
    std::fs::write(terminals.folder.join("cat.png"), &picture).unwrap();

    terminals.start(&program, "alice");
    terminals.expect("alice", &["waiting for the other side"]);
    terminals.start(&program, "bob");
    for name in ["alice", "bob"] {
        terminals.expect(name, &["safety number", "not verified"]);
    }
    terminals.say("alice", "Hello Bob");
    terminals.expect("bob", &["alice Hello Bob"]);
    terminals.say("bob", "/re Hello Alice");
    terminals.expect("alice", &["> Hello Bob", "bob Hello Alice"]);
    terminals.say("alice", "/+ ❤");
    terminals.expect("bob", &["Hello Alice  ❤ alice"]);
    terminals.say("bob", "/edit Hello, Alice");
    terminals.expect("alice", &["Hello, Alice (edited)"]);
    terminals.say("bob", "/verify");
    terminals.expect("bob", &["bob with alice, verified"]);
    terminals.say("bob", "/rotate");
    terminals.say("bob", "Under a new key");
    terminals.expect("alice", &["bob Under a new key"]);
    terminals.say("alice", "/send cat.png");
    terminals.expect("bob", &["[cat.png, 100000 bytes]"]);
    std::fs::remove_file(terminals.folder.join("cat.png")).unwrap();
    terminals.say("bob", "/save");
    terminals.expect("bob", &["saved cat.png: 100000 bytes"]);
    assert!(std::fs::read(terminals.folder.join("cat.png")).unwrap() == picture);
    terminals.say("alice", "/delete");
    terminals.expect("bob", &["alice (deleted)"]);
    terminals.say("alice", "/nonsense");
    terminals.expect("alice", &["/nonsense is none of"]);
}
