//! What every transcriber must do, asked of both. Behind the HTTP one stands a service that reads the
//! request as a real one would and answers with the embedded engine.

use std::{
    io::Cursor,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use kimochi_domain::Quality;
use serde_json::json;
use wiremock::{
    Mock, MockServer, Request, Respond, ResponseTemplate,
    matchers::{header, method, path},
};

use super::fixtures::{EMBEDDED, TEXTS, noise, plenty, silence, speech, wav};
use crate::{Heard, OpenAiConfig, OpenAiTranscriber, Thresholds, Transcriber, Transcription, hear};

/// Both transcribers; the server lives as long as this.
struct Both {
    service: OpenAiTranscriber,
    _server: MockServer,
}

impl Both {
    async fn start() -> Self {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .and(path("/v1/audio/transcriptions"))
            .and(header("authorization", "Bearer the-key"))
            .respond_with(EmbeddedService)
            .mount(&server)
            .await;
        let config = OpenAiConfig::new(format!("{}/v1", server.uri()), "kimochi", "the-key".into());
        Self { service: OpenAiTranscriber::new(config).expect("a client"), _server: server }
    }

    fn each(&self) -> [(&'static str, &dyn Transcriber); 2] {
        [("in process", &*EMBEDDED), ("service", &self.service)]
    }
}

/// An OpenAI-compatible service with the embedded model.
struct EmbeddedService;

impl Respond for EmbeddedService {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let expected = [
            ("model", "kimochi"),
            ("language", "ja"),
            ("temperature", "0"),
            ("response_format", "verbose_json"),
        ];
        if expected.iter().any(|(name, value)| part(&request.body, name) != Some(value.as_bytes())) {
            return ResponseTemplate::new(400);
        }
        let Some(samples) = part(&request.body, "file").and_then(decode) else {
            return ResponseTemplate::new(400);
        };
        ResponseTemplate::new(200).set_body_json(answer(&transcribe_blocking(samples)))
    }
}

/// The content of one part of a multipart body.
fn part<'a>(body: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let find = |from: usize, what: &[u8]| {
        body[from..].windows(what.len()).position(|window| window == what).map(|at| from + at)
    };
    let boundary = &body[..find(0, b"\r\n")?];
    let head = find(0, format!("name=\"{name}\"").as_bytes())?;
    let start = find(head, b"\r\n\r\n")? + 4;
    let end = find(start, &[b"\r\n", boundary].concat())?;
    Some(&body[start..end])
}

fn decode(file: &[u8]) -> Option<Vec<f32>> {
    let mut reader = hound::WavReader::new(Cursor::new(file)).ok()?;
    let spec = reader.spec();
    let fits = (spec.channels, spec.sample_rate, spec.bits_per_sample) == (1, 16_000, 16);
    if !fits {
        return None;
    }
    reader.samples::<i16>().map(|sample| Some(f32::from(sample.ok()?) / 32_768.0)).collect()
}

/// wiremock answers synchronously, on a thread of the client's runtime.
fn transcribe_blocking(samples: Vec<f32>) -> Transcription {
    let run = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
        runtime.block_on(EMBEDDED.transcribe(Arc::from(samples), plenty())).expect("a transcription")
    };
    thread::scope(|scope| scope.spawn(run).join()).expect("no panic")
}

fn answer(transcription: &Transcription) -> serde_json::Value {
    let seconds = |time: Duration| (time.as_secs_f64() * 100.0).round() / 100.0;
    let segments: Vec<_> = transcription
        .segments
        .iter()
        .map(|segment| {
            let times = segment.times.clone().expect("times");
            json!({
                "start": seconds(times.start), "end": seconds(times.end), "text": segment.text,
                "avg_logprob": segment.avg_log_prob, "no_speech_prob": segment.no_speech,
            })
        })
        .collect();
    let text: String = transcription.segments.iter().map(|segment| segment.text.as_str()).collect();
    json!({"task": "transcribe", "language": "japanese", "text": text, "segments": segments})
}

