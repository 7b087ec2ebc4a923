//! The main job: what a child said comes back as text.

use futures_util::future::join_all;

use crate::stack::{Parent, Stack, file, sample, samples};

#[tokio::test]
async fn every_sample_comes_back_as_its_text() {
    let stack = Stack::connect().await;
    let spoken: Vec<_> = samples().into_iter().filter(|(name, _)| name.starts_with("kimochi_")).collect();
    assert!(spoken.iter().filter(|(name, _)| name.ends_with(".wav")).count() >= 6);
    assert!(spoken.iter().any(|(name, _)| name.ends_with(".webm")));

    let uploads = spoken.iter().map(async |(name, text)| {
        let content_type = if name.ends_with(".webm") { "audio/webm;codecs=opus" } else { "audio/wav" };
        let id = stack.upload(Parent::One, content_type, sample(name)).await;
        (name, text, stack.settled(Parent::One, &id).await)
    });

    for (name, text, recording) in join_all(uploads).await {
        assert_eq!(recording["status"], "transcribed", "{name}: {recording}");
        assert_eq!(recording["transcript"], **text, "{name}");
        assert_eq!(recording["quality"], "ok", "{name}: {recording}");
        assert_eq!(recording["language"], "ja", "{name}");
    }
}

/// What each says: see tests/recordings/README.md.
#[tokio::test]
async fn recordings_of_real_browsers_and_phones_come_back_as_their_text() {
    let stack = Stack::connect().await;

    for (name, sample, content_type) in [
        ("chromium.webm", "kimochi_1.wav", "audio/webm;codecs=opus"),
        ("chromium_timeslice.webm", "kimochi_2.wav", "audio/webm;codecs=opus"),
        ("firefox.webm", "kimochi_5.wav", "audio/webm; codecs=opus"),
        ("aac_fragmented.mp4", "kimochi_3.wav", "audio/mp4"),
        ("aac_index_last.m4a", "kimochi_4.wav", "audio/x-m4a"),
        ("aac_index_first_stereo_44100.m4a", "kimochi_6.wav", "audio/mp4"),
        ("chromium_opus.mp4", "kimochi_3.wav", "audio/mp4;codecs=opus"),
    ] {
        let id = stack.upload(Parent::One, content_type, file(&format!("tests/recordings/{name}"))).await;

        let text = samples().into_iter().find(|(other, _)| other == sample).expect("the sample").1;
        assert_eq!(stack.settled(Parent::One, &id).await["transcript"], *text, "{name}");
    }
}

#[tokio::test]
async fn what_was_sent_can_be_played() {
    let stack = Stack::connect().await;
    let sound = sample("kimochi_1.webm");
    let id = stack.upload(Parent::One, "audio/webm", sound.clone()).await;
    stack.settled(Parent::One, &id).await;

    let play = stack.get(&format!("/v1/recordings/{id}/audio")).bearer_auth(Parent::One.token());
    let redirect = play.send().await.unwrap();

    assert_eq!(redirect.status(), 302);
    let url = redirect.headers()["location"].to_str().unwrap();
    let played = stack.http.get(url).send().await.unwrap();
    assert_eq!(played.headers()["content-type"], "audio/webm");
    assert_eq!(played.bytes().await.unwrap(), sound);
}

#[tokio::test]
async fn the_transcript_lies_beside_its_audio() {
    let stack = Stack::connect().await;
    let id = stack.upload(Parent::One, "audio/wav", sample("kimochi_2.wav")).await;
    let recording = stack.settled(Parent::One, &id).await;

    let key = stack.audio_key(&id).await.replace("audio", "text").replace(".wav", ".txt");
    let object = stack.s3.get_object().bucket(crate::stack::variable("MEDIA_BUCKET")).key(key).send().await;

    let text = object.unwrap().body.collect().await.unwrap().to_vec();
    assert_eq!(String::from_utf8(text).unwrap(), recording["transcript"]);
}

#[tokio::test]
async fn silence_is_no_speech() {
    let stack = Stack::connect().await;

    let id = stack.upload(Parent::One, "audio/wav", sample("silence.wav")).await;

    let recording = stack.settled(Parent::One, &id).await;
    assert_eq!((&recording["status"], &recording["transcript"]), (&"no_speech".into(), &"".into()));
}

#[tokio::test]
async fn a_text_file_under_the_name_of_a_wav_is_a_reason_to_show() {
    let stack = Stack::connect().await;

    let id = stack.upload(Parent::One, "audio/wav", file("README.md")).await;

    let recording = stack.settled(Parent::One, &id).await;
    assert_eq!(recording["status"], "failed");
    assert_eq!(recording["failure"]["code"], "unknown_container");
    assert!(recording["failure"]["message"].as_str().unwrap().contains("もう一度"));
}
