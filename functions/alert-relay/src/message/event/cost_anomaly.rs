//! Cost Anomaly Detection: something costs more than it used to.

use kimochi_domain::Severity;
use serde_json::Value;

use super::Event;
use crate::alert::Alert;
use crate::console;

pub(super) fn alert(event: &Event) -> Alert {
    let excess = event.detail.pointer("/impact/totalImpact").and_then(Value::as_f64);
    let excess = excess.map(|dollars| format!("（+{dollars:.2} USD）")).unwrap_or_default();
    let what = event.text("/dimensionValue").unwrap_or("費用");
    Alert {
        facts: event.facts([
            ("期間の始まり", "/anomalyStartDate"),
            ("期間の終わり", "/anomalyEndDate"),
            ("予測額 (USD)", "/impact/totalExpectedSpend"),
            ("実際の額 (USD)", "/impact/totalActualSpend"),
            ("原因のサービス", "/rootCauses/0/service"),
            ("原因の種類", "/rootCauses/0/usageType"),
        ]),
        links: console::link("内訳を開く", event.text("/anomalyDetailsLink")).into_iter().collect(),
        key: event.text("/anomalyId").map(str::to_owned),
        ..Alert::event(Severity::Warning, format!("費用が急に増えています: {what}{excess}"))
    }
}
