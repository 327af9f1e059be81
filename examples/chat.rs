//! A small real chat: two terminals, two people, one sandbox.
//!
//! In one terminal `cargo run --release --example chat -- alice`, in another one
//! `cargo run --release --example chat -- bob`. Alice's terminal runs the sandbox, Bob's finds it.
//! Both keep their keys in files and go on where they were, as long as the sandbox runs.

mod chat_room;
mod support;

use std::env;
use std::process::ExitCode;
use std::time::Duration;

use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::sync::mpsc;

use chat_room::{Command, Meeting, Room, draw};
use support::{Outcome, exit_code};

/// How often the other side is asked for news.
const TICK: Duration = Duration::from_millis(250);

#[tokio::main]
async fn main() -> ExitCode {
    exit_code(run().await)
}

async fn run() -> Outcome<()> {
    let name = env::args().nth(1);
    let meeting = match name.as_deref() {
        Some("alice") => Meeting::host().await?,
        Some("bob") => Meeting::join()?,
        _ => {
            return Err(
                "say who you are: chat -- alice, and in another terminal chat -- bob".into()
            );
        }
    };
    println!("waiting for the other side; in another terminal: chat -- {}", meeting.other_name());
    let mut room = Room::enter(&meeting).await?;
    let terminal = ratatui::try_init()?;
    let outcome = chat(terminal, &mut room).await;
    ratatui::restore();
    outcome
}

async fn chat(mut terminal: DefaultTerminal, room: &mut Room) -> Outcome<()> {
    let mut keys = keys();
    let mut tick = tokio::time::interval(TICK);
    let mut input = String::new();
    loop {
        terminal.draw(|frame| draw(frame, room, &input))?;
        tokio::select! {
            _ = tick.tick() => room.look().await,
            key = keys.recv() => {
                let Some(key) = key else { return Ok(()) };
                match key.code {
                    KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                        return Ok(());
                    }
                    KeyCode::Char(character) => input.push(character),
                    KeyCode::Backspace => drop(input.pop()),
                    KeyCode::Enter => match Command::read(&std::mem::take(&mut input)) {
                        Ok(Command::Quit) => return Ok(()),
                        Ok(command) => room.carry_out(command).await,
                        Err(problem) => room.tell(problem),
                    },
                    _ => {}
                }
            }
        }
    }
}

/// Keys, read by a thread of its own: reading a terminal blocks.
fn keys() -> mpsc::UnboundedReceiver<KeyEvent> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        while let Ok(event) = event::read() {
            if let Event::Key(key) = event
                && key.kind == KeyEventKind::Press
                && sender.send(key).is_err()
            {
                break;
            }
        }
    });
    receiver
}
