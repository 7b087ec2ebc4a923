//! Numbers of a service that has known better days, and of one of which nobody knows anything.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use kimochi_domain::{ReportKind, ReportPeriod};
use report::numbers::{
    Api, ApiStep, Capacity, Cost, Costs, Counted, DatabaseState, Deeds, FunctionUse, Functions, Given,
    Instance, KindOfWork, Numbers, Queues, Reader, Route, SignIns, Statement, Times, Voice, VoiceStep,
    Waiting,
};

const GIB: f64 = 1_073_741_824.0;

/// Of which nobody knows anything.
pub(crate) fn nothing(kind: ReportKind, period: &str) -> Numbers {
    fn missing<T>() -> Given<T> {
        Given::missing("理由")
    }
    let zone = TimeZone::get("Asia/Tokyo").expect("a zone");
    let days = ReportPeriod::parse(kind, period).expect("a period");
    let moments = days.moments(&zone).expect("a range");
    let is_long = kind != ReportKind::Daily;
    Numbers {
        report: kind,
        period: days,
        from: moments.start,
        until: moments.end,
        time_zone: zone,
        made_at: moments.end + SignedDuration::from_hours(7),
        api: missing(),
        api_before: missing(),
        functions: missing(),
        voice: missing(),
        voice_before: missing(),
        work: missing(),
        backlog: missing(),
        queues: missing(),
        capacity: missing(),
        database: missing(),
        instance: missing(),
        routes: is_long.then(missing),
        statements: is_long.then(missing),
        deeds: is_long.then(missing),
        deeds_before: is_long.then(missing),
        readers: is_long.then(missing),
        sign_ins: is_long.then(missing),
        costs: (kind == ReportKind::Monthly).then(missing),
    }
}

/// Of a service that has known better days.
pub(crate) fn everything(kind: ReportKind, period: &str) -> Numbers {
    let mut numbers = nothing(kind, period);
    let (from, until) = (numbers.from, numbers.until);
    let step = if kind == ReportKind::Daily { 1 } else { 24 };
    numbers.api = Given::Known(api(from, until, step, 1.0));
    numbers.api_before = Given::Known(api(from, until, step, 0.8));
    numbers.voice_before = Given::Known(voice(from, until, step, 2));
    numbers.functions = Given::Known(functions(from, until, step));
    numbers.voice = Given::Known(voice(from, until, step, 1));
    numbers.work = Given::Known(work());
    numbers.backlog = Given::Known(backlog(until));
    numbers.queues = Given::Known(Queues {
        waiting_most: Some(12.0),
        oldest_seconds: Some(41.0),
        dead_letters_most: Some(1.0),
        dead_alerts_most: Some(0.0),
    });
    numbers.capacity = Given::Known(capacity(until));
    numbers.database = Given::Known(DatabaseState {
        bytes: 734_003_200,
        connections: 14,
        max_connections: 100,
        hit_percent: Some(99.38),
        deadlocks: 0,
    });
    numbers.instance = Given::Known(Instance {
        cpu_percent_mean: Some(11.2),
        cpu_percent_most: Some(38.9),
        free_memory_bytes_least: Some(0.6 * GIB),
        free_storage_bytes_least: Some(14.2 * GIB),
        connections_most: Some(31.0),
        read_ms_mean: Some(0.8),
        write_ms_mean: Some(1.9),
    });
    if kind != ReportKind::Daily {
        numbers.routes = Some(Given::Known(routes()));
        numbers.statements = Some(Given::Known(statements()));
        numbers.deeds = Some(Given::Known(deeds(1)));
        numbers.deeds_before = Some(Given::Known(deeds(2)));
        numbers.readers = Some(Given::Known(readers()));
        numbers.sign_ins = Some(Given::Known(vec![
            SignIns { pool: "parents", attempts: Some(420.0), failures: Some(118.0) },
            SignIns { pool: "operators", attempts: None, failures: None },
        ]));
    }
    if kind == ReportKind::Monthly {
        numbers.costs = Some(Given::Known(costs()));
    }
    numbers
}

