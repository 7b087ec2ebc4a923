//! Twenty notes of two families at once, every event twice, and a sandbox that dies in the middle.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use futures_util::future::join_all;
use kimochi_testing::events;
use serde_json::Value;
use uuid::Uuid;

use crate::stack::{Parent, Stack, id_of, sample, samples, variable};

#[tokio::test]
async fn twenty_notes_become_twenty_transcripts_whatever_happens() {
    let stack = Stack::connect().await;
    let spoken: Vec<_> = samples()
        .into_iter()
        .filter(|(name, _)| name.ends_with(".wav") && name.starts_with("kimochi_"))
        .collect();

    let notes = join_all((0..20).map(async |n| {
        let parent = if n % 2 == 0 { Parent::One } else { Parent::Other };
        let (name, text) = &spoken[n % spoken.len()];
        let answer = stack.ask(parent, "audio/wav", sample(name).len()).await;
        (parent, id_of(&answer), text, sample(name), answer)
    }))
    .await;
    let ids: Vec<_> = notes.iter().map(|(_, id, ..)| Uuid::parse_str(id).unwrap()).collect();

    let sent = notes.iter().map(async |(_, id, _, sound, answer)| {
        assert_eq!(stack.put(&answer["upload"], sound.clone()).await.status(), 200);
        stack.send_event(another_event(&stack, id).await).await;
    });
    let (_, killed) = tokio::join!(join_all(sent), kill_in_the_middle(&stack, &ids));

    assert!(killed, "no attempt was seen under way");
    for (parent, id, text, ..) in &notes {
        let recording = stack.settled(*parent, id).await;
        assert_eq!(recording["status"], "transcribed", "{recording}");
        assert_eq!(recording["transcript"], **text);
    }
    let lost = "SELECT count(*) FROM job_runs WHERE error = 'sandbox_lost' AND recording_id = ANY($1)";
    let lost: i64 = stack.database.query_one(lost, &[&ids]).await.unwrap().get(0);
    assert!(lost > 0, "an attempt was lost");
    for (parent, id, ..) in &notes {
        assert_one_transcript_of_its_own_family(&stack, *parent, id).await;
    }
}

/// S3 sends an event at least once; this is another one about the same object, overtaken or not.
async fn another_event(stack: &Stack, id: &str) -> String {
    let key = stack.audio_key(id).await;
    events::object_created(&variable("MEDIA_BUCKET"), &key, 1, "0055AED6DCD90281E5").to_string()
}

/// Kills the sandboxes of the transcribe function while an attempt at one of `ids` is under way. They are halted
/// first, so that the attempt cannot end before the blow, and what they had sent to the database by then is waited
/// for. `false` when none was seen.
async fn kill_in_the_middle(stack: &Stack, ids: &[Uuid]) -> bool {
    let under_way = "
SELECT count(*) FROM job_runs
WHERE status = 'running' AND recording_id = ANY($1)
    AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE usename = 'kimochi_worker' AND state <> 'idle')";
    let started = Instant::now();
    while started.elapsed() < Duration::from_secs(120) {
        let sandboxes = sandboxes();
        signal("STOP", &sandboxes);
        let running: i64 = stack.database.query_one(under_way, &[&ids]).await.unwrap().get(0);
        if running > 0 && !sandboxes.is_empty() {
            signal("KILL", &sandboxes);
            return true;
        }
        signal("CONT", &sandboxes);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}

/// The process ids of the transcribe function's sandboxes, known by their environment.
fn sandboxes() -> Vec<u32> {
    let name = format!("AWS_LAMBDA_FUNCTION_NAME={}", variable("FUNCTION_TRANSCRIBE"));
    let endpoint = format!("AWS_ENDPOINT_URL={}", variable("AWS_ENDPOINT_URL"));
    let is_sandbox = |process: &Path| {
        let environment = std::fs::read(process.join("environ")).unwrap_or_default();
        let has = |wanted: &str| environment.split(|byte| *byte == 0).any(|pair| pair == wanted.as_bytes());
        has(&name) && has(&endpoint)
    };
    let processes = std::fs::read_dir("/proc").expect("Linux").filter_map(Result::ok);
    let pids = processes.filter(|entry| is_sandbox(&entry.path()));
    pids.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

fn signal(name: &str, processes: &[u32]) {
    for process in processes {
        // One that ended by itself meanwhile is no matter.
        let _ = Command::new("kill").args([format!("-{name}"), process.to_string()]).status();
    }
}

async fn assert_one_transcript_of_its_own_family(stack: &Stack, parent: Parent, id: &str) {
    let me = stack.get("/v1/me").bearer_auth(parent.token()).send().await.unwrap();
    let me: Value = me.json().await.unwrap();
    let key = stack.audio_key(id).await;
    assert!(key.starts_with(&format!("audio/{}/", me["id"].as_str().unwrap())));

    let sql = "SELECT count(*) FROM job_runs WHERE subject = $1 AND status = 'succeeded'";
    let succeeded: i64 = stack.database.query_one(sql, &[&key]).await.unwrap().get(0);
    assert_eq!(succeeded, 1, "{key}");

    let text_key = key.replace("audio", "text").replace(".wav", ".txt");
    let object = stack.s3.get_object().bucket(variable("MEDIA_BUCKET")).key(text_key).send().await;
    let text = object.unwrap().body.collect().await.unwrap().to_vec();
    assert_eq!(String::from_utf8(text).unwrap(), stack.recording(parent, id).await["transcript"]);
}
