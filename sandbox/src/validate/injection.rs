//! The body of `POST /sandbox/faults`.

use super::fields::{Field, Text};
use crate::fault::{Fault, Injection};
use crate::json::Json;
use crate::oauth::OAuthFault;
use crate::operation::Operation;
use crate::problem::Problem;

/// What is asked for: faults, and how often each is to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FaultInjections {
    One((Injection, u32)),
    Script(Vec<(Injection, u32)>),
}

/// `{"fault": NAME, "times": N, "operation": ID}`, or an array of such objects: a script. One time
/// and any operation when absent.
pub(crate) fn fault_injections(body: &Json) -> Result<FaultInjections, Problem> {
    let body = Field::body(body);
    if body.is_list() {
        let script: Result<_, _> = body.list()?.into_iter().map(injection).collect();
        script.map(FaultInjections::Script)
    } else {
        injection(body).map(FaultInjections::One)
    }
}

fn injection(field: Field<'_>) -> Result<(Injection, u32), Problem> {
    let body = field.object()?;
    let name = body.required("fault")?.text()?;
    let fault: Fault =
        name.as_str().parse().map_err(|_| name.refuse("must be the name of a fault"))?;
    let times = body.optional("times").map_or(Ok(1), |field| field.integer(1..=u32::MAX))?;
    let injection = match body.optional("operation") {
        None => Injection::from(fault),
        Some(field) => on_operation(fault, &field.text()?)?,
    };
    Ok((injection, times))
}

/// The body of `POST /sandbox/oauth/faults`: `{"fault": NAME, "times": N}`; one time when absent.
pub(crate) fn oauth_fault(body: &Json) -> Result<(OAuthFault, u32), Problem> {
    let body = Field::body(body).object()?;
    let name = body.required("fault")?.text()?;
    let fault = name
        .as_str()
        .parse()
        .map_err(|_| name.refuse("must be the name of a fault of the authorization server"))?;
    Ok((fault, body.optional("times").map_or(Ok(1), |field| field.integer(1..=u32::MAX))?))
}

fn on_operation(fault: Fault, name: &Text<'_>) -> Result<Injection, Problem> {
    let operation: Operation = name
        .as_str()
        .parse()
        .map_err(|_| name.refuse("must be the operationId of an operation of the sandbox"))?;
    fault.on(operation).map_err(|_| name.refuse(&format!("cannot meet the fault {fault}")))
}