async fn heard(transcriber: &dyn Transcriber, samples: &[f32]) -> Heard {
    hear(transcriber, samples.to_vec(), plenty(), &Thresholds::default()).await.expect("an answer")
}

#[tokio::test]
async fn the_six_samples_are_heard_exactly() {
    let both = Both::start().await;

    for (name, transcriber) in both.each() {
        for (sample, text) in (1..).zip(TEXTS) {
            let heard = heard(transcriber, &speech(sample)).await;

            assert_eq!(heard.text, text, "{name}");
            assert_eq!((heard.quality, heard.complete), (Quality::Ok, true), "{name}: {heard:?}");
            assert_eq!(heard.language.as_deref(), Some("ja"), "{name}");
            assert!(heard.confidence.is_some_and(|confidence| confidence > 0.9), "{name}: {heard:?}");
            assert!(heard.reasons.is_empty(), "{name}: {heard:?}");
        }
    }
}

#[tokio::test]
async fn the_model_is_named() {
    let both = Both::start().await;
    let [(_, in_process), (_, service)] = both.each();

    let in_process = heard(in_process, &speech(1)).await.model.expect("a model");
    let service = heard(service, &speech(1)).await.model.expect("a model");

    assert_eq!(in_process.name, "ggml-kimochi-q5_0");
    assert_eq!(in_process.sha256.map(|sha256| sha256.len()), Some(64));
    assert_eq!((service.name.as_str(), service.sha256), ("kimochi", None));
}

#[tokio::test]
async fn silence_and_noise_are_no_speech_and_no_model_is_asked() {
    let both = Both::start().await;

    for (name, transcriber) in both.each() {
        for samples in [wav("silence.wav"), wav("noise.wav"), silence(0.01), vec![]] {
            let heard = heard(transcriber, &samples).await;

            assert_eq!((heard.quality, heard.text.as_str()), (Quality::NoSpeech, ""), "{name}");
            assert_eq!(heard.model, None, "{name}");
            assert_eq!(heard.reasons.len(), 1, "{name}: {heard:?}");
        }
    }
}

#[tokio::test]
async fn silence_around_the_speech_costs_no_accuracy() {
    let both = Both::start().await;
    let hiss = |seconds: f32| noise((seconds * 16_000.0) as usize, 0.001);

    for (name, transcriber) in both.each() {
        for (before, after) in [(3.0, 3.0), (8.0, 2.0), (40.0, 0.0)] {
            let samples = [hiss(before), speech(4), hiss(after)].concat();

            assert_eq!(heard(transcriber, &samples).await.text, TEXTS[3], "{name}: {before} s before");
        }
    }
}

#[tokio::test]
async fn two_utterances_in_one_note_are_both_heard() {
    let both = Both::start().await;
    let samples = [speech(1), silence(1.0), speech(3)].concat();

    for (name, transcriber) in both.each() {
        let heard = heard(transcriber, &samples).await;

        assert_eq!(heard.text, format!("{} {}", TEXTS[0], TEXTS[2]), "{name}");
        assert_eq!(heard.quality, Quality::Ok, "{name}");
    }
}

#[tokio::test]
async fn sound_of_any_length_is_taken_without_the_gates() {
    let both = Both::start().await;

    for (name, transcriber) in both.each() {
        for samples in [0, 1, 100, 1_599, 1_700, 3_000] {
            let cut = Arc::from(&speech(1)[10_000..10_000 + samples]);
            let outcome = transcriber.transcribe(cut, plenty()).await;

            assert!(outcome.is_ok_and(|transcription| transcription.complete), "{name}: {samples} samples");
        }
    }
}

#[tokio::test]
async fn a_deadline_that_has_passed_is_a_transient_error() {
    let both = Both::start().await;

    for (name, transcriber) in both.each() {
        let started = Instant::now();
        let error = transcriber.transcribe(Arc::from(speech(1)), started).await.expect_err("no time");

        assert_eq!((error.code(), error.is_transient()), ("deadline", true), "{name}");
        assert!(started.elapsed() < Duration::from_secs(1), "{name}");
    }
}
