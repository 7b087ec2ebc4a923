//! Who did unusually much is told from the audit log, without a look into it.

use jiff::{SignedDuration, Timestamp};
use kimochi_domain::{MisuseSign, SupportReason, UserId};
use kimochi_store::audit::{self, Subject};
use kimochi_store::misuse::{BusyActor, busiest_actors};
use kimochi_store::support::{self, View};
use kimochi_testing::{TestDatabase, now};

use crate::looking::operating;
use crate::support::{parent, requested_by};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// The hour in which the tests do something, as long as they do it at [`now`].
fn since() -> Timestamp {
    now() - SignedDuration::from_mins(30)
}

/// A row of the audit log as somebody's deed; `family` is whom it concerns.
struct Deed<'a> {
    at: Timestamp,
    actor_kind: &'a str,
    actor: Option<&'a str>,
    family: Option<UserId>,
    action: &'a str,
    subject: &'a str,
    outcome: &'a str,
}

/// A family plays a recording.
fn play(family: UserId, at: Timestamp) -> Deed<'static> {
    Deed {
        at,
        actor_kind: "parent",
        actor: None,
        family: Some(family),
        action: "recording.play",
        subject: "one",
        outcome: "done",
    }
}

/// What happens often, or at another time, is written as the owner.
async fn note(db: &TestDatabase, deeds: &[Deed<'_>]) {
    const SQL: &str = "
INSERT INTO audit_logs (id, at, actor_kind, actor, user_id, action, subject_kind, subject_id, outcome)
VALUES (uuid_of($1), $1, $2, $3, $4, $5, 'thing', $6, $7)";
    let owner = db.owner().client().await.unwrap();
    for deed in deeds {
        let family = deed.family.map(|family| family.0);
        let (action, subject, outcome) = (deed.action, deed.subject, deed.outcome);
        owner
            .execute(SQL, &[&deed.at, &deed.actor_kind, &deed.actor, &family, &action, &subject, &outcome])
            .await
            .unwrap();
    }
}

async fn busiest(db: &TestDatabase, since: Timestamp, top: i32) -> Vec<BusyActor> {
    busiest_actors(&db.cleanup(), since, since + HOUR, top).await.unwrap()
}

/// Sign, whose, how often.
fn brief(busiest: &[BusyActor]) -> Vec<(MisuseSign, &str, i64)> {
    busiest.iter().map(|busy| (busy.sign, busy.actor.as_str(), busy.deeds)).collect()
}

#[tokio::test]
async fn an_empty_log_tells_of_nobody() {
    let db = TestDatabase::new().await;

    assert_eq!(busiest(&db, since(), 10).await, []);
}

#[tokio::test]
async fn what_people_do_is_counted_under_their_own_names() {
    let db = TestDatabase::new().await;
    let api = db.api();
    let mikas = requested_by(&api, "mika").await;
    let rens = requested_by(&api, "ren").await;
    let reason: SupportReason = "問い合わせ #123 への回答".parse().unwrap();
    for _ in 0..2 {
        let family = api.family(&parent("mika"), now()).await.unwrap();
        audit::note_access(&family, "recording.play", Subject::Recording(mikas.id)).await.unwrap();
        family.commit().await.unwrap();
    }
    let family = api.family(&parent("ren"), now()).await.unwrap();
    audit::note_access(&family, "family.export", Subject::Family(rens.user_id)).await.unwrap();
    family.commit().await.unwrap();
    let family = api.family(&parent("ren"), now()).await.unwrap();
    family.refuse(Subject::Recording(mikas.id)).await.unwrap();
    for view in [View::Family, View::JobRuns, View::AuditLogs] {
        let operator = operating(&db).await;
        support::look_at(&operator, mikas.user_id, view, &reason).await.unwrap().unwrap();
        operator.commit().await.unwrap();
    }
    let operator = operating(&db).await;
    assert_eq!(support::look_at(&operator, UserId::new(), View::Family, &reason).await.unwrap(), None);
    operator.commit().await.unwrap();

    let busiest = busiest(&db, since(), 10).await;

    let (mika, ren) = (mikas.user_id.to_string(), rens.user_id.to_string());
    assert_eq!(
        brief(&busiest),
        [
            (MisuseSign::FamilyExport, ren.as_str(), 1),
            (MisuseSign::FamilyView, "op-1", 3),
            (MisuseSign::RecordingPlay, mika.as_str(), 2),
            // As often as each other: a family first.
            (MisuseSign::RefusedAccess, ren.as_str(), 1),
            (MisuseSign::RefusedAccess, "op-1", 1),
        ]
    );
    let kinds: Vec<_> = busiest.iter().map(|busy| busy.actor_kind.as_str()).collect();
    assert_eq!(kinds, ["parent", "operator", "parent", "parent", "operator"]);
    assert!(busiest.iter().all(|busy| busy.subjects == 1 && busy.usual.is_none()), "{busiest:?}");
    assert_eq!(busiest[3].actors, 2);
}

#[tokio::test]
async fn an_hour_begins_with_its_first_moment_and_ends_before_the_next_ones() {
    let db = TestDatabase::new().await;
    let (mika, moment) = (UserId::new(), SignedDuration::from_micros(1));
    let at = [since() - moment, since(), since() + HOUR - moment, since() + HOUR];
    note(&db, &at.map(|at| play(mika, at))).await;

    for (begins, deeds) in [(since() - HOUR, 1), (since(), 2), (since() + HOUR, 1)] {
        assert_eq!(busiest(&db, begins, 10).await[0].deeds, deeds, "{begins}");
    }
}

#[tokio::test]
async fn neither_others_deeds_nor_other_deeds_are_counted() {
    let db = TestDatabase::new().await;
    let (mika, ren) = (UserId::new(), UserId::new());
    let deed = |actor_kind, actor, action, outcome| Deed {
        actor_kind,
        actor,
        action,
        outcome,
        ..play(mika, since())
    };
    note(
        &db,
        &[
            play(mika, since()),
            play(ren, since()),
            deed("parent", None, "recording.create", "done"),
            deed("parent", None, "family.view", "done"),
            deed("operator", Some("op-1"), "recording.play", "done"),
            deed("operator", Some("op-1"), "recording.retry", "done"),
            deed("function", Some("cleanup"), "recording.play", "done"),
            deed("function", Some("cleanup"), "recording.access", "refused"),
            // Nobody's: no release of ours writes such rows.
            Deed { family: None, ..play(mika, since()) },
            deed("operator", None, "family.view", "done"),
        ],
    )
    .await;

    let busiest = busiest(&db, since(), 10).await;

    let (mika, ren) = (mika.to_string(), ren.to_string());
    let expected =
        [(MisuseSign::RecordingPlay, mika.as_str(), 1), (MisuseSign::RecordingPlay, ren.as_str(), 1)];
    assert_eq!(brief(&busiest), expected);
}

#[tokio::test]
async fn of_each_sign_only_the_busiest_are_named_and_all_are_counted() {
    let db = TestDatabase::new().await;
    let families: Vec<_> = (0..3).map(|_| UserId::new()).collect();
    for (place, family) in families.iter().enumerate() {
        for nth in 0..=place {
            let subject = if nth == 0 { "one" } else { "another" };
            note(&db, &[Deed { subject, ..play(*family, since()) }]).await;
        }
    }
    let refused = Deed { outcome: "refused", action: "child.access", ..play(families[0], since()) };
    note(&db, &[refused]).await;

    let busiest = busiest(&db, since(), 2).await;

    let ids: Vec<_> = families.iter().map(ToString::to_string).collect();
    assert_eq!(
        brief(&busiest),
        [
            (MisuseSign::RecordingPlay, ids[2].as_str(), 3),
            (MisuseSign::RecordingPlay, ids[1].as_str(), 2),
            (MisuseSign::RefusedAccess, ids[0].as_str(), 1),
        ]
    );
    let facts: Vec<_> = busiest.iter().map(|busy| (busy.subjects, busy.actors)).collect();
    assert_eq!(facts, [(2, 3), (2, 3), (1, 1)]);
}

#[tokio::test]
async fn what_is_usual_is_the_median_of_their_own_hours_of_four_weeks() {
    let db = TestDatabase::new().await;
    let (mika, ren) = (UserId::new(), UserId::new());
    let hours_before = |hours: i64| since() - HOUR * i32::try_from(hours).unwrap();
    let operators =
        |at| Deed { actor_kind: "operator", actor: Some("op-1"), action: "family.view", ..play(mika, at) };
    let mut deeds = vec![play(mika, since()), operators(since())];
    // Hours with one, two and six of them; another sign, another family, another kind of actor, and what is too old beside.
    for (hours, times) in [(1, 1), (50, 2), (28 * 24 - 1, 6), (28 * 24 + 2, 9)] {
        deeds.extend((0..times).map(|_| play(mika, hours_before(hours))));
    }
    deeds.push(Deed { action: "family.export", ..play(mika, hours_before(3)) });
    deeds.extend((0..4).map(|_| play(ren, hours_before(1))));
    deeds.extend((0..4).map(|_| operators(hours_before(1))));
    note(&db, &deeds).await;

    let busiest = busiest(&db, since(), 10).await;

    let usual: Vec<_> = busiest.iter().map(|busy| (busy.sign, busy.usual)).collect();
    assert_eq!(usual, [(MisuseSign::FamilyView, Some(4.0)), (MisuseSign::RecordingPlay, Some(2.0))]);
}
