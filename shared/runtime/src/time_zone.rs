//! The app's time zone.

use jiff::tz::TimeZone;
use kimochi_environment::Environment;

/// In which calendar days are meant and storage keys stamped: `APP_TIME_ZONE`, an IANA name, `Asia/Tokyo` by default.
pub fn time_zone(environment: &mut Environment) -> TimeZone {
    let name = environment.optional("APP_TIME_ZONE").unwrap_or_else(|| "Asia/Tokyo".to_owned());
    TimeZone::get(&name).unwrap_or_else(|error| {
        environment.reject("APP_TIME_ZONE", error);
        TimeZone::UTC
    })
}
