//! A report in its three forms; what they say follows from the numbers alone.

use kimochi_domain::{ReportFormat, ReportKey};

use crate::numbers::Numbers;
use crate::{chart, sections};

/// A report in its three forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// For people.
    pub markdown: String,
    /// The numbers.
    pub json: String,
    /// The chart that the Markdown shows.
    pub svg: String,
}

/// Writes the report.
///
/// # Errors
/// A mistake of ours: numbers that cannot be drawn or written.
pub fn render(numbers: &Numbers) -> Result<Rendered, String> {
    let chart = ReportKey { period: numbers.period, format: ReportFormat::Svg }.to_string();
    let name = chart.rsplit('/').next().unwrap_or_default();
    let mut json = serde_json::to_string_pretty(numbers).map_err(|error| error.to_string())?;
    json.push('\n');
    Ok(Rendered { markdown: sections::markdown(numbers, name), json, svg: chart::svg(numbers)? })
}

impl Rendered {
    /// Its files; the Markdown comes last, so that what it shows is there.
    pub(crate) fn files(self) -> [(ReportFormat, Vec<u8>); 3] {
        [
            (ReportFormat::Json, self.json.into_bytes()),
            (ReportFormat::Svg, self.svg.into_bytes()),
            (ReportFormat::Markdown, self.markdown.into_bytes()),
        ]
    }
}
