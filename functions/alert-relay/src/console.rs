//! Links into AWS's console: those that we make, and those that a message brings.

use jiff::Timestamp;
use kimochi_domain::console;

use crate::alert::Link;

/// A link that a message has, if it is one to a page of AWS. Whatever else it may be, nobody is to press it.
pub(crate) fn link(label: &'static str, url: Option<&str>) -> Option<Link> {
    let url = url.map(str::trim).filter(|url| is_of_aws(url))?;
    Some(Link { label, url: url.to_owned() })
}

fn is_of_aws(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let is_plain = host.chars().all(|letter| letter.is_ascii_alphanumeric() || "-.".contains(letter));
    let is_encoded = url.chars().all(|letter| letter.is_ascii_graphic() && !"<>\"\\^`{|}".contains(letter));
    is_plain && is_encoded && host.ends_with(".aws.amazon.com")
}

/// The page of an alarm. `None` when `region` is no region's code.
pub(crate) fn alarm(region: &str, name: &str) -> Option<Link> {
    Some(Link { label: "アラームを開く", url: console::alarm_url(region, name)? })
}

/// Logs Insights over one log group around a moment: what one invocation wrote, or every warning and error.
/// `None` when a part of it has characters that none of ours has.
pub(crate) fn logs(region: &str, group: &str, request_id: Option<&str>, at: Timestamp) -> Option<Link> {
    Some(Link { label: "ログを調べる", url: console::logs_url(region, group, request_id, at)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_aws_are_linked() {
        for url in [
            "https://console.aws.amazon.com/billing/home#/budgets",
            "https://ap-northeast-1.console.aws.amazon.com?region=ap-northeast-1",
        ] {
            assert!(link("開く", Some(url)).is_some(), "{url}");
        }
        for url in [
            "http://console.aws.amazon.com/",
            "https://console.aws.amazon.com.example.org/",
            "https://console.aws.amazon.com@example.org/",
            "https://example.org\\.aws.amazon.com/",
            "https://example.org/#.aws.amazon.com",
            "https://notaws.amazon.com.example/",
            "https://console.aws.amazon.com/a b",
            "https://bucket.s3.amazonaws.com/page",
            "https://",
            "",
        ] {
            assert_eq!(link("開く", Some(url)), None, "{url}");
        }
    }
}
