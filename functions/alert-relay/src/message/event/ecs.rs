//! ECS tasks that changed their state.

use kimochi_domain::Severity;

use super::Event;
use crate::alert::{Alert, Fact};

pub(super) fn alert(event: &Event) -> Alert {
    let status = event.text("/lastStatus").unwrap_or("不明");
    let broke = event
        .text("/stopCode")
        .is_some_and(|code| code != "UserInitiated" && code != "ServiceSchedulerInitiated");
    let group = event.text("/group").unwrap_or("ECS");
    let mut facts =
        event.facts([("停止コード", "/stopCode"), ("停止時刻", "/stoppedAt"), ("クラスター", "/clusterArn")]);
    let containers = event.detail["containers"].as_array().into_iter().flatten();
    facts.extend(containers.filter_map(|container| {
        let code =
            container["exitCode"].as_i64().map(|code| format!("終了コード {code}")).unwrap_or_default();
        let reason = container["reason"].as_str().unwrap_or_default();
        Fact::of(container["name"].as_str().unwrap_or("コンテナー"), Some(format!("{code} {reason}").trim()))
    }));
    Alert {
        description: event.text("/stoppedReason").unwrap_or_default().to_owned(),
        facts,
        key: event.detail["taskArn"].as_str().map(str::to_owned),
        ..Alert::event(if broke { Severity::Warning } else { Severity::Info }, format!("{group}: {status}"))
    }
}
