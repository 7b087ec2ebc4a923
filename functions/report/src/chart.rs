//! The picture of a report: what clients asked, how long they waited, what became of voice notes; an SVG, whose text whoever
//! shows it draws with fonts of their own.

use std::collections::BTreeMap;
use std::error::Error;

use jiff::Timestamp;
use kimochi_store::reports::Step;
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::numbers::{ApiStep, Given, Numbers};
use crate::sections::ENDINGS;
use crate::targets::Target;
use crate::words::{count, status, unavailable};

const SIZE: (u32, u32) = (960, 780);
/// Height of a title, and the room beside what is drawn.
const HEAD: i32 = 40;
const LEFT: i32 = 64;
const RIGHT: i32 = 24;
const MOST_LABELS: usize = 12;
const FONT: &str = "'Noto Sans JP', 'Hiragino Sans', 'Yu Gothic', 'IPAGothic', sans-serif";

const INK: RGBColor = RGBColor(60, 60, 67);
const GRID: RGBColor = RGBColor(229, 229, 234);
const BLUE: RGBColor = RGBColor(76, 120, 168);
const LIGHT_BLUE: RGBColor = RGBColor(158, 188, 218);
const RED: RGBColor = RGBColor(214, 69, 65);
/// Of the endings of a voice note, in their order.
const COLORS: [RGBColor; 5] =
    [RGBColor(89, 161, 79), RGBColor(186, 176, 172), RGBColor(237, 201, 72), RED, RGBColor(156, 117, 95)];

type Drawing<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Panel<'a, 'b> = ChartContext<'b, SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;
type Drawn = Result<(), Box<dyn Error>>;

/// Where hours or days stand on the picture.
struct Steps {
    begins: Vec<Timestamp>,
    labels: Vec<String>,
}

/// Bars on one another: a name, a colour, and a height at each step.
struct Layer {
    name: String,
    color: RGBColor,
    heights: Vec<f64>,
}

/// The picture.
pub(crate) fn svg(numbers: &Numbers) -> Result<String, String> {
    let mut text = String::new();
    draw(numbers, &mut text).map_err(|error| error.to_string())?;
    Ok(text)
}

fn draw(numbers: &Numbers, text: &mut String) -> Drawn {
    let steps = Steps::of(numbers);
    let root = SVGBackend::with_string(text, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let panels = root.split_evenly((3, 1));
    requests(numbers, &steps, &panels[0])?;
    times(numbers, &steps, &panels[1])?;
    voice(numbers, &steps, &panels[2])?;
    root.present()?;
    Ok(())
}

/// What clients asked; where the gateway's numbers are missing, how often the functions behind it were called.
fn requests(numbers: &Numbers, steps: &Steps, area: &Drawing<'_>) -> Drawn {
    let called = numbers.functions.known().filter(|functions| !functions.api_calls.is_empty());
    match (&numbers.api, called) {
        (Given::Known(api), _) => {
            let errors = steps.place(api.steps.iter().map(|step| (step.at, step.errors)));
            let all = steps.place(api.steps.iter().map(|step| (step.at, step.requests)));
            let good = all.iter().zip(&errors).map(|(all, errors)| (all - errors).max(0.0)).collect();
            let layers = [
                Layer { name: "リクエスト".to_owned(), color: BLUE, heights: good },
                Layer { name: "うちエラー（5xx）".to_owned(), color: RED, heights: errors },
            ];
            bars(area, steps, "リクエスト", &layers)
        }
        (Given::Missing { .. }, Some(functions)) => {
            let heights = steps.place(functions.api_calls.iter().copied());
            let layer = Layer { name: "呼び出し".to_owned(), color: BLUE, heights };
            bars(area, steps, "API の関数の呼び出し（リクエストの指標は取得できません）", &[layer])
        }
        (Given::Missing { unavailable: why }, None) => nothing(area, "リクエスト", why),
    }
}

/// How long clients waited, against the promise.
fn times(numbers: &Numbers, steps: &Steps, area: &Drawing<'_>) -> Drawn {
    const TITLE: &str = "応答時間（ms）";
    let api = match &numbers.api {
        Given::Known(api) => api,
        Given::Missing { unavailable: why } => return nothing(area, TITLE, why),
    };
    let limit = Target::Mean.limit();
    let values = api.steps.iter().flat_map(|step| [step.mean_ms, step.p95_ms]).flatten();
    let body = head(area, TITLE, &[("目標（平均）", RED), ("平均", BLUE), ("p95", LIGHT_BLUE)])?;
    let mut panel = panel(&body, steps, values.fold(limit, f64::max))?;
    let end = steps.begins.len() as f64;
    panel.draw_series(LineSeries::new([(0.0, limit), (end, limit)], RED.stroke_width(1)))?;
    let means = (BLUE, (|step| step.mean_ms) as fn(&ApiStep) -> Option<f64>);
    for (color, of) in [means, (LIGHT_BLUE, |step| step.p95_ms)] {
        let placed = |step: &ApiStep| Some((steps.position(step.at)? as f64 + 0.5, of(step)?));
        let points: Vec<_> = api.steps.iter().filter_map(placed).collect();
        panel.draw_series(LineSeries::new(points.clone(), color.stroke_width(2)))?;
        panel.draw_series(points.into_iter().map(|point| Circle::new(point, 2, color.filled())))?;
    }
    Ok(())
}

/// What became of voice notes.
fn voice(numbers: &Numbers, steps: &Steps, area: &Drawing<'_>) -> Drawn {
    const TITLE: &str = "文字起こし";
    let voice = match &numbers.voice {
        Given::Known(voice) => voice,
        Given::Missing { unavailable: why } => return nothing(area, TITLE, why),
    };
    let layers = ENDINGS.into_iter().zip(COLORS).map(|(name, color)| {
        let of = |by_status: &BTreeMap<String, i64>| by_status.get(name).copied().unwrap_or_default() as f64;
        let heights = steps.place(voice.steps.iter().map(|step| (step.at, of(&step.by_status))));
        Layer { name: status(name).to_owned(), color, heights }
    });
    let layers: Vec<_> = layers.filter(|layer| layer.heights.iter().sum::<f64>() > 0.0).collect();
    bars(area, steps, TITLE, &layers)
}

fn bars(area: &Drawing<'_>, steps: &Steps, title: &str, layers: &[Layer]) -> Drawn {
    let names: Vec<_> = layers.iter().map(|layer| (layer.name.as_str(), layer.color)).collect();
    let body = head(area, title, &names)?;
    let height = |place: usize| layers.iter().map(|layer| layer.heights[place]).sum::<f64>();
    let most = (0..steps.begins.len()).map(height).fold(0.0, f64::max);
    let mut panel = panel(&body, steps, most)?;
    let mut below = vec![0.0; steps.begins.len()];
    for layer in layers {
        let bars = layer.heights.iter().zip(&below).enumerate().filter(|(_, (height, _))| **height > 0.0);
        let bars = bars.map(|(place, (height, below))| {
            let left = place as f64;
            Rectangle::new([(left + 0.15, *below), (left + 0.85, below + height)], layer.color.filled())
        });
        panel.draw_series(bars)?;
        below.iter_mut().zip(&layer.heights).for_each(|(below, height)| *below += height);
    }
    Ok(())
}

/// Title and legend in a line of their own, where they cover nothing; gives what is left.
fn head<'a>(
    area: &Drawing<'a>,
    title: &str,
    names: &[(&str, RGBColor)],
) -> Result<Drawing<'a>, Box<dyn Error>> {
    let (head, body) = area.split_vertically(HEAD);
    head.draw_text(title, &TextStyle::from((FONT, 18).into_font()).color(&INK), (LEFT, 12))?;
    let (width, _) = head.dim_in_pixel();
    let mut right = i32::try_from(width)? - RIGHT;
    for (name, color) in names.iter().rev() {
        right -= width_of(name);
        head.draw_text(name, &small(), (right, 15))?;
        head.draw(&Rectangle::new([(right - 20, 16), (right - 6, 25)], color.filled()))?;
        right -= 38;
    }
    Ok(body)
}

