//! What clients met: against the targets, by days, by routes.

use std::collections::BTreeSet;

use crate::markdown::Section;
use crate::numbers::{Api, Numbers};
use crate::targets::Target;
use crate::words::{NOTHING, count, or_dash, or_none, percent, time, unavailable};

/// So many routes are shown.
const MOST: usize = 10;

pub(super) fn service(numbers: &Numbers) -> Section {
    let api = &numbers.api;
    let before = &numbers.api_before;
    let row = |target: Target| {
        let value = target.of(api);
        let shown: fn(f64) -> String = match target {
            Target::Availability | Target::Errors => percent,
            Target::Mean | Target::P95 => time,
        };
        let before = or_dash(target.of(before).known().copied(), shown);
        [
            target.name().to_owned(),
            or_none(&value, shown),
            before,
            target.text().to_owned(),
            target.verdict(&value).sign().to_owned(),
        ]
    };
    let total = |name: &str, of: fn(&Api) -> f64| {
        let now = api.known().map(of).ok_or_else(String::new).into();
        let before = or_dash(before.known().map(of), count);
        [name.to_owned(), or_none(&now, count), before, NOTHING.to_owned(), NOTHING.to_owned()]
    };
    let rows = Target::ALL.map(row).into_iter().chain([
        total("リクエスト", |api| api.requests),
        total("エラー（5xx）", |api| api.errors),
        total("クライアントの誤り（4xx）", |api| api.refusals),
    ]);
    let section =
        Section::new("サービスの状態").table(["指標", "値", "前の期間", "目標", "判定"], rows, NOTHING);
    let reasons: BTreeSet<_> =
        Target::ALL.into_iter().filter_map(|target| Some(target.of(api).why_not()?.to_owned())).collect();
    let section = reasons.iter().fold(section, |section, why| section.paragraph(&unavailable(why)));
    section.paragraph(
        "可用性は5分ごとの「失敗しなかったリクエストの割合」の平均です（リクエストのない5分は稼働とみなします）。\
         p95 は日ごとに求めた値のうち最大のものです。",
    )
}

pub(super) fn days(numbers: &Numbers) -> Section {
    Section::of("日ごとの推移", &numbers.api, |api, section| {
        let rows = api.steps.iter().map(|step| {
            [
                step.at.to_zoned(numbers.time_zone.clone()).date().to_string(),
                count(step.requests),
                count(step.errors),
                or_dash(step.mean_ms, time),
                or_dash(step.p95_ms, time),
            ]
        });
        section.table(["日", "リクエスト", "5xx", "平均", "p95"], rows, "記録がありません。")
    })
}

pub(super) fn routes(numbers: &Numbers) -> Section {
    let Some(routes) = &numbers.routes else { return Section::new("遅い経路") };
    Section::of("遅い経路", routes, |routes, section| {
        let rows = routes.iter().take(MOST).map(|route| {
            [
                route.route.clone(),
                count(route.requests),
                time(route.mean_ms),
                time(route.p95_ms),
                count(route.errors),
                count(route.refused),
            ]
        });
        section.table(
            ["経路", "リクエスト", "平均", "p95", "5xx", "401・403"],
            rows,
            "リクエストはありませんでした。",
        )
    })
}
