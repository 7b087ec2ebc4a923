//! What CloudWatch is asked for a report, and what the answers mean.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};
use kimochi_store::reports::Step;
use tokio::time::{Instant, timeout_at};

use super::cloud_watch::Question;
use super::{Sources, TOO_LATE, When};
use crate::numbers::{
    Api, FunctionUse, Functions, Given, Instance, Measured, Queues, Series, SignIns, step_of, sum,
};

const FIVE_MINUTES: i32 = 300;
const HOUR: i32 = 3_600;
const DAY: i32 = 86_400;

/// Our functions; those that answer requests come first.
const FUNCTIONS: [&str; 9] =
    ["presign", "emotions", "account", "admin", "transcribe", "alert-relay", "cleanup", "report", "migrate"];
const ANSWER_REQUESTS: usize = 4;

const NO_REQUESTS: &str =
    "CloudWatch に API の指標がありません（リクエストがなかったか、まだ届いていません）";

/// What CloudWatch says of the period.
pub(super) struct Said {
    pub(super) api: Given<Api>,
    pub(super) functions: Given<Functions>,
    pub(super) queues: Given<Queues>,
    pub(super) instance: Given<Instance>,
    pub(super) sign_ins: Given<Vec<SignIns>>,
}

impl Sources {
    /// What CloudWatch says of the period.
    pub(super) async fn measured(&self, when: &When, deadline: Instant) -> Said {
        let questions = Questions::of(self, when);
        let asked = timeout_at(deadline, self.cloud_watch.ask(&questions.all, &when.range));
        match asked.await.unwrap_or_else(|_| Err(TOO_LATE.to_owned())) {
            Ok(answers) => questions.understand(self, when, &answers),
            Err(why) => Said {
                api: Given::missing(&why),
                functions: Given::missing(&why),
                queues: Given::missing(&why),
                instance: Given::missing(&why),
                sign_ins: Given::missing(&why),
            },
        }
    }

    /// What clients met in another period.
    pub(super) async fn api_of(&self, range: &Range<Timestamp>, when: &When) -> Given<Api> {
        let questions = api_questions(&self.service.api, range, when);
        match self.cloud_watch.ask(&questions, range).await {
            Ok(answers) => understand_api(&answers, range, when),
            Err(why) => Given::missing(why),
        }
    }
}

/// All that is asked at once, and where each part of it begins.
struct Questions {
    all: Vec<Question>,
    functions: usize,
    queues: usize,
    sign_ins: usize,
    instance: usize,
}

impl Questions {
    fn of(sources: &Sources, when: &When) -> Self {
        let service = &sources.service;
        let stack = &service.stack;
        let mut all = api_questions(&service.api, &when.range, when);
        let functions = all.len();
        for name in FUNCTIONS {
            let of_it = [("FunctionName", format!("{stack}-{name}"))];
            let ask =
                |metric, statistic, period| Question::new("AWS/Lambda", &of_it, metric, statistic, period);
            all.extend([
                ask("Invocations", "Sum", HOUR),
                ask("Errors", "Sum", HOUR),
                ask("Throttles", "Sum", HOUR),
                ask("Duration", "Sum", HOUR),
                ask("Duration", "SampleCount", HOUR),
                ask("Duration", "p95", DAY),
            ]);
        }
        let queues = all.len();
        for (queue, metric) in [
            ("transcribe", "ApproximateNumberOfMessagesVisible"),
            ("transcribe", "ApproximateAgeOfOldestMessage"),
            ("transcribe-dlq", "ApproximateNumberOfMessagesVisible"),
            ("alerts-dlq", "ApproximateNumberOfMessagesVisible"),
        ] {
            let of_it = [("QueueName", format!("{stack}-{queue}"))];
            all.push(Question::new("AWS/SQS", &of_it, metric, "Maximum", HOUR));
        }
        let sign_ins = all.len();
        for [pool, client] in &service.pools {
            let of_it = [("UserPool", pool.clone()), ("UserPoolClient", client.clone())];
            let ask = |statistic| Question::new("AWS/Cognito", &of_it, "SignInSuccesses", statistic, HOUR);
            all.extend(["SampleCount", "Sum"].map(ask));
        }
        let instance = all.len();
        for (metric, statistic) in [
            ("CPUUtilization", "Average"),
            ("FreeableMemory", "Minimum"),
            ("FreeStorageSpace", "Minimum"),
            ("DatabaseConnections", "Maximum"),
            ("ReadLatency", "Average"),
            ("WriteLatency", "Average"),
        ] {
            all.extend(service.database_instance.iter().map(|name| {
                let of_it = [("DBInstanceIdentifier", name.clone())];
                Question::new("AWS/RDS", &of_it, metric, statistic, HOUR)
            }));
        }
        Self { all, functions, queues, sign_ins, instance }
    }

