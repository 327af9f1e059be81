//! `/sandbox/faults`: the switch for programs in other languages.

use serde_json::json;

use crate::app::App;
use crate::call::Sent;
use crate::fault::Injection;
use crate::problem::Problem;
use crate::reply::Answer;
use crate::validate::{FaultInjections, fault_injections};

pub(super) fn inject(app: &App, sent: &Sent<'_>) -> Result<Answer, Problem> {
    let injections = fault_injections(&sent.json()?)?;
    let mut state = app.state();
    let mut inject = |(injection, times): (Injection, u32)| {
        state.faults.push(injection, times);
        json!({
            "fault": injection.fault().name(),
            "times": times,
            "operation": injection.operation().map(|operation| operation.operation_id()),
        })
    };
    Ok(Answer::of(match injections {
        FaultInjections::One(injection) => inject(injection),
        FaultInjections::Script(script) => script.into_iter().map(inject).collect(),
    }))
}

pub(super) fn clear(app: &App, sent: &Sent<'_>) -> Result<Answer, Problem> {
    sent.no_body()?;
    app.state().faults.clear();
    Ok(Answer::no_content())
}
