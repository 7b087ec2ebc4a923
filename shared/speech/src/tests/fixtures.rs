//! Sounds, segments and the one loaded model that the tests of this crate share.

use std::{
    path::PathBuf,
    sync::LazyLock,
    time::{Duration, Instant},
};

use crate::{ModelSource, Segment, WhisperTranscriber};

/// The embedded model. One test at a time uses it; the others wait.
pub(crate) static EMBEDDED: LazyLock<WhisperTranscriber> =
    LazyLock::new(|| WhisperTranscriber::load(&ModelSource::Embedded, None, 1).expect("the embedded model"));

/// A deadline that no test meets.
pub(crate) fn plenty() -> Instant {
    Instant::now() + Duration::from_secs(300)
}

/// `models/samples/kimochi_{number}.wav`.
pub(crate) fn speech(number: usize) -> Vec<f32> {
    wav(&format!("kimochi_{number}.wav"))
}

/// What is said in [`speech`].
pub(crate) const TEXTS: [&str; 6] = [
    "きょうはともだちとあそんだからうれしかった",
    "さみしい。ママがいなかったから",
    "かみなりがなったからこわい",
    "えっとね、ぼうしをなくしたからかなしい",
    "かけっこでまけた。だからくやしい",
    "おこってるきもち。おもちゃをとられたから",
];

/// A file of `models/samples`.
pub(crate) fn wav(name: &str) -> Vec<f32> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../models/samples").join(name);
    let mut reader = hound::WavReader::open(&path).expect("a sample of models/samples");
    reader.samples::<i16>().map(|sample| f32::from(sample.expect("16-bit samples")) / 32_768.0).collect()
}

pub(crate) fn silence(seconds: f32) -> Vec<f32> {
    vec![0.0; (seconds * crate::SAMPLE_RATE as f32) as usize]
}

/// White noise with this root mean square, always the same.
pub(crate) fn noise(samples: usize, level: f32) -> Vec<f32> {
    let mut random = fastrand::Rng::with_seed(7);
    let mut gaussian = || (0..12).map(|_| random.f32()).sum::<f32>() - 6.0;
    (0..samples).map(|_| gaussian() * level).collect()
}

pub(crate) fn tone(hertz: f32, peak: f32, seconds: f32) -> Vec<f32> {
    let step = std::f32::consts::TAU * hertz / crate::SAMPLE_RATE as f32;
    (0..silence(seconds).len()).map(|sample| peak * (step * sample as f32).sin()).collect()
}

pub(crate) fn seconds(seconds: f32) -> Duration {
    Duration::from_secs_f32(seconds)
}

/// A segment that every gate lets through.
pub(crate) fn segment(text: &str) -> Segment {
    Segment { text: text.into(), avg_log_prob: Some(-0.1), no_speech: Some(0.0), times: None }
}

impl Segment {
    pub(crate) fn at(self, from: f32, to: f32) -> Self {
        Self { times: Some(seconds(from)..seconds(to)), ..self }
    }
}
