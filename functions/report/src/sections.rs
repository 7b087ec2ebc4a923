//! The parts of a report as people read them, and which report has which (operations document, 6.2.2).

mod api;
mod people;
mod plant;
mod voice;

use kimochi_domain::ReportKind;

use crate::advice;
use crate::markdown::{Section, document};
use crate::numbers::Numbers;
use crate::summary::{headline, summary};
use crate::words::moment;

pub(crate) use voice::ENDINGS;

/// The report as Markdown; `chart` is the name of the picture beside it.
pub(crate) fn markdown(numbers: &Numbers, chart: &str) -> String {
    let zone = &numbers.time_zone;
    let name = zone.iana_name().unwrap_or("UTC");
    let (from, until) = (moment(numbers.from, zone), moment(numbers.until, zone));
    let mut head =
        format!("対象：{from} から {until} まで（{name}）。作成：{}\n\n", moment(numbers.made_at, zone));
    for line in summary(numbers) {
        head.push_str(&format!("- {line}\n"));
    }
    head.push_str(&format!("\n![{}の推移]({chart})\n", numbers.period));
    document(&headline(numbers), &head, &sections(numbers))
}

fn sections(numbers: &Numbers) -> Vec<Section> {
    match numbers.report {
        // システム稼働状況
        ReportKind::Daily => vec![
            api::service(numbers),
            plant::functions(numbers),
            voice::voice(numbers),
            plant::work(numbers),
            plant::backlog(numbers),
            plant::capacity(numbers),
            plant::database(numbers),
        ],
        // 性能・セキュリティ状況
        ReportKind::Weekly => vec![
            api::service(numbers),
            api::days(numbers),
            api::routes(numbers),
            plant::statements(numbers),
            plant::functions(numbers),
            voice::voice(numbers),
            plant::work(numbers),
            plant::database(numbers),
            people::refusals(numbers),
            people::readers(numbers),
            people::looks(numbers),
            people::sign_ins(numbers),
        ],
        // 運用改善提案
        ReportKind::Monthly => vec![
            advice::section(numbers),
            api::service(numbers),
            api::days(numbers),
            people::activity(numbers),
            voice::voice(numbers),
            plant::costs(numbers),
            plant::capacity(numbers),
            plant::functions(numbers),
            plant::work(numbers),
            api::routes(numbers),
            plant::statements(numbers),
            plant::database(numbers),
            people::refusals(numbers),
            people::readers(numbers),
            people::sign_ins(numbers),
        ],
    }
}
