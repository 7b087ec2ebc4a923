//! What the function is asked for.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use kimochi_domain::{ReportKind, ReportPeriod};
use serde::Deserialize;

/// What the function is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// Which report.
    pub report: ReportKind,
    /// Gather and write, and neither keep nor send it.
    #[serde(default)]
    pub dry_run: bool,
    /// An earlier period whose report is made again, as [`ReportPeriod`] writes it; the latest one that ended otherwise.
    #[serde(default)]
    pub period: Option<String>,
}

impl Request {
    /// The days that are meant.
    ///
    /// # Errors
    /// When the text names no period of the kind, or one that is not over.
    pub(crate) fn days(&self, now: Timestamp, zone: &TimeZone) -> Result<ReportPeriod, String> {
        let ended = ReportPeriod::ended_before(self.report, now.to_zoned(zone.clone()).date())
            .map_err(|error| error.to_string())?;
        let Some(text) = &self.period else { return Ok(ended) };
        let asked = ReportPeriod::parse(self.report, text).map_err(|error| format!("period: {error}"))?;
        if asked.first() > ended.first() {
            return Err(format!("period: {asked} is not over"));
        }
        Ok(asked)
    }

    /// What `job_runs` calls the run. One that was asked for by name is not the schedule's: it is made however often the
    /// schedule's was, and once for each invocation.
    pub(crate) fn run_name(&self, days: ReportPeriod, request_id: &str) -> String {
        match &self.period {
            None => days.to_string(),
            Some(_) => format!("{days} again {request_id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(json: &str) -> Result<String, String> {
        let request: Request = serde_json::from_str(json).map_err(|error| error.to_string())?;
        let now = "2026-03-31T23:30:00Z".parse().expect("a time");
        let zone = TimeZone::get("Asia/Tokyo").expect("a zone");
        request.days(now, &zone).map(|days| days.to_string())
    }

    #[test]
    fn the_schedule_means_what_ended_and_people_may_name_what_they_mean() {
        for (json, period) in [
            (r#"{"report": "daily"}"#, "2026-03-31"),
            (r#"{"report": "weekly", "dry_run": true}"#, "2026-W13"),
            (r#"{"report": "monthly"}"#, "2026-03"),
            (r#"{"report": "monthly", "period": "2025-12"}"#, "2025-12"),
            (r#"{"report": "daily", "period": "2026-03-31"}"#, "2026-03-31"),
        ] {
            assert_eq!(days(json).as_deref(), Ok(period), "{json}");
        }
    }

    #[test]
    fn what_is_unknown_or_not_over_is_refused() {
        for json in [
            "{}",
            r#"{"report": "yearly"}"#,
            r#"{"report": "daily", "until": 1}"#,
            r#"{"report": "daily", "period": "2026-04-01"}"#,
            r#"{"report": "weekly", "period": "2026-W14"}"#,
            r#"{"report": "monthly", "period": "2026-04"}"#,
            r#"{"report": "monthly", "period": "2026-03-01"}"#,
            r#"{"report": "daily", "period": "きのう"}"#,
        ] {
            assert!(days(json).is_err(), "{json}");
        }
    }
}
