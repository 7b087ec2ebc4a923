//! How alerts look in tests.

use alert_relay::PerSeverity;
use alert_relay::slack::Appearance;
use jiff::tz::TimeZone;

/// Times in Tokyo, and nobody called.
pub(crate) fn appearance() -> Appearance {
    let nobody = PerSeverity { critical: String::new(), warning: String::new(), info: String::new() };
    Appearance { time_zone: TimeZone::get("Asia/Tokyo").expect("a zone"), mentions: nobody }
}
