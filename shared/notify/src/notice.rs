//! One notice, in the custom notification format of Amazon Q Developer in chat applications.

use std::collections::BTreeMap;

use kimochi_domain::{Graph, Severity};
use serde::Serialize;
use serde_json::{Value, json};

/// Something that operators should know. Texts are Japanese and hold nothing personal: ids, counts, reasons.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What kind of event it is, such as `transcription_failed`; stable, for filters and statistics.
    pub event_type: &'static str,
    /// How urgent it is.
    pub severity: Severity,
    /// What happened, in one line.
    pub title: String,
    /// What it means, in a few sentences.
    pub description: String,
    /// What the reader should do, in order.
    pub next_steps: Vec<String>,
    /// Notices with the same thread belong together.
    pub thread_id: String,
    /// Facts by name: ids, counts, durations.
    pub context: BTreeMap<&'static str, String>,
}

impl Notice {
    /// Has a picture drawn by CloudWatch put beside it. A text, because the format's facts are texts; whoever draws checks it
    /// once more.
    #[must_use]
    pub fn with_graph(mut self, graph: &Graph) -> Self {
        self.context.insert("graph", json!(graph).to_string());
        self
    }

    /// The message as it goes onto the topic.
    pub fn to_json(&self) -> Value {
        let mut context: BTreeMap<&str, &str> =
            self.context.iter().map(|(name, value)| (*name, value.as_str())).collect();
        context.insert("severity", self.severity.as_str());
        json!({
            "version": "1.0",
            "source": "custom",
            "content": {
                "textType": "client-markdown",
                "title": self.title,
                "description": self.description,
                "nextSteps": self.next_steps,
                "keywords": [self.severity.label(), self.event_type],
            },
            "metadata": {
                "threadId": self.thread_id,
                "summary": self.title,
                "eventType": self.event_type,
                "additionalContext": context,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_has_the_documented_form() {
        let notice = Notice {
            event_type: "transcription_failed",
            severity: Severity::Warning,
            title: "音声の文字起こしに失敗しました".to_owned(),
            description: "3回試しましたが完了しませんでした。".to_owned(),
            next_steps: vec!["job_runs を確認する".to_owned()],
            thread_id: "transcription".to_owned(),
            context: BTreeMap::from([("attempt", "3".to_owned())]),
        };

        let expected = json!({
            "version": "1.0",
            "source": "custom",
            "content": {
                "textType": "client-markdown",
                "title": "音声の文字起こしに失敗しました",
                "description": "3回試しましたが完了しませんでした。",
                "nextSteps": ["job_runs を確認する"],
                "keywords": ["重要", "transcription_failed"],
            },
            "metadata": {
                "threadId": "transcription",
                "summary": "音声の文字起こしに失敗しました",
                "eventType": "transcription_failed",
                "additionalContext": {"attempt": "3", "severity": "warning"},
            },
        });
        assert_eq!(notice.to_json(), expected);
    }
}