    fn understand(&self, sources: &Sources, when: &When, answers: &[Series]) -> Said {
        let functions = functions_of(&answers[self.functions..self.queues], when);
        let instance = match &sources.service.database_instance {
            Some(_) => instance_of(&answers[self.instance..]),
            None => Given::missing("RDS のインスタンス名（DatabaseInstance）が設定されていません"),
        };
        Said {
            api: understand_api(&answers[..self.functions], &when.range, when),
            functions,
            queues: queues_of(&answers[self.queues..self.sign_ins]),
            instance,
            sign_ins: sign_ins_of(&answers[self.sign_ins..self.instance]),
        }
    }
}

/// For so long CloudWatch keeps five minutes apart; whoever asks for them from earlier on gets nothing.
const FIVE_MINUTES_KEPT: SignedDuration = SignedDuration::from_hours(62 * 24);

fn is_fine(range: &Range<Timestamp>, when: &When) -> bool {
    when.now.duration_since(range.start) < FIVE_MINUTES_KEPT
}

fn api_questions(api: &str, range: &Range<Timestamp>, when: &When) -> Vec<Question> {
    let finest = if is_fine(range, when) { FIVE_MINUTES } else { HOUR };
    let step = match step_of(when.kind()) {
        Step::Hour => HOUR,
        Step::Day => DAY,
    };
    let of_it = [("ApiId", api.to_owned())];
    let ask = |metric, statistic, period| Question::new("AWS/ApiGateway", &of_it, metric, statistic, period);
    vec![
        ask("Count", "Sum", finest),
        ask("5xx", "Sum", finest),
        ask("4xx", "Sum", HOUR),
        ask("Latency", "Sum", HOUR),
        ask("Latency", "SampleCount", HOUR),
        ask("Latency", "p95", step),
        ask("Latency", "p95", DAY),
    ]
}

fn understand_api(answers: &[Series], range: &Range<Timestamp>, when: &When) -> Given<Api> {
    let [requests, errors, refusals, latency_sum, latency_count, latency_p95, latency_p95_of_days] = answers
    else {
        return Given::missing(NO_REQUESTS);
    };
    let measured = Measured {
        requests: requests.clone(),
        errors: errors.clone(),
        refusals: refusals.clone(),
        latency_sum: latency_sum.clone(),
        latency_count: latency_count.clone(),
        latency_p95: latency_p95.clone(),
        latency_p95_of_days: latency_p95_of_days.clone(),
    };
    let judged = measured.judge(range, is_fine(range, when), |at| when.step_of(at));
    judged.map_or_else(|| Given::missing(NO_REQUESTS), Given::Known)
}

fn functions_of(answers: &[Series], when: &When) -> Given<Functions> {
    let mut each = Vec::new();
    let mut api_calls: BTreeMap<Timestamp, f64> = BTreeMap::new();
    for (place, (name, answers)) in FUNCTIONS.into_iter().zip(answers.chunks(6)).enumerate() {
        let [invocations, errors, throttles, duration, count, p95] = answers else { continue };
        let calls = sum(invocations);
        if calls <= 0.0 {
            continue;
        }
        if place < ANSWER_REQUESTS {
            for (at, value) in invocations {
                *api_calls.entry(when.step_of(*at)).or_default() += value;
            }
        }
        let measured = sum(count);
        each.push(FunctionUse {
            name,
            invocations: calls,
            errors: sum(errors),
            throttles: sum(throttles),
            mean_ms: (measured > 0.0).then(|| sum(duration) / measured),
            p95_ms: most(p95),
        });
    }
    if each.is_empty() {
        return Given::missing(
            "CloudWatch に Lambda の指標がありません（呼び出しがなかったか、まだ届いていません）",
        );
    }
    Given::Known(Functions { each, api_calls: api_calls.into_iter().collect() })
}

