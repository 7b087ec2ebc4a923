//! How long to wait before asking again.

use std::time::Duration;

use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(8);

/// The wait after the `attempt`th failure (from 1): doubling, with half of it random so that many
/// functions do not come back together, and never less than the service asked for.
pub fn wait(attempt: u32, retry_after: Option<Duration>) -> Duration {
    let doubled = FIRST.saturating_mul(1_u32 << attempt.saturating_sub(1).min(16)).min(LONGEST);
    let jittered = doubled.mul_f32(0.5 + 0.5 * fastrand::f32());
    match retry_after {
        Some(asked) => jittered.max(asked.saturating_add(FIRST.mul_f32(fastrand::f32()))),
        None => jittered,
    }
}

/// What `Retry-After` asks for in either of its forms (RFC 9110, 10.2.3): seconds, or a date. A date is
/// read against the `Date` of the same response, so that the two clocks need not agree.
pub fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let asked = value(RETRY_AFTER)?;
    match asked.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let date = |text| httpdate::parse_http_date(text).ok();
            Some(date(asked)?.duration_since(date(value(DATE)?)?).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn asked(retry_after_value: &str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(DATE, HeaderValue::from_static("Wed, 21 Oct 2015 07:28:00 GMT"));
        headers.insert(RETRY_AFTER, HeaderValue::from_str(retry_after_value).expect("a header"));
        retry_after(&headers)
    }

    #[test]
    fn waits_double_with_jitter_up_to_a_limit() {
        for (attempt, most) in [(1, 0.5), (2, 1.0), (3, 2.0), (5, 8.0), (60, 8.0)] {
            let wait = wait(attempt, None).as_secs_f32();
            assert!((most / 2.0..=most).contains(&wait), "attempt {attempt}: {wait} s");
        }
    }

    #[test]
    fn the_service_is_not_asked_before_it_wants() {
        let asked = Duration::from_secs(3);

        assert!((asked..asked + FIRST).contains(&wait(1, Some(asked))));
        assert_eq!(wait(1, Some(Duration::MAX)), Duration::MAX);
    }

    #[test]
    fn retry_after_may_be_seconds() {
        assert_eq!(asked("7"), Some(Duration::from_secs(7)));
        assert_eq!(asked("0"), Some(Duration::ZERO));
    }

    #[test]
    fn retry_after_may_be_a_date() {
        assert_eq!(asked("Wed, 21 Oct 2015 07:28:10 GMT"), Some(Duration::from_secs(10)));
        assert_eq!(asked("Wed, 21 Oct 2015 07:20:00 GMT"), Some(Duration::ZERO));
    }

    #[test]
    fn another_retry_after_is_ignored() {
        for value in ["", "soon", "-1", "1.5"] {
            assert_eq!(asked(value), None, "{value}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
