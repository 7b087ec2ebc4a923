//! A queue for one test, on the SQS that the local stack runs.

use aws_sdk_sqs::Client;
use uuid::Uuid;

use crate::settings;

/// An empty queue of its own. It stays behind when the test ends; `make down` removes the whole SQS.
#[derive(Debug)]
pub struct TestQueue {
    client: Client,
    url: String,
}

impl TestQueue {
    /// Makes a queue where `AWS_ENDPOINT_URL` says.
    ///
    /// # Panics
    /// When there is no SQS: a test that needs it must not pass without.
    pub async fn new() -> Self {
        let client = Client::new(&settings());
        let create = client.create_queue().queue_name(format!("test-{}", Uuid::now_v7().simple()));
        let url = create.send().await.expect("a queue: run `make test`").queue_url.expect("its URL");
        Self { client, url }
    }

    /// Its URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The messages that are in the queue, at most ten, which they leave.
    pub async fn messages(&self) -> Vec<String> {
        let receive = self.client.receive_message().queue_url(&self.url).max_number_of_messages(10);
        let messages = receive.send().await.expect("messages").messages.unwrap_or_default();
        messages.into_iter().filter_map(|message| message.body).collect()
    }
}
