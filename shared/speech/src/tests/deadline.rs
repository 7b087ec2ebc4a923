//! Minutes of speech, and a clock that runs out.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use super::fixtures::{EMBEDDED, TEXTS, plenty, silence, speech};
use crate::{ModelSource, SAMPLE_RATE, SpeechError, Thresholds, Transcriber, WhisperTranscriber, hear};

/// Four minutes, the six samples over and over with a second between them, and how many it holds.
fn four_minutes() -> (Vec<f32>, usize) {
    let limit = 240 * SAMPLE_RATE as usize;
    let mut samples = Vec::new();
    let mut utterances = 0;
    loop {
        let next = [speech(utterances % 6 + 1), silence(1.0)].concat();
        if samples.len() + next.len() > limit {
            samples.resize(limit, 0.0);
            return (samples, utterances);
        }
        samples.extend(next);
        utterances += 1;
    }
}

fn own_engine() -> WhisperTranscriber {
    WhisperTranscriber::load(&ModelSource::Embedded, None, 1).expect("the embedded model")
}

#[tokio::test]
async fn four_minutes_of_speech_are_heard_to_the_end() {
    let (samples, utterances) = four_minutes();

    let heard = hear(&*EMBEDDED, samples, plenty(), &Thresholds::default()).await.expect("an answer");

    let texts: Vec<&str> = heard.text.split(' ').collect();
    let right = texts.iter().zip(TEXTS.iter().cycle()).filter(|(heard, said)| heard == said).count();
    assert!(heard.complete);
    assert_eq!(texts.len(), utterances);
    assert_eq!(right, utterances, "{}", heard.text);
}

#[tokio::test]
async fn a_deadline_in_the_middle_keeps_what_was_heard() {
    let engine = own_engine();
    let minute = four_minutes().0[..60 * SAMPLE_RATE as usize].to_vec();
    let started = Instant::now();
    let whole = hear(&engine, minute.clone(), plenty(), &Thresholds::default()).await.expect("the whole");
    let whole_took = started.elapsed();

    let started = Instant::now();
    let deadline = started + whole_took / 2;
    let heard = hear(&engine, minute, deadline, &Thresholds::default()).await.expect("a part");

    assert!(whole.complete && !heard.complete);
    assert!(started.elapsed() < whole_took, "{:?} of {whole_took:?}", started.elapsed());
    assert!(heard.text.len() < whole.text.len());
    assert!(whole.text.starts_with(&heard.text), "{}", heard.text);
}

#[tokio::test]
async fn the_engine_works_again_after_it_was_stopped() {
    let engine = own_engine();
    let soon = Instant::now() + Duration::from_millis(30);

    let stopped = engine.transcribe(Arc::from(four_minutes().0), soon).await;
    let next = hear(&engine, speech(5), plenty(), &Thresholds::default()).await.expect("an answer");

    assert!(matches!(stopped, Err(SpeechError::Deadline)), "{stopped:?}");
    assert_eq!(next.text, TEXTS[4]);
}

#[tokio::test]
async fn who_waits_for_the_engine_waits_no_longer_than_its_own_deadline() {
    let engine = own_engine();
    let (long, _) = four_minutes();
    let started = Instant::now();
    let until = |milliseconds| started + Duration::from_millis(milliseconds);

    let (_, (waiter, waited)) = tokio::join!(engine.transcribe(Arc::from(long), until(3_000)), async {
        let outcome = engine.transcribe(Arc::from(speech(1)), until(300)).await;
        (outcome, started.elapsed())
    });

    assert!(matches!(waiter, Err(SpeechError::Deadline)), "{waiter:?}");
    assert!(waited < Duration::from_secs(2), "{waited:?}");
}
