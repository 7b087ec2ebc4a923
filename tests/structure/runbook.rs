//! Whoever is woken up finds what to do: every alarm and every notice has its part of the runbook.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::template::template;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The parts of the runbook, by name.
fn parts() -> BTreeSet<String> {
    let runbook = std::fs::read_to_string(root().join("docs/RUNBOOK.md")).expect("the runbook");
    runbook.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_owned).collect()
}

/// The names that stand behind `start` in a text, up to the first character that no name has.
fn names_behind(text: &str, start: &str) -> Vec<String> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "-_".contains(character);
    let all = text.match_indices(start).map(|(place, _)| {
        let rest = &text[place + start.len()..];
        rest[..rest.find(|character| !is_part(character)).unwrap_or(rest.len())].to_owned()
    });
    all.collect()
}

/// The event types of the notices that our functions and tools send.
fn event_types() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders =
        vec![root().join("functions"), root().join("local/kimochi_local"), root().join("template.yaml")];
    while let Some(path) = folders.pop() {
        if path.is_dir() {
            let is_source = |path: &Path| !path.ends_with("tests") && !path.ends_with("__pycache__");
            let entries = path.read_dir().expect("a folder").map(|entry| entry.expect("an entry").path());
            folders.extend(entries.filter(|path| is_source(path)));
        } else if let Ok(text) = std::fs::read_to_string(&path) {
            found.extend(names_behind(&text, "event_type: \""));
            found.extend(names_behind(&text, "\"eventType\": \""));
        }
    }
    found
}

#[test]
fn every_notice_has_its_part_of_the_runbook() {
    let (types, parts) = (event_types(), parts());

    assert!(types.len() >= 5, "{types:?}");
    let missing: Vec<_> = types.difference(&parts).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_alarm_has_its_part_of_the_runbook() {
    let template = template();
    let parts = parts();
    let mut alarms = 0;
    for (name, resource) in template["Resources"].as_hash().expect("resources") {
        if resource["Type"].as_str() == Some("AWS::CloudWatch::Alarm") {
            let description = resource["Properties"]["AlarmDescription"].as_str().expect("a description");
            let mut named = names_behind(description, "runbook=");
            // For the mail that goes out when Slack is out of reach.
            named.extend(names_behind(description, "手順書: "));
            assert!(named.len() == 1 && parts.contains(&named[0]), "{name:?}: {named:?}");
            alarms += 1;
        }
    }
    assert!(alarms >= 3, "{alarms}");
}
