//! CloudFormation: `Name='value'` on a line each, for a stack and for each resource of it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::json;

use super::{as_event, place};
use crate::alert::Alert;

pub(super) fn alert(text: &str) -> Option<Alert> {
    // A value may have lines and apostrophes of its own, so that only both together end it.
    let fields = text.trim().split("'\n").filter_map(|field| field.trim_start().split_once("='"));
    let fields: BTreeMap<_, _> = fields.map(|(name, value)| (name, value.trim_end_matches('\''))).collect();
    let field = |name| fields.get(name).copied().filter(|value| !value.is_empty() && *value != "null");
    let (stack, status) = (field("StackId")?, field("ResourceStatus")?);
    let resource = field("LogicalResourceId").filter(|_| field("PhysicalResourceId") != Some(stack));
    let (region, account) = place(stack);
    as_event(json!({
        "source": "aws.cloudformation",
        "detail-type": if resource.is_some() {
            "CloudFormation Resource Status Change"
        } else {
            "CloudFormation Stack Status Change"
        },
        "region": region,
        "account": account,
        "time": field("Timestamp").and_then(|time| time.parse::<Timestamp>().ok()),
        "resources": [stack],
        "detail": {
            "stack-id": stack,
            "logical-resource-id": resource,
            "physical-resource-id": resource.and_then(|_| field("PhysicalResourceId")),
            "resource-type": resource.and_then(|_| field("ResourceType")),
            "status-details": {"status": status, "status-reason": field("ResourceStatusReason")},
            "client-request-token": field("ClientRequestToken"),
        },
    }))
}
