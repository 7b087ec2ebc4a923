//! What children felt.

use jiff::{SignedDuration, Timestamp};
use kimochi_domain::{ChildId, EmotionLogId, EmotionName, FeltAt, Intensity, RecordingId};
use kimochi_store::emotion_logs::{
    self, Changed, Changes, EmotionLog, Filter, Insertion, NewLog, Position, Refused,
};
use kimochi_store::idempotency::{self, Answer, Earlier, KeyedRequest};
use kimochi_store::{Database, FamilyTransaction, children, emotions, recordings};
use kimochi_testing::{TestDatabase, now};

use crate::children::enter;
use crate::support::{parent, requested_by, seconds_later};

#[tokio::test]
async fn a_log_is_read_back_as_it_was_written_with_its_recording() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let child = enter(&api, "mika", "みか").await;
    let recording = requested_by(&api, "mika").await;

    let new = NewLog {
        note: Some("すべりだいで\nあそんだ".parse().unwrap()),
        recording_id: Some(recording.id),
        ..new(child.id)
    };
    let log = write(&api, "mika", &new).await;

    assert_eq!(log.recording.as_ref().map(|r| r.id), Some(recording.id));
    assert_eq!((log.note.as_ref(), log.version), (new.note.as_ref(), 1));
    let family = api.family(&parent("mika"), now()).await.unwrap();
    assert_eq!(emotion_logs::find(&family, log.id).await.unwrap(), Some(log.clone()));
    let listed = emotion_logs::list(&family, &Filter::default(), None, 10).await.unwrap();
    assert_eq!(listed, std::slice::from_ref(&log));
    drop(family);
    let rens = api.family(&parent("ren"), now()).await.unwrap();
    assert_eq!(emotion_logs::find(&rens, log.id).await.unwrap(), None);
    assert!(rens.query("SELECT id FROM emotion_logs", &[]).await.unwrap().is_empty(), "nor without WHERE");
}

#[tokio::test]
async fn a_log_names_only_what_its_family_has_and_can_choose() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let mikas = enter(&api, "mika", "みか").await;
    let rens = enter(&api, "ren", "れん").await;
    let rens_voice = requested_by(&api, "ren").await;
    let used = requested_by(&api, "mika").await;
    write(&api, "mika", &NewLog { recording_id: Some(used.id), ..new(mikas.id) }).await;
    let retire = "UPDATE emotions SET retired_at = now() WHERE name = 'ikari'";
    db.owner().client().await.unwrap().batch_execute(retire).await.unwrap();

    for (log, expected) in [
        (new(rens.id), Refused::Child),
        (new(ChildId::new()), Refused::Child),
        (NewLog { emotion: emotion("nemui"), ..new(mikas.id) }, Refused::Emotion),
        (NewLog { emotion: emotion("ikari"), ..new(mikas.id) }, Refused::Emotion),
        (NewLog { recording_id: Some(rens_voice.id), ..new(mikas.id) }, Refused::Recording),
        (NewLog { recording_id: Some(RecordingId::new()), ..new(mikas.id) }, Refused::Recording),
        (NewLog { recording_id: Some(used.id), ..new(mikas.id) }, Refused::RecordingInUse),
    ] {
        let family = api.family(&parent("mika"), now()).await.unwrap();
        let refused = emotion_logs::insert(&family, &log, None, now()).await.unwrap();
        assert_eq!(refused, Insertion::Refused(expected));
    }
}

#[tokio::test]
async fn a_card_that_is_deleted_meanwhile_cannot_be_chosen() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let child = enter(&api, "mika", "みか").await;
    let superuser = db.superuser().await;
    let sleepy = "
