//! The deployed reports, called as their schedules call them.

use serde_json::{Value, json};

use crate::stack::{Stack, variable};

#[tokio::test]
async fn a_report_is_kept_in_three_forms_and_says_what_it_cannot_know() {
    let stack = Stack::connect().await;

    // Named, it is made again however often the schedule made it.
    let period = yesterday();
    let made = stack.invoke("FUNCTION_REPORT", &json!({"report": "daily", "period": period})).await;

    assert_eq!(made["outcome"], "done", "{made}");
    let keys: Vec<_> =
        made["numbers"]["keys"].as_array().unwrap().iter().map(|key| key.as_str().unwrap()).collect();
    let [json, svg, markdown] = keys[..] else { panic!("{keys:?}") };
    let numbers: Value = serde_json::from_slice(&stack.object(json).await).unwrap();
    // The emulator measures no gateway: that is said, and is no zero.
    assert!(numbers["api"]["unavailable"].as_str().unwrap().contains("CloudWatch"), "{numbers}");
    assert!(numbers["voice"]["by_status"].is_object() && numbers["backlog"].is_array(), "{numbers}");
    let markdown = String::from_utf8(stack.object(markdown).await).unwrap();
    let picture = svg.rsplit('/').next().unwrap();
    assert!(markdown.contains(&format!("]({picture})")) && markdown.contains("取得できません："));
    assert!(stack.object(svg).await.starts_with(b"<svg"));
}

#[tokio::test]
async fn each_kind_of_report_can_be_made_and_another_is_refused() {
    let stack = Stack::connect().await;

    for (report, title) in [("daily", "日次"), ("weekly", "週次"), ("monthly", "月次")] {
        let event = json!({"report": report, "dry_run": true});
        let answer = stack.invoke("FUNCTION_REPORT", &event).await;
        assert_eq!(answer["outcome"], "done", "{answer}");
        assert!(answer["numbers"]["title"].as_str().unwrap().starts_with(title), "{answer}");
    }
    let refused = stack.invoke("FUNCTION_REPORT", &json!({"report": "yearly"})).await;
    assert_eq!(refused["errorType"], "InvalidRequest", "{refused}");
}

fn yesterday() -> String {
    let zone = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
    kimochi_runtime::clock::now().to_zoned(zone).date().yesterday().unwrap().to_string()
}

impl Stack {
    async fn object(&self, key: &str) -> Vec<u8> {
        let get = self.s3.get_object().bucket(variable("MEDIA_BUCKET")).key(key);
        get.send().await.expect(key).body.collect().await.expect(key).to_vec()
    }
}