/// Moments from one to another, so many hours apart.
fn moments(from: Timestamp, until: Timestamp, hours: i64) -> impl Iterator<Item = (usize, Timestamp)> {
    let moments = (0..).map(move |step| from + SignedDuration::from_hours(step * hours));
    moments.take_while(move |at| *at < until).enumerate()
}

/// More in the evening, and at weekends.
fn wave(place: usize) -> f64 {
    (1.0 + (place as f64 * 0.6).sin()) * 100.0 + place as f64 * 3.0
}

fn api(from: Timestamp, until: Timestamp, step: i64, share: f64) -> Api {
    let steps: Vec<_> = moments(from, until, step)
        .map(|(place, at)| ApiStep {
            at,
            requests: (wave(place) * share).round(),
            errors: if place == 3 { 7.0 } else { 0.0 },
            mean_ms: (place != 2).then(|| 380.0 + wave(place)),
            p95_ms: (place != 2).then(|| 620.0 + wave(place) * 2.0),
        })
        .collect();
    let requests = steps.iter().map(|step| step.requests).sum::<f64>();
    Api {
        requests,
        errors: 7.0,
        refusals: 31.0,
        availability_percent: Given::Known(99.871),
        error_percent: 7.0 / requests * 100.0,
        mean_ms: Given::Known(512.4),
        p95_ms: Given::Known(1_284.0),
        steps,
    }
}

fn functions(from: Timestamp, until: Timestamp, step: i64) -> Functions {
    let of = |name, invocations, errors, throttles, mean, p95| FunctionUse {
        name,
        invocations,
        errors,
        throttles,
        mean_ms: Some(mean),
        p95_ms: Some(p95),
    };
    Functions {
        each: vec![
            of("presign", 1_204.0, 0.0, 0.0, 14.2, 38.0),
            of("emotions", 5_310.0, 7.0, 0.0, 21.8, 96.0),
            of("transcribe", 401.0, 2.0, 3.0, 6_120.0, 14_870.0),
            FunctionUse {
                name: "cleanup",
                invocations: 121.0,
                errors: 0.0,
                throttles: 0.0,
                mean_ms: None,
                p95_ms: None,
            },
        ],
        api_calls: moments(from, until, step).map(|(place, at)| (at, wave(place).round())).collect(),
    }
}

fn voice(from: Timestamp, until: Timestamp, step: i64, part: i64) -> Voice {
    let steps: Vec<_> = moments(from, until, step)
        .filter(|(place, _)| place % 5 != 4)
        .map(|(place, at)| {
            let many = (wave(place) / 10.0) as i64 / part;
            let counts = [("transcribed", many), ("no_speech", many / 5), ("failed", i64::from(place == 3))];
            let counts = counts.into_iter().filter(|(_, count)| *count > 0);
            VoiceStep { at, by_status: counts.map(|(name, count)| (name.to_owned(), count)).collect() }
        })
        .collect();
    let mut by_status: BTreeMap<String, i64> = BTreeMap::from([("expired".to_owned(), 4)]);
    for (name, count) in steps.iter().flat_map(|step| &step.by_status) {
        *by_status.entry(name.clone()).or_default() += count;
    }
    by_status.insert("partial".to_owned(), 30);
    let times = Times {
        processing_ms_mean: Some(5_912.0),
        processing_ms_p95: Some(14_204.0),
        wait_ms_mean: Some(7_480.0),
        wait_ms_p95: Some(31_900.0),
    };
    Voice { by_status, times, steps }
}

fn work() -> Vec<KindOfWork> {
    let of = |kind: &str, succeeded, failed, codes: &[(&str, i64)]| KindOfWork {
        kind: kind.to_owned(),
        succeeded,
        failed,
        running: 0,
        codes: codes.iter().map(|(code, runs)| ((*code).to_owned(), *runs)).collect(),
    };
    vec![
        of("capacity", 1, 0, &[]),
        of("purge", 94, 2, &[("database", 1), ("sandbox_lost", 1)]),
        of("transcribe", 391, 3, &[("unreadable_audio", 3)]),
    ]
}

