//! One message of the queue: what it is, and which recording it is about.

use kimochi_blob::notification::{self, Notification, ObjectCreated};

use tracing::Instrument as _;

use crate::{App, Invocation, Verdict, recording};

/// Reads one message and does what it asks for.
pub(crate) async fn process(app: &App, invocation: &Invocation, message_id: &str, body: &str) -> Verdict {
    match notification::parse(body) {
        Ok(Notification::Test) => {
            tracing::info!(message.id = message_id, "S3 tried out the notification");
            Verdict::Done
        }
        Ok(Notification::Created(objects)) => {
            process_all(app, invocation, &objects)
                .instrument(tracing::info_span!("message", message.id = message_id))
                .await
        }
        Err(error) => {
            // It will be no better next time, but the dead-letter queue keeps it for a person to look at.
            tracing::error!(message.id = message_id, %error, "a message cannot be understood");
            Verdict::ComeBack
        }
    }
}

/// S3 sends one object a message. Should it send more, the message comes back as long as one of them has to;
/// those that are settled are recognised then.
async fn process_all(app: &App, invocation: &Invocation, objects: &[ObjectCreated]) -> Verdict {
    let mut verdict = Verdict::Done;
    for object in objects {
        if recording::process(app, invocation, object).await == Verdict::ComeBack {
            verdict = Verdict::ComeBack;
        }
    }
    verdict
}
