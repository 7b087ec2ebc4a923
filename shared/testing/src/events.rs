//! Events as AWS sends them, from `events/` at the root of the repository: the structs of `aws_lambda_events`
//! cannot be built by hand, so tests read JSON, as the functions do.

use std::path::Path;

use serde_json::{Value, json};

/// A recorded event, such as `transcribe/object_created`.
///
/// # Panics
/// When there is no such file, or no JSON in it.
pub fn recorded(name: &str) -> Value {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events");
    let path = folder.join(name).with_extension("json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What S3 tells about an object that was put. `key` as S3 sends it: form-encoded.
pub fn object_created(bucket: &str, key: &str, size_bytes: usize, sequencer: &str) -> Value {
    let batch = recorded("transcribe/object_created");
    let body = batch["Records"][0]["body"].as_str().expect("a body");
    let mut event: Value = serde_json::from_str(body).expect("an S3 event");
    let s3 = &mut event["Records"][0]["s3"];
    s3["bucket"]["name"] = json!(bucket);
    s3["object"]["key"] = json!(key);
    s3["object"]["size"] = json!(size_bytes);
    s3["object"]["sequencer"] = json!(sequencer);
    event
}

/// A batch of SQS messages: id and body of each.
pub fn sqs_batch<'a>(messages: impl IntoIterator<Item = (&'a str, String)>) -> Value {
    let mut batch = recorded("transcribe/object_created");
    let template = batch["Records"][0].take();
    let records = messages.into_iter().map(|(id, body)| {
        let mut record = template.clone();
        record["messageId"] = json!(id);
        record["body"] = json!(body);
        record
    });
    batch["Records"] = records.collect();
    batch
}
