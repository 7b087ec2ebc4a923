//! Cost Anomaly Detection's own notifications: what its event has as detail, with one name of its own.

use serde_json::{Value, json};

use super::{as_event, text};
use crate::alert::Alert;

pub(super) fn alert(value: &Value) -> Option<Alert> {
    text(value, "anomalyId")?;
    let mut detail = value.as_object()?.clone();
    detail.get("impact")?;
    if let Some(what) = detail.remove("dimensionalValue") {
        detail.insert("dimensionValue".to_owned(), what);
    }
    as_event(json!({
        "source": "aws.ce",
        "detail-type": "Anomaly Detected",
        "account": text(value, "accountId"),
        "resources": text(value, "monitorArn").into_iter().collect::<Vec<_>>(),
        "detail": Value::Object(detail),
    }))
}
