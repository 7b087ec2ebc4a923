//! What a notice asks CloudWatch to draw: a few metrics over some time.
//!
//! The notice travels over a topic that others publish to as well, so whoever draws reads it into these types first: a
//! picture of metrics, and nothing else, can be asked for.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::text_enum::text_enum;

/// The most lines that one picture can show and a person can read.
const MAX_LINES: usize = 8;
/// CloudWatch's own limit.
const MAX_DIMENSIONS: usize = 30;
/// CloudWatch's own limit.
const MAX_NAME: usize = 255;
/// A label stands beside the line.
const MAX_LABEL: usize = 60;
/// CloudWatch forgets what happened within five minutes after so long.
const LONGEST: SignedDuration = SignedDuration::from_hours(63 * 24);

text_enum! {
    /// How the values of a period become one.
    pub enum Statistic as "statistic" {
        /// All of them together.
        Sum = "Sum",
        /// Their mean.
        Average = "Average",
        /// The largest.
        Maximum = "Maximum",
        /// 95 of 100 are not larger.
        P95 = "p95",
        /// How many there are.
        SampleCount = "SampleCount",
    }
}

/// One line of the picture.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GraphLine {
    /// What it is called in the picture.
    pub label: String,
    /// Of the metric.
    pub namespace: String,
    /// Of the metric.
    pub metric: String,
    /// Of the metric.
    #[serde(default)]
    pub dimensions: BTreeMap<String, String>,
    /// What of the values is shown.
    pub statistic: Statistic,
    /// Seconds for which there is one point.
    pub period_seconds: u32,
}

/// A few metrics over some time, checked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Unchecked")]
pub struct Graph {
    from: Timestamp,
    until: Timestamp,
    lines: Vec<GraphLine>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    from: Timestamp,
    until: Timestamp,
    lines: Vec<GraphLine>,
}

/// What asks for no picture that we would draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no graph: {0}")]
pub struct InvalidGraph(&'static str);

impl Graph {
    /// A picture of `lines` from one moment to another.
    ///
    /// # Errors
    /// When nobody would draw it.
    pub fn new(from: Timestamp, until: Timestamp, lines: Vec<GraphLine>) -> Result<Self, InvalidGraph> {
        let lasts = until.duration_since(from);
        if lasts <= SignedDuration::ZERO || lasts > LONGEST {
            return Err(InvalidGraph("must span up to 63 days"));
        }
        if !(1..=MAX_LINES).contains(&lines.len()) {
            return Err(InvalidGraph("must have one to eight lines"));
        }
        lines.iter().try_for_each(GraphLine::check)?;
        Ok(Self { from, until, lines })
    }

    /// From when on.
    pub fn from(&self) -> Timestamp {
        self.from
    }

    /// Until when.
    pub fn until(&self) -> Timestamp {
        self.until
    }

    /// What is drawn.
    pub fn lines(&self) -> &[GraphLine] {
        &self.lines
    }
}

impl TryFrom<Unchecked> for Graph {
    type Error = InvalidGraph;

    fn try_from(Unchecked { from, until, lines }: Unchecked) -> Result<Self, InvalidGraph> {
        Self::new(from, until, lines)
    }
}

impl GraphLine {
    fn check(&self) -> Result<(), InvalidGraph> {
        let is_name = |text: &str| {
            (1..=MAX_NAME).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
        };
        let names = [&self.namespace, &self.metric];
        let mut names = names.into_iter().chain(self.dimensions.keys()).chain(self.dimensions.values());
        if !names.all(|name| is_name(name)) || self.dimensions.len() > MAX_DIMENSIONS {
            return Err(InvalidGraph("must name metrics as CloudWatch does"));
        }
        let is_shown = |character: char| !character.is_control();
        if !(1..=MAX_LABEL).contains(&self.label.chars().count()) || !self.label.chars().all(is_shown) {
            return Err(InvalidGraph("labels must have one to sixty visible characters"));
        }
        // Dynamic parts of a label, such as ${PROP('Dim.x')}, and anything else that CloudWatch might evaluate.
        if self.label.contains("${") {
            return Err(InvalidGraph("labels must be plain"));
        }
        if !self.period_seconds.is_multiple_of(60) || !(60..=86_400).contains(&self.period_seconds) {
            return Err(InvalidGraph("periods must be minutes, and a day at most"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> GraphLine {
        GraphLine {
            label: "リクエスト".to_owned(),
            namespace: "AWS/ApiGateway".to_owned(),
            metric: "Count".to_owned(),
            dimensions: BTreeMap::from([("ApiId".to_owned(), "a1".to_owned())]),
            statistic: Statistic::Sum,
            period_seconds: 3_600,
        }
    }

    fn hours(hours: i64) -> (Timestamp, Timestamp) {
        let from = "2026-03-30T15:00:00Z".parse().unwrap();
        (from, from + SignedDuration::from_hours(hours))
    }

    #[test]
    fn a_graph_survives_its_way_as_json() {
        let (from, until) = hours(24);
        let graph = Graph::new(from, until, vec![line()]).unwrap();
        let json = serde_json::to_string(&graph).unwrap();
        assert_eq!(serde_json::from_str::<Graph>(&json).unwrap(), graph);
    }

    #[test]
    fn what_is_more_than_a_picture_of_metrics_is_refused() {
        let changes: [fn(&mut GraphLine); 9] = [
            |line| line.namespace.clear(),
            |line| line.metric = "あ".to_owned(),
            |line| line.metric = "a".repeat(256),
            |line| drop(line.dimensions.insert("a".to_owned(), "\n".to_owned())),
            |line| line.label = "${LABEL}".to_owned(),
            |line| line.label = "あ".repeat(61),
            |line| line.label.clear(),
            |line| line.period_seconds = 90,
            |line| line.period_seconds = 0,
        ];
        let (from, until) = hours(24);
        for (number, change) in changes.into_iter().enumerate() {
            let mut line = line();
            change(&mut line);
            assert!(Graph::new(from, until, vec![line]).is_err(), "{number}");
        }
        for (lasting, lines) in [(24, 0), (24, 9), (0, 1), (-1, 1), (63 * 24 + 1, 1)] {
            let (from, until) = hours(lasting);
            assert!(Graph::new(from, until, vec![line(); lines]).is_err(), "{lasting} {lines}");
        }
        let good = serde_json::to_string(&Graph::new(from, until, vec![line()]).unwrap()).unwrap();
        for json in [
            "{}",
            "[[\"AWS/Lambda\", \"Errors\"]]",
            &good.replace("\"metric\"", "\"expression\""),
            &good.replace("\"Sum\"", "\"SUM(METRICS())\""),
            &good.replace("\"until\"", "\"end\""),
            &good.replace("3600", "3601"),
        ] {
            assert!(serde_json::from_str::<Graph>(json).is_err(), "{json}");
        }
    }
}
