//! Holds requests against X's OpenAPI descriptions; see `tests/contract`.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde_json::{Value, json};

use super::Seen;

/// The parts of a form, by name.
pub type Parts = BTreeMap<String, Part>;

/// One part of a form.
#[derive(Debug, PartialEq, Eq)]
pub struct Part {
    pub content_type: Option<String>,
    pub file_name: Option<String>,
    pub bytes: Vec<u8>,
}

/// Every operation of a description, 2.165 or 2.167.
pub fn operations(version: &str) -> Vec<Value> {
    let text = match version {
        "2.165" => include_str!("../contract/2.165.json"),
        "2.167" => include_str!("../contract/2.167.json"),
        other => panic!("no description {other}"),
    };
    serde_json::from_str(text).unwrap()
}

/// Checks a request against 2.167, and its body against 2.165 too; says which operation it is.
pub async fn documented(seen: &Seen) -> String {
    let (method, target) = seen.target();
    let url = url::Url::parse("http://x").unwrap().join(target).unwrap();
    let current = operations("2.167");
    let operation = find(&current, method, &url).unwrap_or_else(|| panic!("no such: {target}"));
    check_query(operation, &url);
    check_body(operation, seen).await;
    // 2.165 lacks `messages/delete`.
    if let Some(older) = find(&operations("2.165"), method, &url) {
        check_body(older, seen).await;
    }
    operation["operation_id"].as_str().unwrap().to_owned()
}

/// The most literal path that matches: `/2/users/public_keys` is no user's.
fn find<'a>(operations: &'a [Value], method: &str, url: &url::Url) -> Option<&'a Value> {
    operations
        .iter()
        .filter(|operation| operation["method"] == method && matches(operation, url.path()))
        .min_by_key(|operation| operation["path"].as_str().unwrap().matches('{').count())
}

fn matches(operation: &Value, path: &str) -> bool {
    let template: Vec<&str> = operation["path"].as_str().unwrap().split('/').collect();
    let segments: Vec<&str> = path.split('/').collect();
    template.len() == segments.len()
        && template.iter().zip(segments).all(|(expected, segment)| {
            match expected.strip_prefix('{').and_then(|name| name.strip_suffix('}')) {
                Some(name) => match operation["path_patterns"][name].as_str() {
                    Some(pattern) => Regex::new(pattern).unwrap().is_match(segment),
                    None => !segment.is_empty(),
                },
                None => *expected == segment,
            }
        })
}

fn check_query(operation: &Value, url: &url::Url) {
    let known = operation["query"].as_object().unwrap();
    let mut given = BTreeMap::new();
    for (name, value) in url.query_pairs() {
        let parameter = known.get(&*name).unwrap_or_else(|| panic!("{name} is not documented"));
        let schema = &parameter["schema"];
        let value = if schema["type"] == "array" {
            value.split(',').map(Value::from).collect()
        } else if schema["type"] == "integer" {
            Value::from(value.parse::<i64>().unwrap())
        } else {
            Value::from(&*value)
        };
        assert_eq!(problem(schema, &value), None, "{name}");
        assert!(given.insert(name.into_owned(), value).is_none(), "given twice");
    }
    for (name, parameter) in known {
        assert!(parameter["required"] == false || given.contains_key(name), "{name} is missing");
    }
}

async fn check_body(operation: &Value, seen: &Seen) {
    let bodies = operation["bodies"].as_object().unwrap();
    if bodies.is_empty() {
        assert!(seen.body.is_empty() && seen.all("content-type").is_empty());
        return;
    }
    let content_type = seen.header("content-type");
    let essence = content_type.split(';').next().unwrap();
    let schema = bodies.get(essence).unwrap_or_else(|| panic!("{essence} is not documented"));
    let body = if essence == "multipart/form-data" {
        // A number is written in digits there, and bytes are not even text.
        let texts = form(seen).await.into_iter().map(|(name, part)| {
            let value = match schema["properties"][&name]["type"].as_str() {
                Some("integer") => {
                    Value::from(std::str::from_utf8(&part.bytes).unwrap().parse::<i64>().unwrap())
                }
                _ => Value::from(String::from_utf8_lossy(&part.bytes)),
            };
            (name, value)
        });
        texts.collect()
    } else {
        serde_json::from_slice(&seen.body).unwrap()
    };
    assert_eq!(problem(schema, &body), None, "{body}");
}

/// Parses a form with a parser that has nothing to do with the client.
pub async fn form(seen: &Seen) -> Parts {
    let boundary = multer::parse_boundary(seen.header("content-type")).unwrap();
    let body = bytes::Bytes::copy_from_slice(&seen.body);
    let stream = futures_util::stream::iter([Ok::<_, std::io::Error>(body)]);
    let mut form = multer::Multipart::new(stream, boundary);
    let mut parts = Parts::new();
    while let Some(field) = form.next_field().await.unwrap() {
        let name = field.name().unwrap().to_owned();
        let part = Part {
            content_type: field.content_type().map(ToString::to_string),
            file_name: field.file_name().map(str::to_owned),
            bytes: field.bytes().await.unwrap().to_vec(),
        };
        assert!(parts.insert(name, part).is_none(), "given twice");
    }
    parts
}

/// What a value violates of a schema, in the words the descriptions use; unknown members count.
pub fn problem(schema: &Value, value: &Value) -> Option<String> {
    for word in ["anyOf", "oneOf"] {
        if let Some(choices) = schema[word].as_array() {
            let fits = choices.iter().any(|choice| problem(choice, value).is_none());
            return (!fits).then(|| format!("{value} is {word} nothing"));
        }
    }
    let size = |word: &str, size: usize| match (word, schema[word].as_u64()) {
        ("minItems" | "minLength", Some(least)) => (size as u64) < least,
        (_, Some(most)) => (size as u64) > most,
        (_, None) => false,
    };
    let wrong = match schema["type"].as_str().unwrap() {
        "string" => match value.as_str() {
            None => true,
            Some(text) => {
                let pattern = schema["pattern"].as_str().unwrap_or("");
                size("minLength", text.len()) || !Regex::new(pattern).unwrap().is_match(text)
            }
        },
        "integer" => match value.as_i64() {
            None => true,
            Some(number) => {
                schema["minimum"].as_i64().is_some_and(|least| number < least)
                    || schema["maximum"].as_i64().is_some_and(|most| number > most)
            }
        },
        "boolean" => !value.is_boolean(),
        "array" => match value.as_array() {
            None => true,
            Some(items) => {
                let inner = items.iter().find_map(|item| problem(&schema["items"], item));
                if inner.is_some() {
                    return inner;
                }
                let different: std::collections::BTreeSet<_> =
                    items.iter().map(ToString::to_string).collect();
                size("minItems", items.len())
                    || size("maxItems", items.len())
                    || schema["uniqueItems"] == true && different.len() < items.len()
            }
        },
        "object" => match value.as_object() {
            None => true,
            Some(members) => {
                let none = json!({});
                let known = schema.get("properties").unwrap_or(&none);
                for (name, member) in members {
                    let Some(schema) = known.get(name) else {
                        return Some(format!("{name} is not documented"));
                    };
                    if let Some(problem) = problem(schema, member) {
                        return Some(format!("{name}: {problem}"));
                    }
                }
                let required = schema["required"].as_array().into_iter().flatten();
                required.map(|name| name.as_str().unwrap()).any(|name| !members.contains_key(name))
            }
        },
        other => panic!("a schema of type {other}"),
    };
    let listed = schema["enum"].as_array().is_none_or(|words| words.contains(value));
    (wrong || !listed).then(|| format!("{value} does not fit {schema}"))
}
