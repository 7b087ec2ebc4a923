//! Messages that were written for Slack go out as they came, as far as Slack takes them, and call nobody.

use serde_json::{Map, Value};

use super::limits::violations;

/// The parts of a message that are passed on; whom it goes to is for us to say.
const PARTS: [&str; 3] = ["text", "blocks", "attachments"];

/// `None` when Slack would refuse it.
pub(super) fn message(value: &Value) -> Option<Map<String, Value>> {
    let mut message: Map<_, _> =
        PARTS.iter().filter_map(|part| Some(((*part).to_owned(), value.get(*part)?.clone()))).collect();
    message.values_mut().for_each(silence);
    let is_typed = |list: &Value| {
        list.as_array().is_some_and(|blocks| blocks.iter().all(|block| block["type"].is_string()))
    };
    let typed = message.get("blocks").is_none_or(is_typed)
        && message.get("text").is_none_or(Value::is_string)
        && message.get("attachments").is_none_or(|list| {
            list.as_array().is_some_and(|all| {
                all.iter().all(|one| one.is_object() && one.get("blocks").is_none_or(is_typed))
            })
        });
    (typed && violations(&Value::Object(message.clone())).is_empty()).then_some(message)
}

/// Makes calls into text: `<!channel>`, `<@U…>`, and what stands for them in rich text.
fn silence(value: &mut Value) {
    match value {
        Value::String(text) => *text = text.replace("<!", "&lt;!").replace("<@", "&lt;@"),
        Value::Array(items) => items.iter_mut().for_each(silence),
        Value::Object(members) => {
            if let Some("broadcast" | "user" | "usergroup") = members.get("type").and_then(Value::as_str) {
                *value = serde_json::json!({"type": "text", "text": "＠"});
                return;
            }
            members.values_mut().for_each(silence);
        }
        _ => (),
    }
}
