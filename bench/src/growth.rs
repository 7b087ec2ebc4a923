//! How long a page of logs and a summary take while the table grows from a thousand rows to ten million.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result, anyhow};
use jiff::ToSpan as _;
use jiff::tz::TimeZone;
use kimochi_runtime::clock;
use plotters::prelude::*;
use serde_json::json;

use crate::house::{self, House};
use crate::sandbox::Sandbox;
use crate::statistics::Middle;
use crate::targets::Target;

/// How many rows the table has, the family's own thousand among them.
const SIZES: [i64; 3] = [1_000, 100_000, 10_000_000];
/// Rows that one statement adds.
const STEP: i64 = 500_000;
const INVOCATIONS: usize = 200;

/// One size.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) rows: i64,
    /// In milliseconds.
    pub(crate) list: Middle,
    /// In milliseconds.
    pub(crate) summary: Middle,
}

/// Measures each size.
pub(crate) async fn measure(house: &House, emotions: &Target) -> Result<Vec<Size>> {
    let (list, summary) = (house::list_event()?, summary_event()?);
    let mut sizes = Vec::new();
    let mut rows = house::LOGS.into();
    for size in SIZES {
        while rows < size {
            let more = STEP.min(size - rows);
            house.add_logs_of_others(rows, more).await?;
            rows += more;
        }
        house.settle().await?;
        let (mut sandbox, _) = Sandbox::start(&emotions.start).await?;
        let list = times(&mut sandbox, emotions, &list).await?;
        let summary = times(&mut sandbox, emotions, &summary).await?;
        sizes.push(Size { rows, list, summary });
    }
    Ok(sizes)
}

/// The last thirty days, as the app shows them.
fn summary_event() -> Result<Arc<[u8]>> {
    let today = clock::now().to_zoned(TimeZone::UTC).date();
    let from = today.checked_sub(30.days())?.to_string();
    let (child_id, to) = (house::CHILD.to_string(), today.to_string());
    house::list_event_with(|event| {
        event["routeKey"] = json!("GET /v1/emotion-logs/summary");
        event["rawPath"] = json!("/v1/emotion-logs/summary");
        event["requestContext"]["routeKey"] = event["routeKey"].clone();
        event["requestContext"]["http"]["path"] = event["rawPath"].clone();
        event["rawQueryString"] = json!(format!("child_id={child_id}&from={from}&to={to}"));
        event["queryStringParameters"] = json!({"child_id": child_id, "from": from, "to": to});
    })
}

async fn times(sandbox: &mut Sandbox, target: &Target, event: &Arc<[u8]>) -> Result<Middle> {
    let mut times = Vec::with_capacity(INVOCATIONS);
    for turn in 0..=INVOCATIONS {
        let outcome = sandbox.invoke(event).await?;
        target.check(&outcome.answer)?;
        // The first one connects.
        if turn > 0 {
            times.push(outcome.time.as_secs_f64() * 1_000.0);
        }
    }
    Ok(Middle::of(&times))
}

/// What of a size is drawn.
type Curve = fn(&Size) -> Middle;

/// Draws the curves, for `docs/`.
pub(crate) fn draw(sizes: &[Size], to: &Path) -> Result<()> {
    draw_with_plotters(sizes, to).map_err(|error| anyhow!("{error}")).context("the picture")
}

fn draw_with_plotters(sizes: &[Size], to: &Path) -> Result<(), Box<dyn Error>> {
    const FONT: &str = "sans-serif";
    let (first, last) = (sizes.first().ok_or("nothing to draw")?.rows, sizes.last().ok_or("nothing")?.rows);
    let highest = sizes.iter().flat_map(|size| [size.list.median, size.summary.median]).fold(0.0, f64::max);
    let root = SVGBackend::new(to, (720, 400)).into_drawing_area();
    root.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(&root)
        .caption("Warm invocation, median in ms, by rows of emotion_logs", (FONT, 16))
        .margin(16)
        .x_label_area_size(32)
        .y_label_area_size(48)
        .build_cartesian_2d((first as f64..last as f64).log_scale(), 0.0..highest * 1.5)?;
    chart.configure_mesh().x_label_formatter(&|rows| format!("{rows:.0e}")).label_style((FONT, 12)).draw()?;
    let curves: [(&str, RGBColor, Curve); 2] = [
        ("a page of fifty logs with their recordings", RGBColor(76, 120, 168), |size| size.list),
        ("the summary of thirty days", RGBColor(214, 69, 65), |size| size.summary),
    ];
    for (name, color, of) in curves {
        let points: Vec<_> = sizes.iter().map(|size| (size.rows as f64, of(size).median)).collect();
        chart
            .draw_series(LineSeries::new(points.clone(), color.stroke_width(2)).point_size(4))?
            .label(name)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 20, y)], color.stroke_width(2)));
    }
    chart
        .configure_series_labels()
        .position(SeriesLabelPosition::LowerRight)
        .border_style(BLACK)
        .background_style(WHITE)
        .label_font((FONT, 12))
        .draw()?;
    root.present()?;
    Ok(())
}
