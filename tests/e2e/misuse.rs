//! Who does unusually much sets off the deployed alarm: from the audit log through the deployed task.

use std::time::{Duration, Instant};

use aws_sdk_cloudwatch::types::{MetricAlarm, MetricDatum, StateValue};
use serde_json::json;
use uuid::Uuid;

use crate::stack::{Stack, variable};

const PATIENCE: Duration = Duration::from_secs(60);

#[tokio::test]
async fn whoever_is_refused_again_and_again_sets_off_the_alarm() {
    let stack = Stack::connect().await;
    let alarm = format!("{}-misuse-refused-accesses", variable("STACK_NAME"));
    let times = stack.refuse_more_often_than_ever(Uuid::now_v7()).await;

    stack.count_misuse().await;
    // It may ring since an earlier run of this test.
    stack.set_at_rest(&alarm).await;
    stack.have_alarms_evaluated().await;

    let rings = stack.alarm(&alarm).await;
    stack.set_at_rest(&alarm).await;
    assert_eq!(rings.state_value(), Some(&StateValue::Alarm), "{rings:?}");
    let reason = rings.state_reason().unwrap_or_default();
    assert!(reason.contains(&format!("Maximum {times}.0 ")), "{reason}");
    assert_eq!(rings.alarm_actions(), [variable("ALERT_TOPIC_ARN")]);
    let description = rings.alarm_description().unwrap_or_default();
    assert!(description.contains("runbook=misuse-refused-accesses"), "{description}");
}

impl Stack {
    /// Notes for a family that it was refused in the hour that has ended, and in the one that may end meanwhile. More often
    /// than anybody before, so that it is the one whom the alarm is about. How often.
    async fn refuse_more_often_than_ever(&self, family: Uuid) -> i64 {
        const MOST: &str = "
SELECT COALESCE(max(refused), 0) + 10
FROM (SELECT count(*) AS refused FROM audit_logs WHERE outcome = 'refused'
    GROUP BY user_id, actor, date_trunc('hour', at))";
        const REFUSE: &str = "
INSERT INTO audit_logs (id, at, actor_kind, user_id, action, subject_kind, subject_id, outcome)
SELECT uuid_of(at), at, 'parent', $1, 'recording.access', 'recording', gen_random_uuid()::text, 'refused'
FROM generate_series(1, $2::bigint),
    unnest(ARRAY[date_trunc('hour', now()) - interval '1 minute', date_trunc('hour', now())]) AS at";
        let times: i64 = self.database.query_one(MOST, &[]).await.expect("a number").get(0);
        self.database.execute(REFUSE, &[&family, &times]).await.expect("rows");
        times
    }

    /// Has the task run, although its schedule may have been quicker.
    async fn count_misuse(&self) {
        let started = Instant::now();
        loop {
            let undone = "DELETE FROM job_runs WHERE kind = 'misuse' AND status = 'succeeded'";
            self.database.execute(undone, &[]).await.expect("rows");
            let answer = self.clean_up(&json!({"task": "misuse"})).await;
            if answer["outcome"] == "done" {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{answer}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn set_at_rest(&self, alarm: &str) {
        let set = self.cloud_watch.set_alarm_state().alarm_name(alarm).state_value(StateValue::Ok);
        set.state_reason("試験です").send().await.expect("an alarm");
    }

    /// The emulator does so when a metric arrives, whichever.
    async fn have_alarms_evaluated(&self) {
        let datum = MetricDatum::builder().metric_name("Anything").value(1.0).build();
        self.cloud_watch
            .put_metric_data()
            .namespace("Kimochi/e2e")
            .metric_data(datum)
            .send()
            .await
            .expect("it");
    }

    async fn alarm(&self, name: &str) -> MetricAlarm {
        let alarms = self.cloud_watch.describe_alarms().alarm_names(name).send().await.expect("an answer");
        alarms.metric_alarms().first().expect("the alarm is deployed").clone()
    }
}