/// In pixels, about: fonts differ.
fn width_of(text: &str) -> i32 {
    text.chars().map(|character| if character.is_ascii() { 7 } else { 12 }).sum()
}

fn small() -> TextStyle<'static> {
    TextStyle::from((FONT, 14).into_font()).color(&INK)
}

fn panel<'a, 'b>(area: &'b Drawing<'a>, steps: &Steps, most: f64) -> Result<Panel<'a, 'b>, Box<dyn Error>> {
    let number = steps.begins.len();
    let mut panel = ChartBuilder::on(area)
        .margin_right(RIGHT)
        .x_label_area_size(30)
        .y_label_area_size(LEFT)
        .build_cartesian_2d(0.0..number as f64, 0.0..(most * 1.1).max(1.0))?;
    panel
        .configure_mesh()
        .disable_x_mesh()
        .disable_x_axis()
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(GRID)
        .y_labels(5)
        .y_label_formatter(&|value| count(*value))
        .label_style(small())
        .draw()?;
    // Below the middle of each bar, as many as there is room for.
    let every = number.div_ceil(MOST_LABELS).max(1);
    let style = small().pos(Pos::new(HPos::Center, VPos::Top));
    for (place, label) in steps.labels.iter().enumerate().step_by(every) {
        let text = Text::new(label.clone(), (0, 8), style.clone());
        panel.plotting_area().draw(&(EmptyElement::at((place as f64 + 0.5, 0.0)) + text))?;
    }
    Ok(panel)
}

fn nothing(area: &Drawing<'_>, title: &str, why: &str) -> Drawn {
    let body = head(area, title, &[])?;
    let (_, height) = body.dim_in_pixel();
    let at = (LEFT, i32::try_from(height / 3)?);
    body.draw_text(&unavailable(why), &TextStyle::from((FONT, 15).into_font()).color(&INK), at)?;
    Ok(())
}

impl Steps {
    fn of(numbers: &Numbers) -> Self {
        let zone = &numbers.time_zone;
        let mut here = numbers.from.to_zoned(zone.clone());
        let (mut begins, mut labels) = (Vec::new(), Vec::new());
        while here.timestamp() < numbers.until {
            begins.push(here.timestamp());
            let (label, next) = match numbers.step() {
                Step::Hour => {
                    (here.strftime("%-H時").to_string(), here.checked_add(jiff::Span::new().hours(1)))
                }
                Step::Day => {
                    (here.strftime("%-m/%-d").to_string(), here.checked_add(jiff::Span::new().days(1)))
                }
            };
            labels.push(label);
            let Ok(next) = next else { break };
            here = next;
        }
        Self { begins, labels }
    }

    fn position(&self, at: Timestamp) -> Option<usize> {
        self.begins.binary_search(&at).ok()
    }

    /// A value for each step; 0 where there is none.
    fn place(&self, values: impl Iterator<Item = (Timestamp, f64)>) -> Vec<f64> {
        let mut placed = vec![0.0; self.begins.len()];
        for (at, value) in values {
            if let Some(position) = self.position(at) {
                placed[position] += value;
            }
        }
        placed
    }
}