INSERT INTO emotions (name, label, color, position, created_at, updated_at)
VALUES ('nemui', 'ねむい', '#8c7bab', 13, now(), now())";
    superuser.batch_execute(sleepy).await.unwrap();
    superuser.batch_execute("BEGIN; DELETE FROM emotions WHERE name = 'nemui'").await.unwrap();

    let family = api.family(&parent("mika"), now()).await.unwrap();
    let log = NewLog { emotion: emotion("nemui"), ..new(child.id) };
    let (refused, ()) = tokio::join!(emotion_logs::insert(&family, &log, None, now()), async {
        db.wait_until_somebody_waits().await;
        superuser.batch_execute("COMMIT").await.unwrap();
    });

    assert_eq!(refused.unwrap(), Insertion::Refused(Refused::Emotion));
    family.commit().await.unwrap();
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let child = enter(&api, "mika", "みか").await;
    let voice = requested_by(&api, "mika").await;
    let first = NewLog { note: Some("あ".parse().unwrap()), recording_id: Some(voice.id), ..new(child.id) };
    let log = write(&api, "mika", &first).await;

    let family = api.family(&parent("mika"), now()).await.unwrap();
    let changes = Changes { emotion: Some(emotion("kanashii")), ..Changes::default() };
    let Changed::Log(changed) =
        emotion_logs::update(&family, &log, &changes, seconds_later(5)).await.unwrap()
    else {
        panic!()
    };
    let emptied = Changes { note: Some(None), recording_id: Some(None), ..Changes::default() };
    let Changed::Log(emptied) = emotion_logs::update(&family, &changed, &emptied, now()).await.unwrap()
    else {
        panic!()
    };

    assert_eq!(changed.emotion, emotion("kanashii"));
    assert_eq!((&changed.note, voice_of(&changed)), (&log.note, Some(voice.id)));
    assert_eq!((changed.version, changed.updated_at), (2, seconds_later(5)));
    assert_eq!((emptied.note.as_ref(), voice_of(&emptied)), (None, None));
}

#[tokio::test]
async fn a_retired_card_stays_on_the_logs_that_name_it() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let child = enter(&api, "mika", "みか").await;
    let log = write(&api, "mika", &new(child.id)).await;
    let retire = "UPDATE emotions SET retired_at = now() WHERE name IN ('ureshii', 'ikari')";
    db.owner().client().await.unwrap().batch_execute(retire).await.unwrap();

    let family = api.family(&parent("mika"), now()).await.unwrap();
    let stronger = Changes { intensity: Some(Intensity::try_from(3).unwrap()), ..Changes::default() };
    let kept = emotion_logs::update(&family, &log, &stronger, now()).await.unwrap();
    let angry = Changes { emotion: Some(emotion("ikari")), ..Changes::default() };
    let refused = emotion_logs::update(&family, &log, &angry, now()).await.unwrap();

    assert!(matches!(kept, Changed::Log(log) if log.intensity.level() == 3));
    assert_eq!(refused, Changed::Refused(Refused::Emotion));
}

#[tokio::test]
async fn a_change_that_waited_keeps_the_recording_that_another_one_added() {
    let db = TestDatabase::new().await;
    let (api, other_sandbox) = (db.api(), db.api());
    let child = enter(&api, "mika", "みか").await;
    let voice = requested_by(&api, "mika").await;
    let log = write(&api, "mika", &new(child.id)).await;

    let first = api.family(&parent("mika"), now()).await.unwrap();
    let locked = emotion_logs::find_for_change(&first, log.id).await.unwrap().unwrap();
    let second = other_sandbox.family(&parent("mika"), now()).await.unwrap();
    let (waited, ()) = tokio::join!(emotion_logs::find_for_change(&second, log.id), async {
        db.wait_until_somebody_waits().await;
        let adding = Changes { recording_id: Some(Some(voice.id)), ..Changes::default() };
        emotion_logs::update(&first, &locked, &adding, now()).await.unwrap();
        first.commit().await.unwrap();
    });
    let noting = Changes { note: Some(Some("あとから".parse().unwrap())), ..Changes::default() };
    let changed = emotion_logs::update(&second, &waited.unwrap().unwrap(), &noting, now()).await.unwrap();

    let Changed::Log(changed) = changed else { panic!("{changed:?}") };
    assert_eq!(voice_of(&changed), Some(voice.id));
}

#[tokio::test]
async fn a_log_that_is_written_while_its_child_is_deleted_goes_with_it() {
    let db = TestDatabase::new().await;
    let (api, other_sandbox) = (db.api(), db.api());
    let child = enter(&api, "mika", "みか").await;

    let writing = api.family(&parent("mika"), now()).await.unwrap();
    let written = emotion_logs::insert(&writing, &new(child.id), None, now()).await.unwrap();
    let deleting = other_sandbox.family(&parent("mika"), now()).await.unwrap();
    let (found, ()) = tokio::join!(children::find_for_change(&deleting, child.id), async {
        db.wait_until_somebody_waits().await;
        writing.commit().await.unwrap();
    });
    children::delete(&deleting, found.unwrap().unwrap().id, now()).await.unwrap();

    let Insertion::Created(log) = written else { panic!("{written:?}") };
    assert_eq!(emotion_logs::find(&deleting, log.id).await.unwrap(), None);
}

