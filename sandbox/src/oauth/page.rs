//! The pages people see. Not a byte of a request gets into one unescaped.

use sealpost_crypto::UserId;

use super::scope::Scope;

/// What a user is asked.
pub(super) struct Question<'a> {
    pub(super) app: &'a str,
    /// Nothing in OAuth 1.0a, which knows no scopes.
    pub(super) scopes: &'a [Scope],
    pub(super) users: &'a [UserId],
}

/// Asks who is there and whether the app may act for them. The form goes to the page's own address.
pub(super) fn consent(question: &Question<'_>) -> String {
    let Question { app, scopes, users } = question;
    let app = escaped(app);
    let known: String = users.iter().map(|user| format!("<option value=\"{user}\">")).collect();
    let scopes: String = scopes
        .iter()
        .map(|scope| {
            format!(
                "<li><code>{scope}</code> <label><input type=\"checkbox\" name=\"withhold\" \
                 value=\"{scope}\"> do not grant it</label></li>"
            )
        })
        .collect();
    let wants = if scopes.is_empty() {
        "<p>It wants to act for you.</p>".to_owned()
    } else {
        format!("<p>It wants to act for you, with these scopes:</p><ul>{scopes}</ul>")
    };
    document(
        "Allow the access?",
        &format!(
            "<p>This is the sandbox, not X: nobody asks for a password.</p>\
             <form method=\"post\"><p>The app: <code>{app}</code></p>{wants}<p><label>Sign in as user <input name=\"user_id\" list=\"users\" \
             inputmode=\"numeric\" required></label>\
             <datalist id=\"users\">{known}</datalist></p>\
             <p><button name=\"decision\" value=\"allow\">Allow</button> \
             <button name=\"decision\" value=\"deny\" formnovalidate>Deny</button></p></form>"
        ),
    )
}

/// Tells a user what an app has to be told.
pub(super) fn verifier(verifier: &str) -> String {
    document(
        "Go back to the app",
        &format!("<p>Type this number there: <strong>{}</strong></p>", escaped(verifier)),
    )
}

/// Where the browser may not be sent back, a person has to read what is wrong.
pub(super) fn refusal(reason: &str) -> String {
    document("This sign-in cannot go on", &format!("<p>{}</p>", escaped(reason)))
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\
         <h1>{title}</h1>{body}</html>\n"
    )
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_escaped() {
        let page = refusal("<script>\"a\" & 'b'</script>");
        assert!(
            page.contains("&lt;script&gt;&quot;a&quot; &amp; &#39;b&#39;&lt;/script&gt;"),
            "{page}"
        );
    }
}
