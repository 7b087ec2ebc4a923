//! What a message on the alerts topic says, whatever sent it.

use jiff::Timestamp;
use kimochi_domain::Severity;
use serde_json::Value;

/// An alert, ready to be shown. Texts are as they came: whoever shows them escapes and cuts them.
#[derive(Debug, Clone, PartialEq)]
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
    pub links: Vec<Link>,
    /// Alerts with the same key are about the same thing.
    pub key: Option<String>,
    /// A message that was written for Slack: `text`, `blocks`, `attachments` as they came.
    pub for_slack: Option<Value>,
}

/// Whether something began, ended, or just happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl Alert {
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
            key: None,
            for_slack: None,
        }
    }
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
