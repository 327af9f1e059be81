//! `/sandbox/journal`: what came in, for programs in other languages.

use crate::app::App;
use crate::call::Sent;
use crate::problem::Problem;
use crate::reply::Answer;

pub(super) fn list(app: &App, sent: &Sent<'_>) -> Result<Answer, Problem> {
    sent.no_body()?;
    let entries = app.state().journal.entries();
    Ok(Answer::list(entries.iter().map(|entry| entry.to_json()).collect()))
}

pub(super) fn clear(app: &App, sent: &Sent<'_>) -> Result<Answer, Problem> {
    sent.no_body()?;
    app.state().journal.clear();
    Ok(Answer::no_content())
}
