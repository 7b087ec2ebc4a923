//! The whole way through `hear`, with a transcriber that says what it is told.

use std::{sync::Arc, time::Instant};

use kimochi_domain::Quality;

use super::fixtures::{plenty, segment, speech};
use crate::{Heard, Model, Segment, SpeechError, Thresholds, Transcriber, Transcribing, Transcription, hear};

struct Says {
    segments: Vec<Segment>,
    complete: bool,
}

const PROMPT: &str = "きもちをはなしてね、なんでもいいよ";

impl Transcriber for Says {
    fn transcribe(&self, _: Arc<[f32]>, _: Instant) -> Transcribing<'_> {
        let transcription = Transcription {
            segments: self.segments.clone(),
            language: Some("ja".into()),
            complete: self.complete,
            model: Model { name: "says".into(), sha256: None },
        };
        Box::pin(async { Ok(transcription) })
    }

    fn prompt(&self) -> Option<&str> {
        Some(PROMPT)
    }
}

async fn judged(segments: Vec<Segment>, complete: bool) -> Result<Heard, SpeechError> {
    hear(&Says { segments, complete }, speech(1), plenty(), &Thresholds::default()).await
}

async fn judged_text(text: &str) -> Heard {
    judged(vec![segment(text)], true).await.expect("an answer")
}

#[tokio::test]
async fn made_up_text_is_kept_and_suspect() {
    let looped = "ありがとう".repeat(10);
    for (text, reason) in [
        ("ご視聴ありがとうございました", "boilerplate"),
        (looped.as_str(), "repetition"),
        ("きもちをはなしてね", "prompt_echo"),
    ] {
        let heard = judged_text(text).await;

        assert_eq!((heard.text.as_str(), heard.quality), (text, Quality::Suspect));
        assert_eq!(heard.reasons, [reason]);
    }
}

#[tokio::test]
async fn what_a_child_may_say_is_never_deleted() {
    for text in ["おやすみ", "またね", "バイバイ"] {
        let heard = judged_text(text).await;

        assert_eq!((heard.text.as_str(), heard.quality), (text, Quality::LowConfidence));
        assert_eq!(heard.reasons, ["closing"]);
    }
}

#[tokio::test]
async fn a_text_that_the_model_doubts_is_of_low_confidence() {
    let heard = judged(vec![Segment { avg_log_prob: Some(-1.5), ..segment("うれしい") }], true).await;

    let heard = heard.expect("an answer");
    assert_eq!(
        (heard.quality, heard.reasons.as_slice()),
        (Quality::LowConfidence, ["low_confidence"].as_slice())
    );
    assert!(heard.confidence.is_some_and(|confidence| (confidence - 0.223).abs() < 0.001));
}

#[tokio::test]
async fn the_worst_flag_decides() {
    let doubted =
        Segment { avg_log_prob: Some(-1.5), ..segment("ご視聴ありがとうございました") };

    let heard = judged(vec![doubted], true).await.expect("an answer");

    assert_eq!(heard.quality, Quality::Suspect);
    assert_eq!(heard.reasons, ["low_confidence", "boilerplate"]);
}

#[tokio::test]
async fn text_of_silence_leaves_no_speech() {
    let silence = Segment { avg_log_prob: Some(-1.5), no_speech: Some(0.9), ..segment("はい") };
    let padding = segment("ご視聴ありがとうございました").at(25.0, 30.0);

    let heard = judged(vec![silence, padding], true).await.expect("an answer");

    assert_eq!((heard.quality, heard.text.as_str()), (Quality::NoSpeech, ""));
    assert_eq!(heard.reasons, ["beyond_end", "no_speech"]);
    assert!(heard.model.is_some());
}

#[tokio::test]
async fn a_model_that_understood_nothing_is_no_speech() {
    let heard = judged(vec![segment("  ")], true).await.expect("an answer");

    assert_eq!((heard.quality, heard.confidence), (Quality::NoSpeech, None));
    assert_eq!(heard.reasons, ["nothing_understood"]);
}

#[tokio::test]
async fn an_incomplete_text_says_so() {
    let heard = judged(vec![segment("きょうは")], false).await.expect("an answer");

    assert_eq!((heard.complete, heard.quality), (false, Quality::Ok));
}

#[tokio::test]
async fn an_incomplete_nothing_is_an_error() {
    let error = judged(vec![segment("はい").at(25.0, 30.0)], false).await.expect_err("nothing to keep");

    assert_eq!(error.code(), "deadline");
}
