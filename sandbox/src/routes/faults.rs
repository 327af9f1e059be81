//! `POST /sandbox/faults`: the switch for programs in other languages.

use serde_json::json;

use crate::app::App;
use crate::json::Json;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::validate::fault_injection;

pub(super) fn inject(app: &App, body: &Json) -> Result<Answer, Problem> {
    let (injection, times) = fault_injection(body)?;
    app.state().faults.push(injection, times);
    Ok(Answer::of(json!({
        "fault": injection.fault().name(),
        "times": times,
        "operation": injection.operation().map(|operation| operation.operation_id()),
    })))
}
