//! The command line.

use std::time::Duration;

use sealpost_crypto::{IdError, UserId};
use sealpost_sandbox::{AppSettings, AppSettingsError, Contract, ContractError};

pub(crate) const USAGE: &str = "\
A faithful local double of X's Chat API on 127.0.0.1, for tests.

Usage: sealpost-sandbox [--contract V] [--port N] [--seed N] [--rate-limit N/S] [--user ID]...
                        [--app KIND=URI]...

  --contract V      the version of X's API description to speak: 2.165 or 2.167 (the default)
  --port N          the port to listen on (a free one when not given)
  --seed N          where ids and tokens come from (0 when not given)
  --rate-limit N/S  N requests per S seconds, user and operation (no limit when not given)
  --user ID         a user to print a bearer token for; may be given several times
  --app KIND=URI    an app that may sign users in; KIND is public or confidential, URI is where the
                    browser is sent back to; may be given several times
  --help            print this

Prints `base-url URL`, a line `token ID TOKEN` per user, and per app the lines
`app KIND CLIENT_ID CLIENT_SECRET` (a public app has no secret) and
`consumer CONSUMER_KEY CONSUMER_SECRET` (OAuth 1.0a). Then it serves until Ctrl-C.

Faults on demand: the request header `x-sandbox-fault: NAME`, or
POST /sandbox/faults {\"fault\": NAME, \"times\": N, \"operation\": OPERATION_ID}, or an array of
such objects. What came in: GET /sandbox/journal. DELETE on either forgets.
";

/// What the program is asked to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Help,
    Serve(Args),
}

/// How to serve.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Args {
    pub(crate) contract: Contract,
    pub(crate) port: u16,
    pub(crate) seed: u64,
    pub(crate) rate_limit: Option<(u64, Duration)>,
    pub(crate) users: Vec<UserId>,
    pub(crate) apps: Vec<AppSettings>,
}

/// The command line cannot be understood.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ArgsError {
    #[error("there is no option {0:?}")]
    UnknownOption(String),
    #[error("{0} needs a value")]
    MissingValue(&'static str),
    #[error("{option} takes {expected}, not {value:?}")]
    BadNumber { option: &'static str, expected: &'static str, value: String },
    #[error("--contract {value:?}: {source}")]
    BadContract { value: String, source: ContractError },
    #[error("--rate-limit takes N/S, requests per whole seconds, not {0:?}")]
    BadRateLimit(String),
    #[error("--user {value:?}: {source}")]
    BadUser { value: String, source: IdError },
    #[error("--app takes KIND=URI, not {value:?}")]
    NoApp { value: String },
    #[error("--app {value:?}: {source}")]
    BadApp { value: String, source: AppSettingsError },
}

/// Reads the arguments after the program's name.
pub(crate) fn parse(mut words: impl Iterator<Item = String>) -> Result<Command, ArgsError> {
    let mut args = Args::default();
    while let Some(word) = words.next() {
        let (name, inline) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (word.as_str(), None),
        };
        let mut value =
            |option| inline.clone().or_else(|| words.next()).ok_or(ArgsError::MissingValue(option));
        match name {
            "--help" | "-h" => return Ok(Command::Help),
            "--contract" => {
                let value = value("--contract")?;
                let bad = |source| ArgsError::BadContract { value: value.clone(), source };
                args.contract = value.parse().map_err(bad)?;
            }
            "--rate-limit" => args.rate_limit = Some(rate_limit(value("--rate-limit")?)?),
            "--port" => args.port = number("--port", "0 to 65535", value("--port")?)?,
            "--seed" => args.seed = number("--seed", "a 64-bit number", value("--seed")?)?,
            "--user" => {
                let value = value("--user")?;
                let user = value.parse().map_err(|source| ArgsError::BadUser { value, source })?;
                args.users.push(user);
            }
            "--app" => args.apps.push(app(value("--app")?)?),
            _ => return Err(ArgsError::UnknownOption(word)),
        }
    }
    Ok(Command::Serve(args))
}

fn rate_limit(value: String) -> Result<(u64, Duration), ArgsError> {
    let read = || {
        let (requests, seconds) = value.split_once('/')?;
        let seconds = seconds.parse().ok().filter(|seconds| *seconds > 0)?;
        Some((requests.parse().ok()?, Duration::from_secs(seconds)))
    };
    read().ok_or(ArgsError::BadRateLimit(value))
}

fn app(value: String) -> Result<AppSettings, ArgsError> {
    let Some((kind, redirect_uri)) = value.split_once('=') else {
        return Err(ArgsError::NoApp { value });
    };
    let read = || Ok(AppSettings::new(kind.parse()?, redirect_uri.parse()?));
    read().map_err(|source| ArgsError::BadApp { value: value.clone(), source })
}

fn number<T: std::str::FromStr>(
    option: &'static str,
    expected: &'static str,
    value: String,
) -> Result<T, ArgsError> {
    value.parse().map_err(|_| ArgsError::BadNumber { option, expected, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Command, ArgsError> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_read_in_both_spellings() {
        let users = vec!["7".parse().unwrap(), "8".parse().unwrap()];
        let rate_limit = Some((15, Duration::from_secs(900)));
        let contract = Contract::V2_165;
        let apps = vec![
            AppSettings::public("http://127.0.0.1:1/a=b".parse().unwrap()),
            AppSettings::confidential("https://app.example/".parse().unwrap()),
        ];
        let (port, seed) = (4010, 5);
        let expected = Command::Serve(Args { contract, port, seed, rate_limit, users, apps });
        let line = "--port 4010 --seed=5 --user 7 --user=8 --contract 2.165 --rate-limit=15/900 \
                    --app public=http://127.0.0.1:1/a=b --app=confidential=https://app.example/";
        assert_eq!(read(line).as_ref(), Ok(&expected));
        assert_eq!(read(""), Ok(Command::Serve(Args::default())));
        assert_eq!(read("--seed 1 -h"), Ok(Command::Help));
    }

    #[test]
    fn everything_else_is_refused() {
        for line in [
            "--port",
            "--port 70000",
            "--port x",
            "--seed -1",
            "--user",
            "--user 01",
            "--user a",
            "--users 1",
            "7",
            "--",
            "--user=",
            "--contract",
            "--contract 2.166",
            "--rate-limit 15",
            "--rate-limit 15/0",
            "--rate-limit /1",
            "--rate-limit 1/x",
            "--app",
            "--app public",
            "--app secret=https://app.example/",
            "--app public=/callback",
            "--app=",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
