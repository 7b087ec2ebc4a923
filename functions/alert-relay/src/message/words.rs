//! What an alarm's description tells us beside the people: `severity=critical`, `runbook=transcribe-dlq`,
//! `logs=/aws/lambda/kimochi-prod-transcribe`.

use kimochi_domain::Severity;

/// A description, and the words that stood in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) severity: Option<Severity>,
    /// A part of our runbook.
    pub(super) runbook: Option<String>,
    /// A runbook of its own. Descriptions are written by whoever may make alarms.
    pub(super) runbook_url: Option<String>,
    /// The log group that tells more.
    pub(super) logs: Option<String>,
    /// What is left for people.
    pub(super) text: String,
}

/// Takes the words out, wherever they stand: Japanese puts no space before them. A word with a value that it cannot have
/// stays in the text.
pub(super) fn read(description: &str) -> Words {
    let mut text = description.to_owned();
    let severity = take(&mut text, "severity=", |value| {
        let letters = value.split(|character: char| !character.is_ascii_alphabetic()).next()?;
        Some((letters.parse().ok()?, letters.len()))
    });
    let runbook = take(&mut text, "runbook=", name);
    let logs = take(&mut text, "logs=", name);
    let (runbook_url, runbook) = match runbook {
        Some(url) if url.starts_with("https://") => (Some(url), None),
        part => (None, part),
    };
    Words { severity, runbook, runbook_url, logs, text: text.trim().to_owned() }
}

/// The first place where `word` stands with a value that `parse` accepts; it says how long the value is.
fn take<T>(text: &mut String, word: &str, parse: impl Fn(&str) -> Option<(T, usize)>) -> Option<T> {
    let found = text.match_indices(word).find_map(|(start, _)| {
        let (value, length) = parse(&text[start + word.len()..])?;
        Some((value, start..start + word.len() + length))
    });
    let (value, place) = found?;
    text.replace_range(place, "");
    Some(value)
}

fn name(value: &str) -> Option<(String, usize)> {
    let is_part = |character: char| character.is_ascii_alphanumeric() || "-_./:#".contains(character);
    let end = value.find(|character| !is_part(character)).unwrap_or(value.len());
    (end > 0).then(|| (value[..end].to_owned(), end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_may_say_how_urgent_it_is() {
        for (description, severity, text) in [
            ("severity=critical DLQ に残っています", Some(Severity::Critical), "DLQ に残っています"),
            ("確認してください。severity=warning", Some(Severity::Warning), "確認してください。"),
            ("遅い severity=info です", Some(Severity::Info), "遅い  です"),
            ("severity= severity=critical", Some(Severity::Critical), "severity="),
            ("severity=urgent", None, "severity=urgent"),
            ("", None, ""),
        ] {
            let words = read(description);
            assert_eq!((words.severity, words.text.as_str()), (severity, text), "{description}");
        }
    }

    #[test]
    fn and_where_to_go_on() {
        let words =
            read("止まりました。severity=critical runbook=dlq logs=/aws/lambda/a-b\n確認してください");

        assert_eq!(words.runbook.as_deref(), Some("dlq"));
        assert_eq!(words.logs.as_deref(), Some("/aws/lambda/a-b"));
        assert_eq!(words.text.split_whitespace().collect::<Vec<_>>(), ["止まりました。", "確認してください"]);
        let elsewhere = read("runbook=https://example.com/a#b");
        assert_eq!(
            (elsewhere.runbook_url.as_deref(), elsewhere.runbook),
            (Some("https://example.com/a#b"), None)
        );
        assert_eq!(read("runbook= logs=").text, "runbook= logs=");
    }
}