#[tokio::test]
async fn what_was_deleted_is_not_told_again_to_who_repeats_the_request() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let child = enter(&api, "mika", "みか").await;
    let request = KeyedRequest { key: "k1", fingerprint: [1; 32] };
    for deletes_child in [false, true] {
        let family = api.family(&parent("mika"), now()).await.unwrap();
        let written = emotion_logs::insert(&family, &new(child.id), Some(&request), now()).await.unwrap();
        let Insertion::Created(log) = written else { panic!("{written:?}") };
        let location = Some(format!("/v1/emotion-logs/{}", log.id));
        let answer = Answer { status: 201, etag: None, location, body: "secret".to_owned() };
        idempotency::remember(&family, &request, &answer).await.unwrap();

        if deletes_child {
            children::delete(&family, child.id, now()).await.unwrap();
        } else {
            emotion_logs::delete(&family, log.id, now()).await.unwrap();
        }

        assert_eq!(idempotency::earlier(&family, &request).await.unwrap(), Earlier::UnderWay, "no answer");
        family.commit().await.unwrap();
    }
}

#[tokio::test]
async fn the_database_itself_refuses_a_log_of_another_familys_child_or_recording() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let (mikas, rens) = (enter(&api, "mika", "みか").await, enter(&api, "ren", "れん").await);
    let rens_voice = requested_by(&api, "ren").await;

    let sql = "
INSERT INTO emotion_logs (id, user_id, child_id, emotion, intensity, recording_id, felt_at, created_at, updated_at)
VALUES (gen_random_uuid(), $1, $2, 'ureshii', 1, $3, now(), now(), now())";
    for (child, voice) in [(rens.id, None), (mikas.id, Some(rens_voice.id.0))] {
        let family = api.family(&parent("mika"), now()).await.unwrap();
        let refused = family.execute(sql, &[&family.user().id.0, &child.0, &voice]).await.unwrap_err();
        assert_eq!(refused.code(), Some(&tokio_postgres::error::SqlState::FOREIGN_KEY_VIOLATION));
    }
}

#[tokio::test]
async fn a_note_of_the_longest_characters_fits() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let child = enter(&api, "mika", "みか").await;
    let longest = "👨‍👩‍👧‍👦".repeat(2_000);

    let log = write(&api, "mika", &NewLog { note: Some(longest.parse().unwrap()), ..new(child.id) }).await;

    assert_eq!(log.note.unwrap().as_str(), longest);
}

#[tokio::test]
async fn a_deleted_log_takes_its_recording_along() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let child = enter(&api, "mika", "みか").await;
    let voice = requested_by(&api, "mika").await;
    let log = write(&api, "mika", &NewLog { recording_id: Some(voice.id), ..new(child.id) }).await;

    let family = api.family(&parent("mika"), now()).await.unwrap();
    emotion_logs::delete(&family, log.id, now()).await.unwrap();

    assert_eq!(emotion_logs::find(&family, log.id).await.unwrap(), None);
    assert_eq!(recordings::find(&family, voice.id).await.unwrap(), None);
    assert_eq!(emotion_logs::list(&family, &Filter::default(), None, 10).await.unwrap(), []);
}

#[tokio::test]
async fn a_deleted_child_takes_its_logs_and_their_recordings_along() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let (child, sibling) = (enter(&api, "mika", "みか").await, enter(&api, "mika", "ゆい").await);
    let voice = requested_by(&api, "mika").await;
    let log = write(&api, "mika", &NewLog { recording_id: Some(voice.id), ..new(child.id) }).await;
    let siblings = write(&api, "mika", &new(sibling.id)).await;

    let family = api.family(&parent("mika"), now()).await.unwrap();
    children::delete(&family, child.id, now()).await.unwrap();

    assert_eq!(emotion_logs::find(&family, log.id).await.unwrap(), None);
    assert_eq!(recordings::find(&family, voice.id).await.unwrap(), None);
    assert_eq!(emotion_logs::list(&family, &Filter::default(), None, 10).await.unwrap(), [siblings]);
}

#[tokio::test]
async fn pages_follow_one_another_without_gap_or_repetition_while_logs_are_added() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let child = enter(&api, "mika", "みか").await;
    for minute in 0..7 {
        // Two of them at the same time.
        write(&api, "mika", &felt(child.id, now() - SignedDuration::from_mins(minute / 2))).await;
    }

    let family = api.family(&parent("mika"), now()).await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = emotion_logs::list(&family, &Filter::default(), after, 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(Position { felt_at: last.felt_at, id: last.id });
        seen.extend(page.iter().map(|log| (log.felt_at, log.id)));
        let later = felt(child.id, seconds_later(60));
        assert!(matches!(
            emotion_logs::insert(&family, &later, None, now()).await.unwrap(),
            Insertion::Created(_)
        ));
    }

    let mut sorted = seen.clone();
    sorted.sort_by(|a, b| b.cmp(a));
    sorted.dedup();
    assert_eq!((seen.len(), &seen), (7, &sorted));
}

