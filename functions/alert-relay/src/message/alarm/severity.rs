//! How urgent an alarm is that does not say it itself.

use kimochi_domain::Severity;

/// The rules, the first that fits counts: part of the namespace, part of the metric, severity. They follow the operations
/// document, 4.2.2: 緊急 when the service is down or data are lost, 重要 when it works badly; and 情報 what can wait for
/// office hours.
const RULES: &[(&str, &str, Severity)] = &[
    // The service is down, or will be: a database whose disk is full stops.
    ("AWS/Route53", "HealthCheck", Severity::Critical),
    ("AWS/RDS", "FreeStorageSpace", Severity::Critical),
    ("AWS/ApplicationELB", "UnHealthyHostCount", Severity::Critical),
    // Money, sizes and quotas are for tomorrow.
    ("AWS/Billing", "", Severity::Info),
    ("AWS/Usage", "", Severity::Info),
    ("AWS/S3", "BucketSizeBytes", Severity::Info),
    ("AWS/S3", "NumberOfObjects", Severity::Info),
    ("AWS/CertificateManager", "DaysToExpiry", Severity::Info),
];

/// Whatever no rule knows is 重要: who forgets to say how urgent it is must not be overheard.
pub(super) fn by_default(namespace: &str, metric: &str) -> Severity {
    let rule = RULES.iter().find(|(of, part, _)| namespace == *of && metric.contains(part));
    rule.map_or(Severity::Warning, |(_, _, severity)| *severity)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_decides_for_alarms_that_say_nothing() {
        for (namespace, metric, severity) in [
            ("AWS/Route53", "HealthCheckStatus", Severity::Critical),
            ("AWS/RDS", "FreeStorageSpace", Severity::Critical),
            ("AWS/RDS", "CPUUtilization", Severity::Warning),
            ("AWS/Lambda", "Errors", Severity::Warning),
            ("AWS/Billing", "EstimatedCharges", Severity::Info),
            ("", "", Severity::Warning),
        ] {
            assert_eq!(by_default(namespace, metric), severity, "{namespace} {metric}");
        }
    }
}
