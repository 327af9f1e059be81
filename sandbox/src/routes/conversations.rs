//! `GET /2/chat/conversations` and `GET /2/chat/conversations/{id}`.

use std::collections::BTreeSet;

use sealpost_crypto::{ConversationId, UserId};
use serde_json::{Map, Value, json};

use crate::app::App;
use crate::call::Call;
use crate::clock::iso_8601;
use crate::contract::Contract;
use crate::conversations::Row;
use crate::problem::Problem;
use crate::reply::{Answer, insert};
use crate::validate::{Query, Selector};

pub(super) fn list(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    let (query, view) = View::read(call, &["max_results", "pagination_token"])?;
    let max = query.max_results()?;
    let state = app.state();
    let after = query.page_start("conversations of this user", |token| {
        state.inbox_page_start(call.user, token)
    })?;
    let (rows, next) = state.conversations.inbox(call.user, after, max);
    let mut users = BTreeSet::new();
    let data: Vec<Value> = rows.iter().map(|row| view.row(*row, &mut users)).collect();
    let mut meta = json!({
        "result_count": data.len(),
        "has_more": next.is_some(),
        "has_message_requests": state.conversations.has_requests(call.user),
    });
    if let Some(next) = next {
        insert(&mut meta, "next_token", state.inbox_page_token(call.user, next));
    }
    Ok(view.including(&users, Answer::of(data.into()).with("meta", meta)))
}

pub(super) fn one(app: &App, call: &Call<'_>) -> Result<Answer, Problem> {
    let (_, view) = View::read(call, &[])?;
    // The contract has no pattern for this id: what is none is not found.
    let id = ConversationId::resolve(&call.path.id, call.user)
        .map_err(|_| Problem::not_found("id", "conversation", &call.path.id))?;
    let state = app.state();
    state.conversations.members_for(id, call.user)?;
    let mut users = BTreeSet::new();
    let row = view.row(state.conversations.row(id), &mut users);
    Ok(view.including(
        &users,
        match call.contract {
            // It answers with the schema of the list.
            Contract::V2_165 => Answer::of(json!([row])),
            Contract::V2_167 => Answer::of(row),
        },
    ))
}

/// What of the conversations is to be seen.
struct View {
    contract: Contract,
    fields: Option<BTreeSet<String>>,
    expansions: BTreeSet<String>,
}

impl View {
    fn read(call: &Call<'_>, others: &[&'static str]) -> Result<(Query, Self), Problem> {
        const SELECTORS: [Selector; 3] =
            [Selector::Conversation, Selector::Expansions, Selector::User];
        let names: Vec<&str> =
            others.iter().copied().chain(SELECTORS.map(Selector::name)).collect();
        let query = Query::parse(call.sent.uri, &names)?;
        let fields = query.fields(Selector::Conversation, call.contract)?;
        let expansions = query.fields(Selector::Expansions, call.contract)?.unwrap_or_default();
        // The sandbox knows nothing of users beyond the fields that are served without asking.
        query.fields(Selector::User, call.contract)?;
        Ok((query, Self { contract: call.contract, fields, expansions }))
    }

    /// A field is served when it is selected, and when nothing is. The ids are no fields in 2.167:
    /// they are served when nothing is selected, and when they are expanded.
    fn row(&self, row: Row<'_>, expanded: &mut BTreeSet<UserId>) -> Value {
        let mut served = Map::new();
        let mut add = |name: &str, value: Value| {
            let selected = self.fields.as_ref().is_none_or(|fields| fields.contains(name));
            if name == "id" || selected || self.expansions.contains(name) {
                served.insert(name.to_owned(), value);
            }
        };
        let is_group = row.id.is_group();
        add("id", row.id.path().to_string().into());
        add("type", if is_group { "group" } else { "direct" }.into());
        let members = row.members();
        for name in ["participant_ids", "member_ids"] {
            add(name, texts(&members));
            if self.expansions.contains(name) {
                expanded.extend(&members);
            }
        }
        for name in
            ["is_muted", "screen_capture_blocking_enabled", "screen_capture_detection_enabled"]
        {
            add(name, false.into());
        }
        for (name, moment) in [("created_at", row.created_at), ("updated_at", row.updated_at)] {
            if let Some(moment) = moment {
                add(name, iso_8601(moment).into());
            }
        }
        if let Some(details) = row.details() {
            let admins: Vec<UserId> = details.admins.iter().copied().collect();
            add("admin_ids", texts(&admins));
            if self.expansions.contains("admin_ids") {
                expanded.extend(&admins);
            }
            for (name, text) in
                [("group_name", &details.title), ("group_avatar_url", &details.avatar_url)]
            {
                if let Some(text) = text {
                    add(name, text.as_str().into());
                }
            }
            if let Some(ttl) = details.ttl_msec {
                match self.contract {
                    Contract::V2_165 => add("message_ttl_msec", ttl.to_string().into()),
                    Contract::V2_167 => add("message_ttl_ms", ttl.into()),
                }
            }
        }
        Value::Object(served)
    }

    /// Adds the users that were expanded.
    fn including(&self, users: &BTreeSet<UserId>, answer: Answer) -> Answer {
        if self.expansions.is_empty() {
            return answer;
        }
        let user = |id: &UserId| {
            json!({
                "id": id.to_string(),
                "name": format!("User {id}"),
                "username": format!("user{id}"),
            })
        };
        let users: Vec<Value> = users.iter().map(user).collect();
        answer.with("includes", json!({ "users": users }))
    }
}

fn texts(users: &[UserId]) -> Value {
    users.iter().map(ToString::to_string).collect()
}
