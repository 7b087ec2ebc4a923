//! What a message on the alerts topic says, whatever sent it.

use jiff::Timestamp;
use kimochi_domain::Severity;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An alert, ready to be shown. Texts are as they came: whoever shows them escapes and cuts them.
///
/// Slack's first message about an alarm is changed when the alarm is over, so what it showed is
/// [kept](crate::memory) as JSON, without what a later message of the same alarm brings anew.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Alert {
    /// How urgent it is.
    pub severity: Severity,
    /// Whether something began, ended, or just happened.
    pub state: State,
    /// What happened, in one line.
    pub title: String,
    /// What it means; may have several lines, or none.
    pub description: String,
    /// When it happened; `None` when the message does not say.
    pub at: Option<Timestamp>,
    /// Facts by name, in the order in which they are shown.
    pub facts: Vec<Fact>,
    /// What the reader should do, in order.
    pub next_steps: Vec<String>,
    /// Where to go on.
    #[serde(skip)]
    pub links: Vec<Link>,
    /// Which part of the runbook is about it.
    #[serde(skip)]
    pub runbook: Option<String>,
    /// Alerts with the same key are about the same thing.
    pub key: Option<String>,
    /// The name of the alarm that it comes from.
    #[serde(skip)]
    pub alarm: Option<String>,
    /// What the alarm measures, or the notice is about, as a graph shows it.
    #[serde(skip)]
    pub graph: Option<Graph>,
    /// Whether this is the daily sign that alerts arrive.
    #[serde(skip)]
    pub is_heartbeat: bool,
    /// A message that was written for Slack: `text`, `blocks`, `attachments` as they came.
    #[serde(skip)]
    pub for_slack: Option<Value>,
}

/// Whether something began, ended, or just happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// It began, and goes on.
    Raised,
    /// It is over.
    Resolved,
    /// Nobody can tell: data are missing.
    Unclear,
    /// It happened; nothing goes on.
    Event,
}

impl State {
    /// Of an alarm of CloudWatch.
    pub(crate) fn of_alarm(value: &str) -> Self {
        match value {
            "ALARM" => Self::Raised,
            "OK" => Self::Resolved,
            _ => Self::Unclear,
        }
    }
}

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// What it is about.
    pub name: String,
    /// What it says.
    pub value: String,
}

/// A place to go on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What is there.
    pub label: &'static str,
    /// Where that is, fully encoded.
    pub url: String,
}

/// What CloudWatch is to draw.
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// In which region it is measured.
    pub region: String,
    /// From when on, as a metric widget says it: a time, or how long ago.
    pub start: String,
    /// Until when.
    pub end: String,
    /// The `metrics` of a metric widget.
    pub metrics: Value,
    /// The line that was crossed; `None` for a band, which is one of the metrics.
    pub threshold: Option<f64>,
}

impl Alert {
    /// `【緊急】title`, `【復旧】title`, `【データ不足】title`
    pub(crate) fn headline(&self) -> String {
        let title = one_line(&self.title);
        match self.state {
            State::Raised | State::Event => format!("【{}】{title}", self.severity.label()),
            State::Resolved => format!("【復旧】{title}"),
            State::Unclear => format!("【データ不足】{title}"),
        }
    }

    /// An event with a title, and nothing else yet.
    pub(crate) fn event(severity: Severity, title: impl Into<String>) -> Self {
        Self {
            severity,
            state: State::Event,
            title: title.into(),
            description: String::new(),
            at: None,
            facts: Vec::new(),
            next_steps: Vec::new(),
            links: Vec::new(),
            runbook: None,
            key: None,
            alarm: None,
            graph: None,
            is_heartbeat: false,
            for_slack: None,
        }
    }
}

/// A text without its line breaks.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

impl Fact {
    pub(crate) fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self { name: name.into(), value: value.into() }
    }

    /// A fact that the message has, or none.
    pub(crate) fn of(name: &str, value: Option<impl Into<String>>) -> Option<Self> {
        let value: String = value?.into();
        (!value.trim().is_empty()).then(|| Self::new(name, value))
    }
}