fn queues_of(answers: &[Series]) -> Given<Queues> {
    let [waiting, oldest, dead_letters, dead_alerts] = answers else { return Given::missing(String::new()) };
    let queues = Queues {
        waiting_most: most(waiting),
        oldest_seconds: most(oldest),
        dead_letters_most: most(dead_letters),
        dead_alerts_most: most(dead_alerts),
    };
    // SQS stops measuring a queue that was quiet for six hours, so that one without a number was empty, if others have one.
    if queues == Queues::default() {
        return Given::missing(
            "CloudWatch に SQS の指標がありません（キューが使われなかったか、まだ届いていません）",
        );
    }
    Given::Known(queues)
}

/// CloudWatch counts a sign-in as one when it succeeds and as nothing when it does not.
fn sign_ins_of(answers: &[Series]) -> Given<Vec<SignIns>> {
    let pools: Vec<_> = ["parents", "operators"]
        .into_iter()
        .zip(answers.chunks(2))
        .map(|(pool, answers)| {
            let [all, successes] = answers else { return SignIns { pool, attempts: None, failures: None } };
            let attempts = (!all.is_empty()).then(|| sum(all));
            SignIns { pool, attempts, failures: attempts.map(|attempts| attempts - sum(successes)) }
        })
        .collect();
    if pools.iter().all(|pool| pool.attempts.is_none()) {
        return Given::missing(
            "CloudWatch に Cognito の指標がありません（サインインがなかったか、別の発行者を使っています）",
        );
    }
    Given::Known(pools)
}

fn instance_of(answers: &[Series]) -> Given<Instance> {
    let [cpu, memory, storage, connections, read, write] = answers else {
        return Given::missing(String::new());
    };
    let mean = |series: &Series| (!series.is_empty()).then(|| sum(series) / series.len() as f64);
    let least = |series: &Series| series.iter().map(|(_, value)| *value).reduce(f64::min);
    let instance = Instance {
        cpu_percent_mean: mean(cpu),
        cpu_percent_most: most(cpu),
        free_memory_bytes_least: least(memory),
        free_storage_bytes_least: least(storage),
        connections_most: most(connections),
        read_ms_mean: mean(read).map(|seconds| seconds * 1_000.0),
        write_ms_mean: mean(write).map(|seconds| seconds * 1_000.0),
    };
    if instance == Instance::default() {
        return Given::missing("CloudWatch に RDS の指標がありません");
    }
    Given::Known(instance)
}

fn most(series: &Series) -> Option<f64> {
    series.iter().map(|(_, value)| *value).reduce(f64::max)
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use kimochi_domain::{ReportKind, ReportPeriod};

    use super::*;

    #[test]
    fn every_function_is_reported_on() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        let mut known = FUNCTIONS;
        known.sort_unstable();

        assert_eq!(names, known);
    }

    #[test]
    fn five_minutes_are_not_asked_for_when_cloudwatch_has_forgotten_them() {
        let days = ReportPeriod::parse(ReportKind::Monthly, "2026-03").unwrap();
        let begun: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
        for (age_in_days, finest) in [(61, FIVE_MINUTES), (62, HOUR), (64, HOUR)] {
            let now = begun + SignedDuration::from_hours(24 * age_in_days);
            let when = When::new(days, now, &TimeZone::UTC).unwrap();

            let questions = api_questions("api", &when.range, &when);

            let periods: Vec<_> = questions.iter().take(2).map(|question| question.period_seconds).collect();
            assert_eq!(periods, [finest, finest], "{age_in_days}");
        }
    }
}
