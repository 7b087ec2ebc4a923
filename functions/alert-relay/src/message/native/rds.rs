//! RDS's own event subscriptions. They do not say the category, only the number of the event.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::rds_category::category;
use super::{as_event, place, text};
use crate::alert::Alert;
use crate::console;

pub(super) fn alert(value: &Value) -> Option<Alert> {
    let (kind, message) = (text(value, "Event Source")?, text(value, "Event Message")?);
    let arn = text(value, "Source ARN");
    let (region, account) = arn.map(place).unwrap_or_default();
    // The id is the end of a link to the manual.
    let id = text(value, "Event ID").map(|id| id.rsplit('#').next().unwrap_or(id));
    let mut alert = as_event(json!({
        "source": "aws.rds",
        "detail-type": "RDS Event",
        "region": region,
        "account": account,
        "resources": arn.into_iter().collect::<Vec<_>>(),
        "detail": {
            "EventCategories": id.and_then(category).into_iter().collect::<Vec<_>>(),
            "SourceType": kind,
            "SourceArn": arn,
            "Date": text(value, "Event Time").and_then(moment),
            "Message": message,
            "SourceIdentifier": text(value, "Source ID"),
            "EventID": id,
        },
    }))?;
    // Old ones have a line with the identifier below the link.
    let url = text(value, "Identifier Link").and_then(|link| link.lines().next());
    alert.links.extend(console::link("RDS を開く", url));
    Some(alert)
}

/// `2026-04-01 02:14:39.443`, which is UTC.
fn moment(time: &str) -> Option<Timestamp> {
    format!("{time}Z").parse().ok()
}
