//! What the function reads from its environment.

use jiff::tz::TimeZone;
use kimochi_environment::{Environment, InvalidEnvironment};
use reqwest::Url;

use crate::PerSeverity;

/// | variable | default | template parameter |
/// |---|---|---|
/// | `ALERT_SECRET` | – | `AlertSecret` |
/// | `SLACK_API_URL` | `https://slack.com/api` | `SlackApiUrl` |
/// | `SLACK_CHANNEL_CRITICAL`, `…_WARNING`, `…_INFO` | – | `SlackChannelCritical`, `…Warning`, `…Info` |
/// | `SLACK_MENTION_CRITICAL`, `…_WARNING`, `…_INFO` | nobody | `SlackMentionCritical`, `…Warning`, `…Info` |
/// | `PAGERDUTY_URL` | `https://events.pagerduty.com` | `PagerDutyUrl` |
/// | `APP_TIME_ZONE` | `Asia/Tokyo` | `AppTimeZone` |
/// | `LOG_LEVEL` | `info` | `LogLevel` |
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The secret with what opens Slack and PagerDuty.
    pub alert_secret: String,
    /// Where Slack's methods are.
    pub slack_api_url: Url,
    /// The channel of each severity, by id.
    pub slack_channels: PerSeverity<String>,
    /// Who is called for each severity; empty for nobody.
    pub slack_mentions: PerSeverity<String>,
    /// Where PagerDuty takes events.
    pub pagerduty_url: Url,
    /// In which times are shown, beside UTC.
    pub time_zone: TimeZone,
    /// How much is logged.
    pub log_level: String,
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
            slack_channels: PerSeverity {
                critical: environment.required("SLACK_CHANNEL_CRITICAL"),
                warning: environment.required("SLACK_CHANNEL_WARNING"),
                info: environment.required("SLACK_CHANNEL_INFO"),
            },
            slack_mentions: PerSeverity {
                critical: mention(&mut environment, "SLACK_MENTION_CRITICAL"),
                warning: mention(&mut environment, "SLACK_MENTION_WARNING"),
                info: mention(&mut environment, "SLACK_MENTION_INFO"),
            },
            pagerduty_url: environment.parsed_or("PAGERDUTY_URL", url("https://events.pagerduty.com")),
            time_zone: kimochi_runtime::time_zone(&mut environment),
            log_level: environment.parsed_or("LOG_LEVEL", "info".to_owned()),
        };
        environment.check(config)
    }
}