#[tokio::test]
async fn the_list_can_be_narrowed_to_a_child_a_feeling_and_a_time() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let (child, sibling) = (enter(&api, "mika", "みか").await, enter(&api, "mika", "ゆい").await);
    let at = |minutes| now() - SignedDuration::from_mins(minutes);
    let glad = write(&api, "mika", &felt(child.id, at(10))).await;
    let sad = write(&api, "mika", &NewLog { emotion: emotion("kanashii"), ..felt(child.id, at(20)) }).await;
    let siblings = write(&api, "mika", &felt(sibling.id, at(30))).await;

    let family = api.family(&parent("mika"), now()).await.unwrap();
    let of_child = Filter { child_id: Some(child.id), ..Filter::default() };
    let kanashii = emotion("kanashii");
    let of_feeling = Filter { emotion: Some(&kanashii), ..of_child.clone() };
    let since = Filter { from: Some(at(20)), ..Filter::default() };
    let before = Filter { until: Some(at(20)), ..Filter::default() };

    assert_eq!(ids(&family, &of_child).await, [glad.id, sad.id]);
    assert_eq!(ids(&family, &of_feeling).await, [sad.id]);
    assert_eq!(ids(&family, &since).await, [glad.id, sad.id], "from is included");
    assert_eq!(ids(&family, &before).await, [siblings.id], "until is not");
}

#[tokio::test]
async fn a_summary_counts_by_the_day_of_the_time_zone() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let child = enter(&api, "mika", "みか").await;
    // In Tokyo: 31 March 23:59 and 1 April 00:00.
    for at in ["2026-03-31T14:59:59Z", "2026-03-31T15:00:00Z", "2026-03-31T15:00:00Z"] {
        write(&api, "mika", &felt(child.id, at.parse().unwrap())).await;
    }

    let family = api.family(&parent("mika"), now()).await.unwrap();
    let (from, until) = ("2026-03-01T00:00:00Z".parse().unwrap(), "2026-05-01T00:00:00Z".parse().unwrap());
    let counts = emotion_logs::summarise(&family, child.id, from, until, "Asia/Tokyo").await.unwrap();

    let counts: Vec<_> =
        counts.iter().flatten().map(|c| (c.day.to_string(), c.emotion.as_str(), c.count)).collect();
    assert_eq!(counts, [("2026-03-31".to_owned(), "ureshii", 1), ("2026-04-01".to_owned(), "ureshii", 2)]);
}

#[tokio::test]
async fn a_summary_tells_a_child_without_logs_from_no_child() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let child = enter(&api, "mika", "みか").await;
    let (from, until) = ("2026-03-01T00:00:00Z".parse().unwrap(), "2026-05-01T00:00:00Z".parse().unwrap());

    let (mika, ren) = (parent("mika"), parent("ren"));
    let of = async |caller| {
        emotion_logs::summarise(&api.reader(caller, now()), child.id, from, until, "Asia/Tokyo")
            .await
            .unwrap()
    };

    assert_eq!(of(&mika).await, Some(Vec::new()));
    assert_eq!(of(&ren).await, None);
}

#[tokio::test]
async fn there_are_twelve_cards_and_three_strengths() {
    let db = TestDatabase::new().await;
    let family = db.api().family(&parent("mika"), now()).await.unwrap();

    let cards = emotions::list(&family).await.unwrap();
    let strengths = emotions::strengths(&family).await.unwrap();

    let names: Vec<_> = cards.iter().map(|card| card.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "ureshii",
            "yukai",
            "anshin",
            "bikkuri",
            "kinchou",
            "hazukashii",
            "komatta",
            "kanashii",
            "kowai",
            "ikari",
            "fuyukai",
            "wakaranai"
        ]
    );
    let strengths: Vec<_> = strengths.iter().map(|s| (s.level, s.label.as_str(), s.percent)).collect();
    assert_eq!(strengths, [(1, "よわい", 40), (2, "ふつう", 70), (3, "つよい", 100)]);
}

