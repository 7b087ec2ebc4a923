//! JSON as facts: the leaves of a tree, each named by its path.

use serde_json::Value;

use crate::alert::Fact;

/// The leaves of `value` in their order; `null` and empty ones are left out. SNS's 256 KB bound their number, and whoever
/// shows them says how many are left out.
pub(super) fn of(value: &Value) -> Vec<Fact> {
    let mut facts = Vec::new();
    collect(value, "", &mut facts);
    facts
}

fn collect(value: &Value, path: &str, facts: &mut Vec<Fact>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match value {
        Value::Null => (),
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| collect(value, &below(name), facts))
        }
        Value::Array(items) => items
            .iter()
            .enumerate()
            .for_each(|(place, item)| collect(item, &below(&place.to_string()), facts)),
        Value::String(text) => facts.extend(Fact::of(named(path), Some(text.as_str()))),
        other => facts.push(Fact::new(named(path), other.to_string())),
    }
}

/// A lone value has no name of its own.
fn named(path: &str) -> &str {
    if path.is_empty() { "値" } else { path }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_leaf_is_named_by_its_path() {
        let facts = of(&json!({"a": {"b": [1, "zwei", null, {}]}, "c": true, "d": " "}));

        let shown: Vec<_> = facts.iter().map(|fact| (fact.name.as_str(), fact.value.as_str())).collect();
        assert_eq!(shown, [("a.b.0", "1"), ("a.b.1", "zwei"), ("c", "true")]);
    }
}
