//! Makes a report on the running local stack and copies it into a folder:
//!
//! ```sh
//! cargo run --package report --example make_report -- daily docs/reports
//! ```
//!
//! It runs the function itself, against the database, the S3, the CloudWatch and the alerts topic of `.local/env`. A laptop's
//! stack knows nothing of yesterday, so the function's clock is put forward to the morning after the current day, week or
//! month.

#![recursion_limit = "256"]
#![expect(clippy::print_stdout, reason = "a tool talks to whoever runs it")]

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use aws_types::SdkConfig;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use kimochi_blob::MediaBucket;
use kimochi_domain::ReportKind;
use kimochi_environment::Environment;
use kimochi_notify::AlertTopic;
use kimochi_runtime::{aws, clock};
use kimochi_store::{Auth, Database, DatabaseSettings};
use lambda_runtime::{Context, LambdaEvent};
use report::{App, Kept, Service, Sources, handle};
use serde_json::{Value, json};

/// When the function believes to run.
static MORNING: OnceLock<Timestamp> = OnceLock::new();
/// How long after midnight.
const SEVEN: SignedDuration = SignedDuration::from_hours(7);

type Trouble = Box<dyn std::error::Error>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Trouble> {
    let mut arguments = std::env::args().skip(1);
    let (Some(kind), Some(folder)) = (arguments.next(), arguments.next()) else {
        return Err("make_report daily|weekly|monthly <folder>".into());
    };
    let kind: ReportKind = kind.parse()?;
    let zone = TimeZone::get("Asia/Tokyo")?;
    let morning = *MORNING.get_or_init(|| next_morning(kind, &zone).unwrap_or(Timestamp::UNIX_EPOCH));

    let mut environment = Environment::of_process();
    let settings = aws::settings(&mut environment);
    let mut take = |name: &str| environment.required(name);
    let (url, stack, bucket, topic) =
        (take("DATABASE_URL"), take("STACK_NAME"), take("MEDIA_BUCKET"), take("ALERT_TOPIC_ARN"));
    environment.check(())?;
    let role =
        DatabaseSettings { url: &url, role: "kimochi_report", auth: Auth::None, application_name: "report" };
    let bucket = MediaBucket::new(&settings, bucket);
    let days = |days: i64| SignedDuration::from_hours(24 * days);
    let kept = Kept { audit_logs: days(180), job_runs: days(90), access_log: days(90) };
    let app = App {
        sources: Sources::new(&settings, Database::new(role)?, service(stack), kept),
        bucket: bucket.clone(),
        alerts: AlertTopic::new(&settings, topic),
        time_zone: zone,
        clock: || MORNING.get().copied().unwrap_or_default(),
    };
    println!("{kind}, as if it were {morning}");
    let mut context = Context::default();
    context.deadline = u64::try_from((morning + SignedDuration::from_mins(5)).as_millisecond())?;
    let event = LambdaEvent::new(json!({"report": kind}), context);
    let answer = handle(&app, event).await.map_err(|failure| failure.error_message)?;
    let answer = serde_json::to_value(answer)?;
    println!("{answer:#}");
    copy(&settings, bucket.name(), &answer["numbers"]["keys"], Path::new(&folder)).await
}

/// What the local deployment is called; the emulator measures no gateway and no sign-in.
fn service(stack: String) -> Service {
    let pool = |name: &str| [format!("{stack}-{name}"), "client".to_owned()];
    Service {
        api: stack.clone(),
        access_log: format!("/aws/apigateway/{stack}"),
        pools: [pool("parents"), pool("operators")],
        database_instance: None,
        stack,
    }
}

fn next_morning(kind: ReportKind, zone: &TimeZone) -> Result<Timestamp, jiff::Error> {
    let today = clock::now().to_zoned(zone.clone()).date();
    let day = match kind {
        ReportKind::Daily => today.tomorrow()?,
        ReportKind::Weekly => {
            let days = 8 - i64::from(today.weekday().to_monday_one_offset());
            today.checked_add(days.days())?
        }
        // Two days later than the month's end, as the schedule has it.
        ReportKind::Monthly => today.last_of_month().checked_add(3.days())?,
    };
    Ok(day.to_zoned(zone.clone())?.timestamp() + SEVEN)
}

async fn copy(settings: &SdkConfig, bucket: &str, keys: &Value, folder: &Path) -> Result<(), Trouble> {
    let store = MediaBucket::new(settings, bucket);
    for key in keys.as_array().into_iter().flatten().filter_map(Value::as_str) {
        let to: PathBuf = folder.join(key.rsplit('/').next().unwrap_or(key));
        store.download(bucket, key, &to).await?;
        println!("{}", to.display());
    }
    Ok(())
}
