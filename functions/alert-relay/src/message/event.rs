//! EventBridge events sent through SNS: one file for each kind that we know, and any other one field by field.

mod alarm_change;
mod auto_scaling;
mod backup;
mod cost_anomaly;
mod deployment;
mod ecs;
mod guard_duty;
mod health;
mod malware_scan;
mod rds;
mod security_hub;

use jiff::Timestamp;
use kimochi_domain::Severity;
use serde::Deserialize;
use serde_json::Value;

use super::fields;
use crate::alert::{Alert, Fact};

#[derive(Debug, Deserialize)]
pub(super) struct Event {
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    account: Option<String>,
    region: Option<String>,
    time: Option<Timestamp>,
    #[serde(default)]
    resources: Vec<String>,
    detail: Value,
}

impl Event {
    /// A text of the detail, by its JSON pointer.
    fn text(&self, pointer: &str) -> Option<&str> {
        self.detail.pointer(pointer)?.as_str().map(str::trim).filter(|text| !text.is_empty())
    }

    /// A fact of the detail, if it is there; a number as well.
    fn fact(&self, name: &str, pointer: &str) -> Option<Fact> {
        match self.detail.pointer(pointer)? {
            Value::String(text) => Fact::of(name, Some(text.as_str())),
            Value::Number(number) => Some(Fact::new(name, number.to_string())),
            _ => None,
        }
    }

    fn facts<const N: usize>(&self, facts: [(&str, &str); N]) -> Vec<Fact> {
        facts.into_iter().filter_map(|(name, pointer)| self.fact(name, pointer)).collect()
    }
}

impl From<Event> for Alert {
    fn from(event: Event) -> Self {
        let mut alert = match (event.source.as_str(), event.detail_type.as_str()) {
            ("aws.cloudwatch", "CloudWatch Alarm State Change") => alarm_change::alert(&event),
            ("aws.guardduty", "GuardDuty Finding") => guard_duty::alert(&event),
            ("aws.guardduty", "GuardDuty Malware Protection Object Scan Result") => {
                malware_scan::alert(&event)
            }
            ("aws.securityhub", _) if event.detail["findings"].is_array() => security_hub::alert(&event),
            ("aws.health", _) => health::alert(&event),
            ("aws.backup", _) => backup::alert(&event),
            ("aws.rds", _) => rds::alert(&event),
            (
                "aws.codedeploy" | "aws.codepipeline" | "aws.codebuild" | "aws.cloudformation"
                | "aws.amplify",
                _,
            ) => deployment::alert(&event),
            ("aws.ecs", "ECS Task State Change") => ecs::alert(&event),
            ("aws.autoscaling", _) => auto_scaling::alert(&event),
            ("aws.ce", _) => cost_anomaly::alert(&event),
            _ => unknown(&event),
        };
        alert.at = alert.at.or(event.time);
        let common = [
            Fact::of("対象", Some(event.resources.join("\n"))),
            Fact::of("アカウント", event.account),
            Fact::of("リージョン", event.region),
        ];
        alert.facts.extend(common.into_iter().flatten());
        alert
    }
}

fn unknown(event: &Event) -> Alert {
    let mut facts = fields::of(&event.detail);
    facts.insert(0, Fact::new("送信元", event.source.as_str()));
    Alert { facts, ..Alert::event(Severity::Info, event.detail_type.as_str()) }
}
