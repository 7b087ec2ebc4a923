//! A month's bill, service by service.

use super::load::Traffic;
use super::{GB, Inputs, database};

/// What, and dollars for it, in the last of `months`, for so many families.
pub(super) fn bill(families: f64, inputs: &Inputs) -> Vec<(&'static str, f64)> {
    let (usage, traffic) = (&inputs.usage, Traffic::of(inputs));
    let (requests, notes) = (families * traffic.requests(), families * traffic.notes);
    let cost = |name: &str, amount: f64| inputs.prices.cost(name, amount);

    let [http, transcribe] = gb_seconds(families, inputs);
    // Tiers count them together.
    let gb_second = cost("lambda_gb_second", http + transcribe) / (http + transcribe);
    // What S3 keeps, on average over the month.
    let voice = notes * (usage.months - 0.5) * usage.note_bytes / GB;
    let logs = (requests + notes) * usage.log_bytes / GB;
    let answers = traffic.lists * usage.list_bytes
        + (traffic.requests() - traffic.lists) * usage.answer_bytes
        + traffic.playbacks * usage.note_bytes;
    vec![
        ("API Gateway: requests", cost("http_api_request", requests)),
        ("Lambda: presign, emotions, account", http * gb_second + cost("lambda_request", requests)),
        ("Lambda: transcribe", transcribe * gb_second + cost("lambda_request", notes)),
        ("S3: voice and text", cost("s3_gb_month", voice)),
        // The family's PUT and transcribe's, its GET, and playbacks.
        ("S3: requests", cost("s3_put", notes * 2.0) + cost("s3_get", notes + families * traffic.playbacks)),
        ("SQS: requests", cost("sqs_request", notes * 3.0 + usage.idle_polls)),
        (
            "CloudWatch: logs, metrics, alarms",
            cost("logs_gb", logs)
                + cost("metric_month", usage.metrics)
                + cost("alarm_month", usage.alarm_metrics),
        ),
        ("Alerts: key and secret", cost("kms_key_month", 1.0) + cost("secret_month", 1.0)),
        ("RDS: instances and proxy", database::choose(families, inputs).map_or(0.0, |choice| choice.cost)),
        ("RDS: storage", cost("rds_gb_month", database::gigabytes(families, inputs) * usage.zones)),
        ("VPC: interface endpoints", cost("vpc_endpoint_hour", usage.endpoints * usage.zones * usage.hours)),
        ("Cognito: parents, Essentials", cost("cognito_user", families)),
        ("Data to the internet", cost("transfer_gb", families * answers / GB)),
    ]
}

pub(super) fn total(bill: &[(&str, f64)]) -> f64 {
    bill.iter().map(|(_, dollars)| dollars).sum()
}

/// Of Lambda: those that answer HTTP, and transcribe.
pub(super) fn gb_seconds(families: f64, inputs: &Inputs) -> [f64; 2] {
    let (usage, traffic) = (&inputs.usage, Traffic::of(inputs));
    let http = traffic.http(inputs).map(|(requests, times)| {
        requests * (times.billed_ms(usage) + usage.cold_share * times.cold_ms(usage))
    });
    let notes = traffic.notes * inputs.measured.note_ms(usage);
    [(http.iter().sum::<f64>(), usage.http_memory_mb), (notes, usage.transcribe_memory_mb)]
        .map(|(milliseconds, megabytes): (f64, f64)| families * milliseconds / 1_000.0 * megabytes / 1_024.0)
}