fn backlog(until: Timestamp) -> Vec<Waiting> {
    let of = |what: &str, waiting, since| Waiting { what: what.to_owned(), waiting, since };
    vec![
        of("requested", 2, Some(until + SignedDuration::from_hours(6))),
        of("transcribing", 1, Some(until + SignedDuration::from_hours(7))),
        of("families_leaving", 0, None),
        of("recordings_deleted", 5, Some(until - SignedDuration::from_mins(4))),
    ]
}

fn capacity(until: Timestamp) -> Capacity {
    let counted = |objects, gib: f64| Counted { objects, bytes: (gib * GIB) as u64 };
    Capacity {
        counted_at: until + SignedDuration::from_mins(270),
        prefixes: BTreeMap::from([
            ("archive".to_owned(), counted(420, 1.1)),
            ("audio".to_owned(), counted(61_204, 40.2)),
            ("text".to_owned(), counted(60_980, 0.1)),
        ]),
        bytes: (41.4 * GIB) as u64,
        percent: Some(82.8),
        bytes_a_day: Some(0.21 * GIB),
        days_until_80_percent: Some(0.0),
        days_until_full: Some(40.9),
        grown_bytes: Some((6.2 * GIB) as i64),
    }
}

fn routes() -> Vec<Route> {
    let of = |route: &str, requests, mean_ms, p95_ms, errors, refused| Route {
        route: route.to_owned(),
        requests,
        mean_ms,
        p95_ms,
        errors,
        refused,
    };
    vec![
        of("GET /v1/me/export", 12.0, 2_310.0, 8_120.0, 0.0, 0.0),
        of("POST /v1/uploads", 1_204.0, 88.0, 240.0, 7.0, 19.0),
        of("GET /v1/emotion-logs", 3_990.0, 41.0, 132.0, 0.0, 12.0),
    ]
}

fn statements() -> Vec<Statement> {
    let of = |name: &str, calls, mean_ms: f64, rows| Statement {
        name: name.to_owned(),
        calls,
        mean_ms,
        total_ms: mean_ms * calls as f64,
        rows,
    };
    vec![
        of("emotion_logs::list", 39_904, 1.42, 781_200),
        of("recordings::insert", 12_040, 0.61, 12_040),
        of("SELECT users", 410, 0.05, 410),
    ]
}

fn deeds(part: i64) -> Vec<Deeds> {
    let of = |action: &str, outcome: &str, actor_kind: &str, deeds: i64, actors| Deeds {
        action: action.to_owned(),
        outcome: outcome.to_owned(),
        actor_kind: actor_kind.to_owned(),
        deeds: deeds / part,
        actors,
    };
    vec![
        of("emotion_log.create", "done", "parent", 4_120, 310),
        of("recording.play", "done", "parent", 2_200, 240),
        of("recording.create", "done", "parent", 1_204, 301),
        of("recording.access", "refused", "parent", 140, 2),
        of("family.view", "done", "operator", 18, 2),
        of("family.view", "refused", "operator", 3, 1),
    ]
}

fn readers() -> Vec<Reader> {
    let of = |actor: &str, kind: &str, action: &str, outcome: &str, deeds, usually| Reader {
        actor_kind: kind.to_owned(),
        actor: actor.to_owned(),
        action: action.to_owned(),
        outcome: outcome.to_owned(),
        deeds,
        usually,
    };
    vec![
        of("01a20b00-0000-7000-8000-000000000001", "parent", "recording.play", "done", 412, 20.5),
        of("01a20b00-0000-7000-8000-000000000002", "parent", "recording.access", "refused", 139, 0.0),
        of("operator|1", "operator", "family.view", "done", 42, 11.0),
    ]
}

fn costs() -> Costs {
    let of = |service: &str, amount, before| Cost { service: service.to_owned(), amount, before };
    Costs {
        currency: "USD".to_owned(),
        is_estimated: true,
        services: vec![
            of("Amazon Relational Database Service", 61.4, 60.1),
            of("AWS Lambda", 22.18, 11.02),
            of("Amazon Simple Storage Service", 3.91, 1.2),
            of("AmazonCloudWatch", 2.4, 0.0),
        ],
    }
}
