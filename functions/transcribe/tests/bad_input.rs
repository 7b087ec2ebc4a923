//! Whatever a client uploads ends in a status and a reason that can be shown to a parent.

mod support;

use kimochi_domain::{Failure, MediaType};
use kimochi_testing::now;
use support::{Stored, TestWorker, deliver, expected, sample};

/// Uploads `bytes`, delivers the event once, and gives what was stored. It must be settled at once.
async fn settle(worker: &TestWorker, media_type: MediaType, bytes: &[u8]) -> Stored {
    let key = worker.upload(media_type, bytes).await;
    let failed = deliver(&worker.sandbox(now), [worker.created(&key.to_string(), "01")]).await;
    assert!(failed.is_empty(), "settled, not retried");
    worker.stored(&key).await
}

#[tokio::test]
async fn broken_files_fail_at_once_with_a_reason() {
    let worker = TestWorker::new().await;
    let webm = sample("kimochi_1.webm");

    for (bytes, failure) in [
        (b"".to_vec(), Failure::EmptyFile),
        ("きょうはたのしかった".repeat(50).into_bytes(), Failure::UnknownContainer),
        (sample("kimochi_1.wav")[..16].to_vec(), Failure::DamagedFile),
        (webm[..40].to_vec(), Failure::DamagedFile),
    ] {
        let stored = settle(&worker, MediaType::Wav, &bytes).await;

        assert_eq!(stored.status, "failed", "{failure}");
        assert_eq!(stored.failure.as_deref(), Some(failure.as_str()), "{} bytes", bytes.len());
        assert_eq!(stored.transcript, None);
    }
    assert_eq!(worker.notice_types().await, ["recording_unreadable"; 4]);
}

#[tokio::test]
async fn a_truncated_webm_is_partial() {
    let worker = TestWorker::new().await;
    let webm = sample("kimochi_1.webm");

    let stored = settle(&worker, MediaType::Webm, &webm[..webm.len() * 3 / 4]).await;

    assert_eq!(stored.status, "partial");
    assert_eq!(stored.partial_reason.as_deref(), Some("ends_early"));
    assert!(stored.transcript.is_some_and(|text| !text.is_empty()));
}

#[tokio::test]
async fn a_wav_whose_header_promises_more_is_partial_and_keeps_what_is_there() {
    let worker = TestWorker::new().await;
    let mut wav = sample("kimochi_1.wav");
    let data = wav.windows(4).position(|window| window == b"data").unwrap();
    wav[data + 4..data + 8].copy_from_slice(&1_000_000_u32.to_le_bytes());

    let stored = settle(&worker, MediaType::Wav, &wav).await;

    assert_eq!(stored.status, "partial");
    assert_eq!(stored.transcript, Some(expected("kimochi_1.wav")));
}

#[tokio::test]
async fn silence_and_noise_are_no_speech() {
    let worker = TestWorker::new().await;

    for name in ["silence.wav", "noise.wav"] {
        let stored = settle(&worker, MediaType::Wav, &sample(name)).await;

        assert_eq!(stored.status, "no_speech", "{name}");
        assert_eq!(stored.quality.as_deref(), Some("no_speech"));
        assert_eq!(stored.transcript.as_deref(), Some(""));
    }
}

#[tokio::test]
async fn a_file_under_another_extension_is_heard_all_the_same() {
    let worker = TestWorker::new().await;

    let stored = settle(&worker, MediaType::Mp4, &sample("kimochi_1.webm")).await;

    assert_eq!(stored.transcript, Some(expected("kimochi_1.wav")));
}

#[tokio::test]
async fn four_minutes_are_transcribed_up_to_the_third() {
    let worker = TestWorker::new().await;
    let wav = sample("kimochi_1.wav");
    let sound = &wav[44..];
    let repeated = sound.repeat(4 * 60 * 32_000 / sound.len() + 1);
    let mut long = wav[..44].to_vec();
    long[40..44].copy_from_slice(&u32::try_from(repeated.len()).unwrap().to_le_bytes());
    long[4..8].copy_from_slice(&u32::try_from(repeated.len() + 36).unwrap().to_le_bytes());
    long.extend(repeated);

    let stored = settle(&worker, MediaType::Wav, &long).await;

    assert_eq!(stored.status, "partial", "{stored:?}");
    assert_eq!(stored.partial_reason.as_deref(), Some("too_long"));
    assert_eq!(stored.duration_ms, Some(180_000));
    assert!(stored.transcript.is_some_and(|text| text.contains(&expected("kimochi_1.wav"))));
}
