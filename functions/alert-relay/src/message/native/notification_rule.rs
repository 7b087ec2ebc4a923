//! Notification rules of CodePipeline, CodeBuild, CodeDeploy: the event itself in another envelope, and a little more.

use serde_json::{Value, json};

use super::{as_event, text};
use crate::alert::{Alert, Fact};

pub(super) fn alert(value: &Value) -> Option<Alert> {
    text(value, "notificationRuleArn")?;
    let mut alert = as_event(json!({
        "source": text(value, "source"),
        "detail-type": text(value, "detailType"),
        "account": text(value, "account"),
        "region": text(value, "region"),
        "time": text(value, "time"),
        "resources": value.get("resources").cloned().unwrap_or_else(|| json!([])),
        "detail": value.get("detail")?,
    }))?;
    let more = &value["additionalAttributes"];
    let stage = Fact::of("失敗したステージ", text(more, "failedStage"));
    let actions = more["failedActions"].as_array().into_iter().flatten();
    let actions = actions.filter_map(|action| {
        let said = ["action", "additionalInformation"].iter().filter_map(|name| text(action, name));
        Fact::of("失敗したアクション", Some(said.collect::<Vec<_>>().join("\n")))
    });
    alert.facts.splice(0..0, stage.into_iter().chain(actions));
    Some(alert)
}
