//! What the function reads from its environment.

use std::str::FromStr;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use kimochi_environment::{Environment, InvalidEnvironment};
use kimochi_runtime::logging::Level;
use reqwest::Url;

use crate::slack::Channels;
use crate::{Flapping, PerSeverity};

/// | variable | default | template parameter |
/// |---|---|---|
/// | `ALERT_SECRET` | – | `AlertSecret` |
/// | `ALERT_TABLE` | – | – |
/// | `METRICS_NAMESPACE` | – | – |
/// | `SLACK_API_URL` | `https://slack.com/api` | `SlackApiUrl` |
/// | `SLACK_CHANNEL_CRITICAL`, `…_WARNING`, `…_INFO` | – | `SlackChannelCritical`, `…Warning`, `…Info` |
/// | `SLACK_CHANNEL_BY_ALARM`: `prefix=channel`, separated by commas | none | `SlackChannelByAlarm` |
/// | `SLACK_MENTION_CRITICAL`, `…_WARNING`, `…_INFO` | nobody | `SlackMentionCritical`, `…Warning`, `…Info` |
/// | `FLAPPING_TRANSITIONS`, `FLAPPING_MINUTES` | 6, 30 | `FlappingTransitions`, `FlappingMinutes` |
/// | `RUNBOOK_URL` | no link | `RunbookUrl` |
/// | `PAGERDUTY_URL` | `https://events.pagerduty.com` | `PagerDutyUrl` |
/// | `APP_TIME_ZONE` | `Asia/Tokyo` | `AppTimeZone` |
/// | `LOG_LEVEL` | `info` | `LogLevel` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The secret with what opens Slack and PagerDuty.
    pub alert_secret: String,
    /// The DynamoDB table that remembers what has been delivered.
    pub alert_table: String,
    /// Of the metric that counts heartbeats.
    pub metrics_namespace: String,
    /// Where Slack's methods are.
    pub slack_api_url: Url,
    /// Who reads what in Slack.
    pub slack_channels: Channels,
    /// Who is called for each severity; empty for nobody.
    pub slack_mentions: PerSeverity<String>,
    /// When an alarm that comes and goes is counted instead of told.
    pub flapping: Flapping,
    /// Where the runbook is; parts of it are named behind a `#`.
    pub runbook_url: Option<String>,
    /// Where PagerDuty takes events.
    pub pagerduty_url: Url,
    /// In which times are shown, beside UTC.
    pub time_zone: TimeZone,
    /// How much is logged.
    pub log_level: Level,
}

impl Config {
    /// Reads the variables above.
    ///
    /// # Errors
    /// Names all that are missing or unusable.
    pub fn from_env(mut environment: Environment) -> Result<Self, InvalidEnvironment> {
        let url = |default: &str| Url::parse(default).expect("a URL");
        let mention = |environment: &mut Environment, name| environment.optional(name).unwrap_or_default();
        let config = Self {
            alert_secret: environment.required("ALERT_SECRET"),
            slack_api_url: environment.parsed_or("SLACK_API_URL", url("https://slack.com/api")),
            alert_table: environment.required("ALERT_TABLE"),
            metrics_namespace: environment.required("METRICS_NAMESPACE"),
            slack_channels: Channels {
                by_severity: PerSeverity {
                    critical: environment.required("SLACK_CHANNEL_CRITICAL"),
                    warning: environment.required("SLACK_CHANNEL_WARNING"),
                    info: environment.required("SLACK_CHANNEL_INFO"),
                },
                by_alarm: environment.parsed_or("SLACK_CHANNEL_BY_ALARM", ByAlarm::default()).0,
            },
            slack_mentions: PerSeverity {
                critical: mention(&mut environment, "SLACK_MENTION_CRITICAL"),
                warning: mention(&mut environment, "SLACK_MENTION_WARNING"),
                info: mention(&mut environment, "SLACK_MENTION_INFO"),
            },
            flapping: Flapping {
                transitions: environment.parsed_or("FLAPPING_TRANSITIONS", 6),
                within: SignedDuration::from_mins(environment.parsed_or("FLAPPING_MINUTES", 30).into()),
            },
            runbook_url: environment.optional("RUNBOOK_URL").filter(|url| !url.is_empty()),
            pagerduty_url: environment.parsed_or("PAGERDUTY_URL", url("https://events.pagerduty.com")),
            time_zone: kimochi_runtime::time_zone(&mut environment),
            log_level: environment.parsed_or("LOG_LEVEL", Level::INFO),
        };
        environment.check(config)
    }
}

/// `kimochi-prod-transcribe=C0123,kimochi-prod-alerts=C0456`
#[derive(Default)]
struct ByAlarm(Vec<(String, String)>);

impl FromStr for ByAlarm {
    type Err = NoPair;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let pairs = text.split(',').map(str::trim).filter(|pair| !pair.is_empty());
        let pairs = pairs.map(|pair| match pair.split_once('=') {
            Some((prefix, channel)) if ![prefix, channel].iter().any(|part| part.trim().is_empty()) => {
                Ok((prefix.trim().to_owned(), channel.trim().to_owned()))
            }
            _ => Err(NoPair(pair.to_owned())),
        });
        pairs.collect::<Result<_, _>>().map(Self)
    }
}

/// An entry that names no prefix or no channel.
#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not prefix=channel")]
struct NoPair(String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_by_alarm_are_pairs() {
        let pairs = "kimochi-prod-transcribe=C1, kimochi=C2,".parse::<ByAlarm>().unwrap().0;

        let pair = |prefix: &str, channel: &str| (prefix.to_owned(), channel.to_owned());
        assert_eq!(pairs, [pair("kimochi-prod-transcribe", "C1"), pair("kimochi", "C2")]);
        for wrong in ["kimochi", "=C1", " =C1", "kimochi="] {
            assert!(wrong.parse::<ByAlarm>().is_err(), "{wrong}");
        }
    }
}
