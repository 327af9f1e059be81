//! Query strings.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Uri;
use sealpost_crypto::UserId;

use super::ids;
use super::selectors::Selector;
use crate::contract::Contract;
use crate::problem::Problem;

const MAX_RESULTS: usize = 100;
const DEFAULT_RESULTS: usize = 10;
const MAX_IDS: usize = 100;

/// The parameters of a query, each known to the operation and given once.
#[derive(Debug)]
pub(crate) struct Query {
    parameters: BTreeMap<String, String>,
}

impl Query {
    /// Reads the query of `uri`.
    pub(crate) fn parse(uri: &Uri, allowed: &[&str]) -> Result<Self, Problem> {
        let axum::extract::Query(pairs) =
            axum::extract::Query::<Vec<(String, String)>>::try_from_uri(uri)
                .map_err(|_| Problem::invalid_body("The query string cannot be read."))?;
        let mut parameters = BTreeMap::new();
        for (name, value) in pairs {
            if !allowed.contains(&name.as_str()) {
                let detail =
                    format!("The query parameter [{name}] is not one of [{}].", allowed.join(","));
                return Err(Problem::invalid(name, detail).value(&value));
            }
            if parameters.contains_key(&name) {
                let detail =
                    format!("{name} is given twice. Separate the items of a list by commas.");
                return Err(Problem::invalid(name, detail).value(&value));
            }
            parameters.insert(name, value);
        }
        Ok(Self { parameters })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }

    /// `ids`: 1 to 100 different user ids, separated by commas.
    pub(crate) fn user_ids(&self) -> Result<Vec<UserId>, Problem> {
        let text = self.get("ids").ok_or_else(|| Problem::invalid("ids", "ids is required."))?;
        let count = text.split(',').count();
        if count > MAX_IDS {
            let detail = format!("ids must hold 1 to {MAX_IDS} user ids, not {count}.");
            return Err(Problem::invalid("ids", detail));
        }
        let mut seen = BTreeSet::new();
        text.split(',')
            .map(|item| {
                let user = ids::user("ids", item)?;
                if seen.insert(user) {
                    Ok(user)
                } else {
                    let detail = "ids must not hold the same user twice.";
                    Err(Problem::invalid("ids", detail).value(item))
                }
            })
            .collect()
    }

    /// `max_results`: 1 to 100, 10 when absent.
    pub(crate) fn max_results(&self) -> Result<usize, Problem> {
        let Some(text) = self.get("max_results") else {
            return Ok(DEFAULT_RESULTS);
        };
        (1..=MAX_RESULTS).find(|number| number.to_string() == text).ok_or_else(|| {
            let detail = format!("max_results must be an integer from 1 to {MAX_RESULTS}.");
            Problem::invalid("max_results", detail).value(text)
        })
    }

    /// `pagination_token`: where the page starts, as `read` finds out from it.
    pub(crate) fn page_start<T>(
        &self,
        of: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        const NAME: &str = "pagination_token";
        let Some(token) = self.get(NAME) else {
            return Ok(None);
        };
        let refused = || {
            let detail = format!("{NAME} is not a next_token of the {of}.");
            Problem::invalid(NAME, detail).value(token)
        };
        read(token).map(Some).ok_or_else(refused)
    }

    /// A field selector: at least one field, each known and given once. `None` when absent.
    pub(crate) fn fields(
        &self,
        selector: Selector,
        contract: Contract,
    ) -> Result<Option<BTreeSet<String>>, Problem> {
        let (name, known) = (selector.name(), selector.known(contract));
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let mut fields = BTreeSet::new();
        for field in text.split(',') {
            if !known.contains(&field) {
                let detail = format!("{name} must hold fields of [{}].", known.join(","));
                return Err(Problem::invalid(name, detail).value(field));
            }
            if !fields.insert(field.to_owned()) {
                let detail = format!("{name} must not hold the same field twice.");
                return Err(Problem::invalid(name, detail).value(field));
            }
        }
        Ok(Some(fields))
    }
}
