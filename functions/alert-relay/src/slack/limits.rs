//! What Slack takes: the limits that the reference of Block Kit documents.

use serde_json::Value;

const MAX_TEXT: usize = 40_000;
const MAX_BLOCKS: usize = 50;
const MAX_ATTACHMENTS: usize = 20;

/// What of a message Slack would refuse, in words; empty when it takes it.
pub fn violations(message: &Value) -> Vec<String> {
    let mut found = Vec::new();
    if length(&message["text"]) > MAX_TEXT {
        found.push("text is too long".to_owned());
    }
    blocks(&message["blocks"], &mut found);
    let attachments = list(&message["attachments"]);
    if attachments.len() > MAX_ATTACHMENTS {
        found.push("too many attachments".to_owned());
    }
    for attachment in attachments {
        blocks(&attachment["blocks"], &mut found);
    }
    found
}

fn blocks(blocks: &Value, found: &mut Vec<String>) {
    if !blocks.is_null() && !blocks.is_array() {
        found.push("blocks are no list".to_owned());
    }
    let blocks = list(blocks);
    if blocks.len() > MAX_BLOCKS {
        found.push("too many blocks".to_owned());
    }
    for (place, block) in blocks.iter().enumerate() {
        if let Some(violation) = block_violation(block) {
            found.push(format!("block {place}: {violation}"));
        }
    }
}

fn block_violation(block: &Value) -> Option<&'static str> {
    match block["type"].as_str()? {
        "header" => (!within(&block["text"]["text"], 1, 150)).then_some("a header has 1 to 150 characters"),
        "section" => section_violation(block),
        "context" => {
            let elements = list(&block["elements"]);
            let fit = (1..=10).contains(&elements.len())
                && elements
                    .iter()
                    .all(|element| element["type"] == "image" || within(&element["text"], 1, 3_000));
            (!fit).then_some("a context has 1 to 10 elements of at most 3,000 characters")
        }
        "actions" => {
            let elements = list(&block["elements"]);
            let fit = (1..=25).contains(&elements.len()) && elements.iter().all(is_button);
            (!fit).then_some("actions have 1 to 25 buttons")
        }
        "divider" | "image" | "rich_text" | "markdown" | "video" | "table" => None,
        _ => Some("unknown type"),
    }
}

fn section_violation(block: &Value) -> Option<&'static str> {
    let fields = list(&block["fields"]);
    if block["text"].is_null() && fields.is_empty() {
        return Some("a section has a text or fields");
    }
    if !block["text"].is_null() && !within(&block["text"]["text"], 1, 3_000) {
        return Some("a section's text has 1 to 3,000 characters");
    }
    let fit = fields.len() <= 10 && fields.iter().all(|field| within(&field["text"], 1, 2_000));
    (!fit).then_some("a section has at most 10 fields of 1 to 2,000 characters")
}

fn is_button(element: &Value) -> bool {
    element["type"] == "button" && within(&element["text"]["text"], 1, 75) && length(&element["url"]) <= 3_000
}

fn within(text: &Value, least: usize, most: usize) -> bool {
    text.is_string() && (least..=most).contains(&length(text))
}

fn length(text: &Value) -> usize {
    text.as_str().map_or(0, |text| text.chars().count())
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}
