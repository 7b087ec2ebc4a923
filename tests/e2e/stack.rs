//! The deployed stack, with the verbs of a client and the eyes of an operator.

use std::time::{Duration, Instant};

use kimochi_testing::settings;
use reqwest::{Client, RequestBuilder, Response, redirect::Policy};
use serde_json::{Value, json};
use tokio_postgres::NoTls;

/// How long a voice note may take here; a lost attempt comes back after the queue's visibility timeout, a minute.
const PATIENCE: Duration = Duration::from_secs(240);

pub(crate) struct Stack {
    pub(crate) http: Client,
    pub(crate) s3: aws_sdk_s3::Client,
    pub(crate) sqs: aws_sdk_sqs::Client,
    pub(crate) sns: aws_sdk_sns::Client,
    pub(crate) cloud_watch: aws_sdk_cloudwatch::Client,
    pub(crate) database: tokio_postgres::Client,
}

/// A parent who is signed in.
#[derive(Clone, Copy)]
pub(crate) enum Parent {
    One,
    Other,
    /// Is new at each `make up`.
    Leaving,
}

impl Parent {
    pub(crate) fn token(self) -> String {
        match self {
            Self::One => variable("PARENT_TOKEN"),
            Self::Other => variable("OTHER_PARENT_TOKEN"),
            Self::Leaving => variable("LEAVING_PARENT_TOKEN"),
        }
    }
}

impl Stack {
    pub(crate) async fn connect() -> Self {
        // The process may have one already: another test of this binary was first.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let settings = settings();
        let s3 = aws_sdk_s3::config::Builder::from(&settings).force_path_style(true).build();
        let (database, session) =
            tokio_postgres::connect(&variable("DATABASE_URL"), NoTls).await.expect("the database");
        tokio::spawn(session);
        Self {
            http: Client::builder().redirect(Policy::none()).build().expect("a client"),
            s3: aws_sdk_s3::Client::from_conf(s3),
            sqs: aws_sdk_sqs::Client::new(&settings),
            sns: aws_sdk_sns::Client::new(&settings),
            cloud_watch: aws_sdk_cloudwatch::Client::new(&settings),
            database,
        }
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.http.get(format!("{}{path}", variable("API_URL")))
    }

    pub(crate) fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", variable("API_URL")))
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let url = format!("{}{path}", variable("API_URL"));
        self.http.request(method.parse().expect("a method"), url)
    }

    /// The id of a new child.
    pub(crate) async fn child(&self, parent: Parent, nickname: &str) -> String {
        let body = json!({"nickname": nickname, "birth_date": "2021-05-05"});
        let child = self.create(parent, "/v1/children", &body).await;
        child["id"].as_str().expect("an id").to_owned()
    }

    /// A family has at most twenty children, and a stack that stays up sees many runs.
    pub(crate) async fn delete_child(&self, parent: Parent, id: &str) {
        let request = self.request("DELETE", &format!("/v1/children/{id}")).bearer_auth(parent.token());
        assert_eq!(request.send().await.expect("an answer").status(), 204);
    }

    pub(crate) async fn create(&self, parent: Parent, path: &str, body: &Value) -> Value {
        let response =
            self.post(path).bearer_auth(parent.token()).json(body).send().await.expect("an answer");
        assert_eq!(response.status(), 201, "{path}");
        response.json().await.expect("JSON")
    }

    pub(crate) async fn read(&self, parent: Parent, path: &str) -> Value {
        let response = self.get(path).bearer_auth(parent.token()).send().await.expect("an answer");
        assert_eq!(response.status(), 200, "{path}");
        response.json().await.expect("JSON")
    }

    /// Asks for an upload and gives the answer's body.
    pub(crate) async fn ask(&self, parent: Parent, content_type: &str, size_bytes: usize) -> Value {
        let body = json!({"content_type": content_type, "size_bytes": size_bytes});
        let request = self.post("/v1/uploads").bearer_auth(parent.token()).json(&body);
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 201);
        response.json().await.expect("JSON")
    }

    /// Sends `bytes` as an upload's answer says.
    pub(crate) async fn put(&self, upload: &Value, bytes: Vec<u8>) -> Response {
        let mut request = self.http.put(upload["url"].as_str().expect("a URL"));
        for (name, value) in upload["headers"].as_object().expect("headers") {
            // The client sets the length itself.
            if name != "content-length" {
                request = request.header(name, value.as_str().expect("a header's text"));
            }
        }
        request.body(bytes).send().await.expect("an answer of S3")
    }

    /// Asks, sends, and gives the recording's id.
    pub(crate) async fn upload(&self, parent: Parent, content_type: &str, bytes: Vec<u8>) -> String {
        let answer = self.ask(parent, content_type, bytes.len()).await;
        let response = self.put(&answer["upload"], bytes).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap_or_default());
        id_of(&answer)
    }

    /// The recording once nothing will change any more.
    pub(crate) async fn settled(&self, parent: Parent, id: &str) -> Value {
        let started = Instant::now();
        loop {
            let recording = self.recording(parent, id).await;
            if !recording["finished_at"].is_null() {
                return recording;
            }
            assert!(started.elapsed() < PATIENCE, "not settled: {recording}");
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    pub(crate) async fn recording(&self, parent: Parent, id: &str) -> Value {
        let request = self.get(&format!("/v1/recordings/{id}")).bearer_auth(parent.token());
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status(), 200);
        response.json().await.expect("JSON")
    }

    /// Where a recording's sound is kept, which no client is told.
    pub(crate) async fn audio_key(&self, id: &str) -> String {
        let id = uuid::Uuid::parse_str(id).expect("an id");
        let row = self.database.query_one("SELECT audio_key FROM recordings WHERE id = $1", &[&id]).await;
        row.expect("a recording").get(0)
    }

    /// Puts a message into the queue of the transcribe function.
    pub(crate) async fn send_event(&self, body: impl Into<String>) {
        let send = self.sqs.send_message().queue_url(variable("TRANSCRIBE_QUEUE_URL")).message_body(body);
        send.send().await.expect("a message sent");
    }
}

/// The id in the answer to an upload.
pub(crate) fn id_of(answer: &Value) -> String {
    answer["recording"]["id"].as_str().expect("an id").to_owned()
}

/// A variable of `.local/env`.
pub(crate) fn variable(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "tests have no configuration but this one")]
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: run `make test`"))
}

/// A file of the repository.
pub(crate) fn file(path: &str) -> Vec<u8> {
    let path = format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The samples that come with the model: name and what is said.
pub(crate) fn samples() -> Vec<(String, String)> {
    let list: Value = serde_json::from_slice(&file("models/samples/samples.json")).expect("JSON");
    let text = |entry: &Value, name: &str| entry[name].as_str().expect("text").to_owned();
    list.as_array().expect("a list").iter().map(|entry| (text(entry, "file"), text(entry, "text"))).collect()
}

/// The bytes of one of them.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    file(&format!("models/samples/{name}"))
}
