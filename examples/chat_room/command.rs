//! What may be typed.

use std::path::PathBuf;

use sealpost::Emoji;

pub(crate) const HELP: &str =
    "/re TEXT  /+ EMOJI  /- EMOJI  /edit TEXT  /delete  /send FILE  /save  /verify  /rotate  /quit";

pub(crate) enum Command {
    Say(String),
    Reply(String),
    React(Emoji),
    TakeBack(Emoji),
    Edit(String),
    Delete,
    Send(PathBuf),
    Save,
    Verify,
    Rotate,
    Nothing,
    Quit,
}

impl Command {
    pub(crate) fn read(line: &str) -> Result<Self, String> {
        let line = line.trim();
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim();
        let emoji = || rest.parse().map_err(|_| format!("{word} takes an emoji"));
        let text = || match rest {
            "" => Err(format!("{word} takes a text")),
            text => Ok(text.to_owned()),
        };
        Ok(match word {
            "" => Self::Nothing,
            "/re" => Self::Reply(text()?),
            "/+" => Self::React(emoji()?),
            "/-" => Self::TakeBack(emoji()?),
            "/edit" => Self::Edit(text()?),
            "/delete" => Self::Delete,
            "/send" => Self::Send(text()?.into()),
            "/save" => Self::Save,
            "/verify" => Self::Verify,
            "/rotate" => Self::Rotate,
            "/quit" => Self::Quit,
            word if word.starts_with('/') => return Err(format!("{word} is none of {HELP}")),
            _ => Self::Say(line.to_owned()),
        })
    }
}
