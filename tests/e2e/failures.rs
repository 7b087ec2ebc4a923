//! What nobody can transcribe reaches the operators.

use std::time::{Duration, Instant};

use aws_sdk_sqs::types::QueueAttributeName::{Policy, QueueArn};
use serde_json::{Value, json};

use crate::stack::{Stack, sample, variable};

/// A queue of the test's own that hears what the alerts topic says.
async fn listen(stack: &Stack) -> String {
    let name = format!("test-{}", uuid::Uuid::now_v7().simple());
    let from_the_topic = json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": "*",
            "Condition": {"ArnEquals": {"aws:SourceArn": variable("ALERT_TOPIC_ARN")}},
        }],
    });
    let create = stack.sqs.create_queue().queue_name(name).attributes(Policy, from_the_topic.to_string());
    let queue = create.send().await.unwrap().queue_url.unwrap();
    let attributes = stack.sqs.get_queue_attributes().queue_url(&queue).attribute_names(QueueArn);
    let attributes = attributes.send().await.unwrap().attributes.unwrap();
    let subscribe = stack.sns.subscribe().topic_arn(variable("ALERT_TOPIC_ARN")).protocol("sqs");
    subscribe.endpoint(&attributes[&QueueArn]).attributes("RawMessageDelivery", "true").send().await.unwrap();
    queue
}

/// The first message for which `wanted` holds, within `patience`.
async fn receive(stack: &Stack, queue: &str, patience: Duration, wanted: impl Fn(&str) -> bool) -> String {
    let started = Instant::now();
    while started.elapsed() < patience {
        let receive =
            stack.sqs.receive_message().queue_url(queue).wait_time_seconds(5).max_number_of_messages(10);
        for message in receive.send().await.unwrap().messages.unwrap_or_default() {
            let body = message.body.unwrap_or_default();
            if wanted(&body) {
                return body;
            }
        }
    }
    panic!("no such message within {patience:?}");
}

#[tokio::test]
async fn an_upload_that_nobody_asked_for_is_reported_and_left_alone() {
    let stack = Stack::connect().await;
    let queue = listen(&stack).await;
    let unique = uuid::Uuid::new_v4().simple();
    let key = format!("audio/{}/audio_20260401_083000_{unique}.wav", uuid::Uuid::now_v7());
    let bucket = variable("MEDIA_BUCKET");

    let put = stack.s3.put_object().bucket(&bucket).key(&key).body(sample("kimochi_1.wav").into());
    put.send().await.unwrap();

    let notice = receive(&stack, &queue, Duration::from_secs(120), |body| body.contains(&key)).await;
    let notice: Value = serde_json::from_str(&notice).unwrap();
    assert_eq!(notice["metadata"]["eventType"], "unrequested_object");
    assert_eq!(notice["metadata"]["additionalContext"]["severity"], "warning");
    assert!(stack.s3.head_object().bucket(&bucket).key(&key).send().await.is_ok());
    let failed = "SELECT count(*) FROM job_runs WHERE subject = $1 AND status = 'failed'";
    assert_eq!(stack.database.query_one(failed, &[&key]).await.unwrap().get::<_, i64>(0), 1);
}

/// Takes five rounds of the queue's visibility timeout: about five minutes, beside the other tests.
#[tokio::test]
async fn a_message_that_cannot_be_understood_ends_in_the_dead_letter_queue() {
    let stack = Stack::connect().await;
    let poison = format!("poison {}", uuid::Uuid::now_v7());

    stack.send_event(&poison).await;

    let dead_letters = variable("TRANSCRIBE_DLQ_URL");
    receive(&stack, &dead_letters, Duration::from_secs(8 * 60), |body| body == poison).await;
}
