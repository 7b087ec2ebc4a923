//! What is being built and deployed: CodeDeploy, CodePipeline, CodeBuild, CloudFormation, Amplify.

mod state;

use serde_json::Value;

use super::Event;
use crate::alert::{Alert, Fact};
use crate::console;

pub(super) fn alert(event: &Event) -> Alert {
    let first = |pointers: &[&str]| pointers.iter().find_map(|pointer| event.text(pointer));
    let state = first(&["/state", "/build-status", "/status-details/status", "/jobStatus"]).unwrap_or("不明");
    let what = first(&["/application", "/pipeline", "/project-name", "/stack-id", "/appId", "/deploymentId"])
        .unwrap_or("デプロイ");
    let part = ["/stage", "/action", "/logical-resource-id"].iter().filter_map(|pointer| event.text(pointer));
    let what: Vec<_> = std::iter::once(name(what)).chain(part).collect();
    let key = first(&["/deploymentId", "/execution-id", "/build-id", "/client-request-token"]);
    let link = first(&["/additional-information/logs/deep-link", "/execution-result/external-execution-url"]);
    let mut facts = event.facts([
        ("グループ", "/deploymentGroup"),
        ("インスタンス", "/instanceId"),
        ("ブランチ", "/branchName"),
        ("資源の種類", "/resource-type"),
        ("資源", "/physical-resource-id"),
        ("理由", "/status-details/status-reason"),
        ("結果", "/execution-result/external-execution-summary"),
        ("開始したもの", "/additional-information/initiator"),
        ("番号", "/additional-information/build-number"),
    ]);
    facts.extend(failed_phases(event));
    Alert {
        facts,
        links: console::link("ログを開く", link).into_iter().collect(),
        key: key.map(str::to_owned).or_else(|| event.resources.first().cloned()),
        ..Alert::event(
            state::severity(state),
            format!("{} {}: {}", service(event), what.join(" / "), state::in_words(state)),
        )
    }
}

fn service(event: &Event) -> &str {
    match event.source.as_str() {
        "aws.codedeploy" => "CodeDeploy",
        "aws.codepipeline" => "CodePipeline",
        "aws.codebuild" => "CodeBuild",
        "aws.cloudformation" => "CloudFormation",
        "aws.amplify" => "Amplify",
        other => other,
    }
}

/// A stack's name, which stands in its ARN.
fn name(what: &str) -> &str {
    what.split_once(":stack/").map_or(what, |(_, rest)| rest.split('/').next().unwrap_or(rest))
}

/// Of a build, where it failed and what it said.
fn failed_phases(event: &Event) -> Vec<Fact> {
    let phases = event.detail.pointer("/additional-information/phases").and_then(Value::as_array);
    let failed = phases.into_iter().flatten().filter(|phase| {
        phase["phase-status"].as_str().is_some_and(|status| status == "FAILED" || status == "TIMED_OUT")
    });
    failed
        .map(|phase| {
            let said = phase["phase-context"].as_array().into_iter().flatten().filter_map(Value::as_str);
            let said: Vec<_> = said.map(str::trim).filter(|text| *text != ":" && !text.is_empty()).collect();
            let said = if said.is_empty() { "FAILED".to_owned() } else { said.join("\n") };
            Fact::new(phase["phase-type"].as_str().unwrap_or("工程"), said)
        })
        .collect()
}
