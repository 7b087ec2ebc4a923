//! The deployed clean-up, called as its schedules call it.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::{Value, json};

use crate::stack::{Stack, variable};

#[tokio::test]
async fn a_rehearsal_says_what_would_go_and_another_event_is_refused() {
    let stack = Stack::connect().await;

    let rehearsal = stack.clean_up(&json!({"task": "purge", "dry_run": true})).await;
    let refused = stack.clean_up(&json!({"task": "burn"})).await;

    assert_eq!(rehearsal["outcome"], "done", "{rehearsal}");
    assert!(rehearsal["numbers"]["would_go"]["recordings"].is_u64(), "{rehearsal}");
    assert_eq!(refused["errorType"], "InvalidRequest", "{refused}");
}

#[tokio::test]
async fn a_task_is_done_once_for_its_period() {
    let stack = Stack::connect().await;

    stack.clean_up(&json!({"task": "stale"})).await;
    let again = stack.clean_up(&json!({"task": "stale"})).await;

    // The hour may turn in between.
    assert!(again["outcome"] == "already_done" || again["outcome"] == "done", "{again}");
    let sql = "SELECT count(*), count(DISTINCT subject) FROM job_runs WHERE kind = 'stale' AND status = 'succeeded'";
    let row = stack.database.query_one(sql, &[]).await.expect("rows");
    assert!(row.get::<_, i64>(0) >= 1 && row.get::<_, i64>(0) == row.get::<_, i64>(1));
}

/// With the role, the variables and the network that the template gives it.
#[tokio::test]
async fn each_task_can_do_its_work_in_the_deployed_function() {
    let stack = Stack::connect().await;

    for task in ["orphans", "stale", "seal", "retention", "verify", "capacity"] {
        let answer = stack.clean_up(&json!({"task": task})).await;

        assert!(answer["outcome"] == "done" || answer["outcome"] == "already_done", "{task}: {answer}");
    }
}

impl Stack {
    pub(crate) async fn clean_up(&self, event: &Value) -> Value {
        self.invoke("FUNCTION_CLEANUP", event).await
    }

    /// Calls the function whose name a variable holds; a signed request spares another SDK.
    pub(crate) async fn invoke(&self, function: &str, event: &Value) -> Value {
        let (endpoint, name) = (variable("AWS_ENDPOINT_URL"), variable(function));
        let url = format!("{endpoint}/2015-03-31/functions/{name}/invocations");
        let body = event.to_string();
        let mut request = self.http.post(&url).body(body.clone());
        for (name, value) in signature(&url, &body) {
            request = request.header(name, value);
        }
        request.send().await.expect("an answer").json().await.expect("JSON")
    }
}

fn signature(url: &str, body: &str) -> Vec<(String, String)> {
    let credentials = Credentials::new(
        variable("AWS_ACCESS_KEY_ID"),
        variable("AWS_SECRET_ACCESS_KEY"),
        None,
        None,
        "environment",
    );
    let identity = credentials.into();
    let region = variable("AWS_REGION");
    #[expect(clippy::disallowed_methods, reason = "a signature is of the real clock")]
    let now = SystemTime::now();
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region(&region)
        .name("lambda")
        .time(now)
        .settings(SigningSettings::default())
        .build()
        .expect("all of them");
    let signable =
        SignableRequest::new("POST", url, std::iter::empty(), SignableBody::Bytes(body.as_bytes()));
    let signed = sign(signable.expect("a URL"), &parameters.into()).expect("a signature");
    let (instructions, _) = signed.into_parts();
    instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
