//! Auto Scaling: instances that came, went, or could not.

use kimochi_domain::Severity;

use super::Event;
use crate::alert::Alert;

pub(super) fn alert(event: &Event) -> Alert {
    let failed = event.detail_type.contains("Unsuccessful");
    let group = event.text("/AutoScalingGroupName").unwrap_or("Auto Scaling");
    Alert {
        description: event.text("/StatusMessage").unwrap_or_default().to_owned(),
        facts: event.facts([("インスタンス", "/EC2InstanceId"), ("原因", "/Cause"), ("状態", "/StatusCode")]),
        key: Some(format!("autoscaling/{group}")),
        ..Alert::event(
            if failed { Severity::Warning } else { Severity::Info },
            format!("{group}: {}", event.detail_type),
        )
    }
}
