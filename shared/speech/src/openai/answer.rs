//! The service's answer. OpenAI fills in everything; servers of the same interface leave things out.

use std::{ops::Range, time::Duration};

use serde::Deserialize;

use crate::{Model, Segment, Transcription};

#[derive(Deserialize)]
struct Answer {
    text: String,
    language: Option<String>,
    #[serde(default)]
    segments: Vec<AnswerSegment>,
}

#[derive(Deserialize)]
struct AnswerSegment {
    text: String,
    start: Option<f64>,
    end: Option<f64>,
    avg_logprob: Option<f32>,
    no_speech_prob: Option<f32>,
}

/// Reads a body of `response_format` `verbose_json`; one of `json` will do.
pub(super) fn parse(body: &[u8], model: Model) -> Result<Transcription, serde_json::Error> {
    let Answer { text, language, segments } = serde_json::from_slice(body)?;
    let mut segments: Vec<Segment> = segments.into_iter().map(Segment::from).collect();
    if segments.is_empty() && !text.trim().is_empty() {
        segments.push(Segment { text: text.trim().into(), avg_log_prob: None, no_speech: None, times: None });
    }
    Ok(Transcription { segments, language: language.map(code), complete: true, model })
}

impl From<AnswerSegment> for Segment {
    fn from(segment: AnswerSegment) -> Self {
        Self {
            text: segment.text.trim().into(),
            avg_log_prob: segment.avg_logprob,
            no_speech: segment.no_speech_prob,
            times: times(segment.start, segment.end),
        }
    }
}

fn times(start: Option<f64>, end: Option<f64>) -> Option<Range<Duration>> {
    let time = |seconds: Option<f64>| Duration::try_from_secs_f64(seconds?).ok();
    Some(time(start)?..time(end)?)
}

/// OpenAI says `japanese` where others say `ja`.
fn code(language: String) -> String {
    if language.eq_ignore_ascii_case("japanese") { "ja".into() } else { language }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &str) -> Result<Transcription, serde_json::Error> {
        parse(body.as_bytes(), Model { name: "whisper-1".into(), sha256: None })
    }

    #[test]
    fn a_verbose_answer_is_taken_over_in_full() {
        let transcription = answer(
            r#"{"task": "transcribe", "language": "japanese", "duration": 2.5, "text": "うれしい",
                "segments": [{"id": 0, "seek": 0, "start": 0.0, "end": 2.48, "text": " うれしい", "tokens": [1],
                "temperature": 0.0, "avg_logprob": -0.25, "compression_ratio": 0.8, "no_speech_prob": 0.01}]}"#,
        )
        .expect("an answer");

        assert_eq!(transcription.language.as_deref(), Some("ja"));
        assert_eq!(
            transcription.segments,
            [Segment {
                text: "うれしい".into(),
                avg_log_prob: Some(-0.25),
                no_speech: Some(0.01),
                times: Some(Duration::ZERO..Duration::from_millis(2_480)),
            }]
        );
    }

    #[test]
    fn a_plain_answer_is_one_segment_of_which_nothing_is_known() {
        let transcription = answer(r#"{"text": "うれしい"}"#).expect("an answer");

        assert_eq!(transcription.segments.len(), 1);
        assert_eq!(transcription.segments[0].avg_log_prob, None);
        assert_eq!(transcription.language, None);
    }

    #[test]
    fn an_empty_text_has_no_segments() {
        assert!(answer(r#"{"text": " ", "segments": []}"#).expect("an answer").segments.is_empty());
    }

    #[test]
    fn impossible_times_are_no_times() {
        let body = r#"{"text": "a", "segments": [{"text": "a", "start": -1007.28, "end": 1e300}]}"#;

        assert_eq!(answer(body).expect("an answer").segments[0].times, None);
    }

    #[test]
    fn anything_else_is_an_error() {
        for body in ["", "<html>", "{}", r#"{"error": {"message": "no"}}"#, r#"{"text": "うれ"#] {
            assert!(answer(body).is_err(), "{body}");
        }
    }
}
