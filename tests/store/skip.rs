//! Tests that need what not every machine has.

use std::io::Write as _;

/// Says, past the test runner's capture, that a test was left out. With `SEALPOST_NO_SKIP` set, as
/// where everything is installed, that is a failure.
pub(crate) fn skip(test: &str, because: &str) {
    assert!(std::env::var_os("SEALPOST_NO_SKIP").is_none(), "{test} must run here: {because}");
    let _ = writeln!(std::io::stderr(), "SKIPPED {test}: {because}");
}
