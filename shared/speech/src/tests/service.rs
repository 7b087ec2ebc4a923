//! A service that fails in every way a service can.

use std::{
    io::{Read, Write},
    net::TcpListener,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

use super::fixtures::{plenty, speech};
use crate::{OpenAiConfig, OpenAiTranscriber, SpeechError, Transcriber, Transcription};

const TEXT: &str = r#"{"text": "うれしい"}"#;

fn success() -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(TEXT, "application/json")
}

/// A service that gives these answers in turn, then successes.
async fn service(answers: impl IntoIterator<Item = ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    for (priority, answer) in (1..).zip(answers) {
        Mock::given(any()).respond_with(answer).up_to_n_times(1).with_priority(priority).mount(&server).await;
    }
    Mock::given(any()).respond_with(success()).with_priority(100).mount(&server).await;
    server
}

fn config(uri: &str) -> OpenAiConfig {
    OpenAiConfig::new(format!("{uri}/v1"), "whisper-1", "sk-secret".into())
}

async fn ask(config: OpenAiConfig, deadline: Instant) -> Result<Transcription, SpeechError> {
    let transcriber = OpenAiTranscriber::new(config).expect("a client");
    transcriber.transcribe(Arc::from(&speech(1)[..16_000]), deadline).await
}

async fn requests(server: &MockServer) -> usize {
    server.received_requests().await.expect("recorded requests").len()
}

#[tokio::test]
async fn too_many_requests_and_server_errors_are_asked_again() {
    for status in [408, 429, 500, 502, 503] {
        let server = service([ResponseTemplate::new(status)]).await;

        let transcription = ask(config(&server.uri()), plenty()).await.expect("a second answer");

        assert_eq!(transcription.segments[0].text, "うれしい");
        assert_eq!(requests(&server).await, 2, "HTTP {status}");
    }
}

#[tokio::test]
async fn retry_after_is_honoured_in_both_forms() {
    for value in ["2", "Wed, 21 Oct 2015 07:28:02 GMT"] {
        let busy = ResponseTemplate::new(429)
            .insert_header("date", "Wed, 21 Oct 2015 07:28:00 GMT")
            .insert_header("retry-after", value);
        let server = service([busy]).await;
        let started = Instant::now();

        ask(config(&server.uri()), plenty()).await.expect("a second answer");

        assert!(started.elapsed() > Duration::from_secs(2), "{value}: {:?}", started.elapsed());
    }
}

#[tokio::test]
async fn a_retry_after_beyond_the_deadline_is_not_waited_for() {
    let server = service([ResponseTemplate::new(429).insert_header("retry-after", "3600")]).await;
    let started = Instant::now();

    let error = ask(config(&server.uri()), plenty()).await.expect_err("no time");

    assert_eq!((error.code(), error.is_transient()), ("service_busy", true));
    assert_eq!(requests(&server).await, 1);
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn attempts_are_bounded() {
    let server = service((0..9).map(|_| ResponseTemplate::new(503))).await;

    let error = ask(config(&server.uri()), plenty()).await.expect_err("three failures");

    assert!(matches!(error, SpeechError::ServiceBusy { status: 503 }), "{error:?}");
    assert_eq!(requests(&server).await, 3);
}

#[tokio::test]
async fn a_refusal_is_final_and_says_what_to_do() {
    for (status, advice, misconfigured) in [
        (400, "model", false),
        (401, "API key", true),
        (403, "API key", true),
        (404, "base URL", true),
        (413, "larger", false),
        (418, "documentation", false),
    ] {
        let server = service([ResponseTemplate::new(status)]).await;

        let error = ask(config(&server.uri()), plenty()).await.expect_err("a refusal");

        assert!(!error.is_transient(), "HTTP {status}");
        assert_eq!(error.is_misconfiguration(), misconfigured, "HTTP {status}");
        assert!(error.to_string().contains(advice), "{error}");
        assert_eq!(requests(&server).await, 1, "HTTP {status}");
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let elsewhere = service([]).await;
    let server = service([ResponseTemplate::new(307).insert_header("location", elsewhere.uri())]).await;

    let error = ask(config(&server.uri()), plenty()).await.expect_err("a redirect");

    assert_eq!((error.code(), error.is_misconfiguration()), ("service_refused", true));
    assert_eq!(requests(&elsewhere).await, 0);
}

#[tokio::test]
async fn a_slow_request_is_given_up_and_asked_again() {
    let server = service([success().set_delay(Duration::from_secs(30))]).await;
    let impatient = OpenAiConfig { request_timeout: Duration::from_millis(500), ..config(&server.uri()) };

    let transcription = ask(impatient, plenty()).await.expect("a second answer");

    assert!(transcription.complete);
    assert_eq!(requests(&server).await, 2);
}

#[tokio::test]
async fn a_service_that_stays_slow_is_a_timeout() {
    let server = service((0..2).map(|_| success().set_delay(Duration::from_secs(30)))).await;
    let impatient =
        OpenAiConfig { request_timeout: Duration::from_millis(300), attempts: 2, ..config(&server.uri()) };

    let error = ask(impatient, plenty()).await.expect_err("no answer");

    assert_eq!((error.code(), error.is_transient()), ("service_timeout", true));
}

#[tokio::test]
async fn the_deadline_ends_a_request() {
    let server = service([success().set_delay(Duration::from_secs(30))]).await;
    let started = Instant::now();

    let error = ask(config(&server.uri()), started + Duration::from_millis(400)).await.expect_err("no time");

    assert!(matches!(error, SpeechError::Deadline), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn garbage_in_a_success_is_transient() {
    let server =
        service((0..9).map(|_| ResponseTemplate::new(200).set_body_string("<html>hello</html>"))).await;

    let error = ask(config(&server.uri()), plenty()).await.expect_err("no JSON");

    assert_eq!((error.code(), error.is_transient()), ("service_answer", true));
    assert_eq!(requests(&server).await, 3);
}

#[tokio::test]
async fn half_a_body_is_transient() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for stream in listener.incoming().take(2) {
            let mut stream = stream.expect("a connection");
            let mut request = [0; 65_536];
            let _ = stream.read(&mut request);
            let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{{\"text\": \"うれ");
        }
    });
    let twice = OpenAiConfig { attempts: 2, ..config(&format!("http://{address}")) };

    let error = ask(twice, plenty()).await.expect_err("half an answer");

    assert_eq!((error.code(), error.is_transient()), ("service_unreachable", true));
}

#[tokio::test]
async fn nobody_at_home_is_transient() {
    let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
    let once = OpenAiConfig { attempts: 1, ..config(&format!("http://127.0.0.1:{port}")) };

    let error = ask(once, plenty()).await.expect_err("nobody");

    assert_eq!((error.code(), error.is_transient()), ("service_unreachable", true));
}

#[tokio::test]
async fn neither_key_nor_text_is_in_an_error() {
    let quoting = ResponseTemplate::new(401).set_body_string("bad key sk-secret for うれしい");
    let answers = |body: &'static str| (0..3).map(move |_| ResponseTemplate::new(200).set_body_string(body));
    let no_json = service(answers("うれしい")).await;
    let no_object = service(answers(r#""うれしい""#)).await;
    let no_list = service(answers(r#"{"text":"","segments":"うれしい"}"#)).await;

    for server in [service([quoting]).await, no_json, no_object, no_list] {
        let error = ask(config(&server.uri()), plenty()).await.expect_err("a failure");

        let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
        let all = causes.map(|error| format!("{error} {error:?} ")).collect::<String>();
        assert!(!all.contains("sk-secret") && !all.contains("うれしい"), "{all}");
    }
}