/// After so many executions of a prepared statement PostgreSQL may make one plan for all parameters, and keep it.
const EXECUTIONS_WITH_A_PLAN_OF_THEIR_OWN: usize = 5;

/// What the statements read, not how long they take: a statement that reads every row is an outage some day.
#[tokio::test]
async fn with_200_000_logs_list_and_summary_read_no_more_than_they_show() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let child = enter(&api, "mika", "みか").await;
    enter(&api, "ren", "れん").await;
    let superuser = db.superuser().await;
    let fill = "
ALTER TABLE emotion_logs DISABLE TRIGGER USER;
INSERT INTO emotion_logs (id, user_id, child_id, emotion, intensity, felt_at, created_at, updated_at)
SELECT gen_random_uuid(), user_id, id, 'ureshii', 1, '2026-03-31T00:00:00Z'::timestamptz - n * interval '10 minutes',
    now(), now()
FROM generate_series(1, 100000) n, children;
ANALYZE emotion_logs, recordings";
    superuser.batch_execute(fill).await.unwrap();
    let deep =
        "SELECT felt_at, id FROM emotion_logs WHERE child_id = $1 ORDER BY felt_at DESC OFFSET 50000 LIMIT 1";
    let deep = superuser.query_one(deep, &[&child.id.0]).await.unwrap();
    let deep = Position { felt_at: deep.get(0), id: EmotionLogId(deep.get(1)) };
    let of_child = Filter { child_id: Some(child.id), ..Filter::default() };

    for (filter, after) in [(&Filter::default(), None), (&of_child, None), (&of_child, Some(deep))] {
        let family = api.family(&parent("mika"), now()).await.unwrap();
        for _ in 0..EXECUTIONS_WITH_A_PLAN_OF_THEIR_OWN {
            emotion_logs::list(&family, filter, after, 50).await.unwrap();
        }
        let before = rows_read(&family).await;
        let page = emotion_logs::list(&family, filter, after, 50).await.unwrap();
        assert_eq!(page.len(), 50);
        let now = rows_read(&family).await;
        assert_eq!((now.0 - before.0, now.1 - before.1), (0, 50), "{filter:?} {after:?}");
    }
    let family = api.family(&parent("mika"), now()).await.unwrap();
    let (from, until) = ("2026-02-28T15:00:00Z".parse().unwrap(), "2026-03-31T15:00:00Z".parse().unwrap());
    for _ in 0..EXECUTIONS_WITH_A_PLAN_OF_THEIR_OWN {
        emotion_logs::summarise(&family, child.id, from, until, "Asia/Tokyo").await.unwrap();
    }
    let before = rows_read(&family).await;
    let counts = emotion_logs::summarise(&family, child.id, from, until, "Asia/Tokyo").await.unwrap();
    let counted: i64 = counts.iter().flatten().map(|count| count.count).sum();
    let now = rows_read(&family).await;
    assert_eq!((now.0 - before.0, now.1 - before.1), (0, counted));
}

/// How often this session read the whole table, and how many of its rows it read by an index, as far as that is not
/// yet in the server's statistics.
async fn rows_read(family: &FamilyTransaction) -> (i64, i64) {
    let sql = "SELECT seq_scan, idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'emotion_logs'";
    let row = family.query_one(sql, &[]).await.unwrap();
    (row.get(0), row.get(1))
}

async fn ids(family: &FamilyTransaction, filter: &Filter<'_>) -> Vec<EmotionLogId> {
    emotion_logs::list(family, filter, None, 10).await.unwrap().iter().map(|log| log.id).collect()
}

fn voice_of(log: &EmotionLog) -> Option<RecordingId> {
    log.recording.as_ref().map(|recording| recording.id)
}

fn emotion(name: &str) -> EmotionName {
    name.parse().unwrap()
}

pub(crate) fn new(child_id: ChildId) -> NewLog {
    felt(child_id, now())
}

fn felt(child_id: ChildId, at: Timestamp) -> NewLog {
    NewLog {
        child_id,
        emotion: emotion("ureshii"),
        intensity: Intensity::try_from(2).unwrap(),
        note: None,
        recording_id: None,
        felt_at: FeltAt::new(at, seconds_later(3_600)).unwrap(),
    }
}

pub(crate) async fn write(api: &Database, name: &str, new: &NewLog) -> EmotionLog {
    let family = api.family(&parent(name), now()).await.unwrap();
    let written = emotion_logs::insert(&family, new, None, now()).await.unwrap();
    family.commit().await.unwrap();
    let Insertion::Created(log) = written else { panic!("{written:?}") };
    *log
}
