//! The body of `POST /sandbox/faults`.

use super::fields::{Field, Text};
use crate::fault::{Fault, Injection};
use crate::json::Json;
use crate::oauth::OAuthFault;
use crate::operation::Operation;
use crate::problem::Problem;

/// `{"fault": NAME, "times": N, "operation": ID}`; one time and any operation when absent.
pub(crate) fn fault_injection(body: &Json) -> Result<(Injection, u32), Problem> {
    let body = Field::body(body).object()?;
    let name = body.required("fault")?.text()?;
    let fault: Fault =
        name.as_str().parse().map_err(|_| name.refuse("must be the name of a fault"))?;
    let times = body.optional("times").map_or(Ok(1), |field| field.count())?;
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
    Ok((fault, body.optional("times").map_or(Ok(1), |field| field.count())?))
}

fn on_operation(fault: Fault, name: &Text<'_>) -> Result<Injection, Problem> {
    let operation: Operation = name
        .as_str()
        .parse()
        .map_err(|_| name.refuse("must be the operationId of an operation of the sandbox"))?;
    fault.on(operation).map_err(|_| name.refuse(&format!("cannot meet the fault {fault}")))
}
