//! Addresses of pages in AWS's console, every part of them encoded.

use std::fmt::Display;

use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a name may keep in the fragment of a URL.
const IN_A_FRAGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// How long before and after the moment the log is shown.
const AROUND: SignedDuration = SignedDuration::from_mins(15);

/// The page of an alarm. `None` when `region` is no region's code.
pub fn alarm_url(region: &str, name: &str) -> Option<String> {
    cloud_watch(region, &format!("alarmsV2:alarm/{}", in_a_fragment(name)))
}

/// Logs Insights over one log group around a moment: what one invocation wrote, or every warning and error.
/// `None` when a part of it has characters that none of ours has.
pub fn logs_url(region: &str, group: &str, request_id: Option<&str>, at: Timestamp) -> Option<String> {
    let is_plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_/.#".contains(&byte))
    };
    if !is_plain(group) || !request_id.is_none_or(is_plain) {
        return None;
    }
    let query = match request_id {
        Some(id) => format!("fields @timestamp, @message\n| filter @message like \"{id}\"\n| sort @timestamp asc\n| limit 500"),
        None => "fields @timestamp, level, @message\n| filter level in [\"WARN\", \"ERROR\"] or @message like /panicked|Task timed out/\n| sort @timestamp desc\n| limit 500".to_owned(),
    };
    let moment = |at: Timestamp| escaped(&at.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string());
    let (start, end) = (at.checked_sub(AROUND).ok()?, at.checked_add(AROUND).ok()?);
    let detail = format!(
        "~(end~'{}~start~'{}~timeType~'ABSOLUTE~tz~'UTC~editorString~'{}~source~(~'{}))",
        moment(end),
        moment(start),
        escaped(&query),
        escaped(group),
    );
    cloud_watch(region, &format!("logsV2:logs-insights$3FqueryDetail$3D{detail}"))
}

/// Whether this is a region's code, and not its name, such as `Asia Pacific (Tokyo)`.
pub fn is_region(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// A name as it stands in the fragment of a URL.
pub fn in_a_fragment(name: &str) -> impl Display {
    utf8_percent_encode(name, IN_A_FRAGMENT)
}

fn cloud_watch(region: &str, place: &str) -> Option<String> {
    is_region(region)
        .then(|| format!("https://{region}.console.aws.amazon.com/cloudwatch/home?region={region}#{place}"))
}

/// ASCII inside the console's own notation for nested values (`~(name~'text)`): a star and two digits stand for
/// whatever is neither a letter nor a digit.
fn escaped(text: &str) -> String {
    use std::fmt::Write as _;
    let mut escaped = String::with_capacity(text.len() * 2);
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' => escaped.push(char::from(byte)),
            other => {
                let _ = write!(escaped, "*{other:02x}");
            }
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_encoded() {
        assert_eq!(
            alarm_url("ap-northeast-1", "a b/c#よ").unwrap(),
            "https://ap-northeast-1.console.aws.amazon.com/cloudwatch/home?region=ap-northeast-1#alarmsV2:alarm/a%20b%2Fc%23%E3%82%88"
        );
        assert_eq!(alarm_url("Asia Pacific (Tokyo)", "a"), None);
    }

    #[test]
    fn a_log_is_opened_at_its_moment_and_its_request() {
        let at = "2026-04-01T00:00:00Z".parse().unwrap();

        let url = logs_url("ap-northeast-1", "/aws/lambda/kimochi-prod-x", Some("8a-1"), at).unwrap();

        assert_eq!(
            url,
            "https://ap-northeast-1.console.aws.amazon.com/cloudwatch/home?region=ap-northeast-1#logsV2:logs-insights$3FqueryDetail$3D\
             ~(end~'2026-04-01T00*3a15*3a00.000Z~start~'2026-03-31T23*3a45*3a00.000Z~timeType~'ABSOLUTE~tz~'UTC~editorString~'fields*20*40timestamp*2c*20*40message*0a\
             *7c*20filter*20*40message*20like*20*228a-1*22*0a*7c*20sort*20*40timestamp*20asc*0a*7c*20limit*20500~source~(~'*2faws*2flambda*2fkimochi-prod-x))"
        );
    }

    #[test]
    fn what_could_change_the_query_makes_no_link() {
        let at = "2026-04-01T00:00:00Z".parse().unwrap();
        for (group, id) in
            [("/aws/x", "a\" or 1"), ("/aws/よ", "a"), ("", "a"), ("/aws/x", ""), ("a'~b", "a")]
        {
            assert_eq!(logs_url("ap-northeast-1", group, Some(id), at), None, "{group} {id}");
        }
    }
}
