//! AWS Backup: a sentence, then fields that are sentences, too. `BackupJob ID` is `Backup Job Id` in some, and spaces before
//! colons come and go.

use serde_json::{Map, Value, json};

use super::{as_event, place};
use crate::alert::{Alert, Fact};

/// How the first sentence goes on after `An AWS Backup`, and which event tells of the same, by what names.
const JOBS: [(&str, &str, &str, &str); 3] = [
    ("job ", "Backup Job State Change", "backupJobId", "resourceArn"),
    ("copy job ", "Copy Job State Change", "copyJobId", "resourceArn"),
    ("restore job ", "Restore Job State Change", "restoreJobId", "createdResourceArn"),
];

/// What came of it; the first that fits counts.
const OUTCOMES: [(&str, &str); 5] = [
    ("failed to complete in time", "EXPIRED"),
    ("failed", "FAILED"),
    ("stopped", "ABORTED"),
    ("completed", "COMPLETED"),
    ("started", "RUNNING"),
];

pub(super) fn alert(mail: &str) -> Option<Alert> {
    let mut sentences = mail.trim().split(". ");
    let first = sentences.next()?.to_ascii_lowercase();
    let said = first.strip_prefix("an aws backup ")?;
    let (_, detail_type, id_name, resource_name) = JOBS.iter().find(|job| said.starts_with(job.0))?;
    let (_, state) = OUTCOMES.iter().find(|outcome| said.contains(outcome.0))?;

    let (mut detail, mut recovery_point, mut arns, mut others) = (Map::new(), None, Vec::new(), Vec::new());
    for (name, value) in sentences.filter_map(|sentence| sentence.split_once(':')) {
        let value = value.trim().trim_end_matches('.');
        let is = |end: &str| name.replace(' ', "").to_ascii_lowercase().ends_with(end);
        if is("jobid") {
            detail.insert((*id_name).to_owned(), json!(value));
        } else if is("recoverypointarn") {
            recovery_point = Some(value);
            arns.push(value);
        } else if is("resourcearn") {
            detail.insert((*resource_name).to_owned(), json!(value));
            detail.insert("resourceType".to_owned(), json!(service(value)));
            arns.insert(0, value);
        } else {
            others.extend(Fact::of(name.trim(), Some(value)));
        }
    }
    // A job without an id is no mail that we know.
    detail.get(*id_name)?;
    detail.insert("state".to_owned(), json!(state));

    let first = |part: fn(&str) -> Option<&str>| arns.iter().find_map(|arn| part(arn));
    let mut alert = as_event(json!({
        "source": "aws.backup",
        "detail-type": detail_type,
        "region": first(|arn| place(arn).0),
        "account": first(|arn| place(arn).1),
        "resources": recovery_point.into_iter().collect::<Vec<_>>(),
        "detail": Value::Object(detail),
    }))?;
    alert.facts.extend(others);
    Some(alert)
}

/// `RDS`, which an event has in words of its own.
fn service(arn: &str) -> Option<String> {
    arn.split(':').nth(2).filter(|service| !service.is_empty()).map(str::to_uppercase)
}
