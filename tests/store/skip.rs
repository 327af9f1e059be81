//! Tests that need what not every machine has.

use std::io::Write as _;

/// Says, past the test runner's capture, that a test was left out for the lack of something.
/// `SEALPOST_NO_SKIP` names what must be here, separated by commas: to lack it is a failure then.
pub(crate) fn skip(test: &str, lack: &str, remedy: &str) {
    let needed = std::env::var("SEALPOST_NO_SKIP").unwrap_or_default();
    let is_needed = needed.split(',').any(|name| name == lack);
    assert!(!is_needed, "{test} must run here, and there is no {lack} ({remedy})");
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: no {lack} here ({remedy})");
}
