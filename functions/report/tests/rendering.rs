//! What each report says, given its numbers. The snapshots beside this file are written by `UPDATE_EXPECT=1 cargo test`.

mod support;

use expect_test::expect_file;
use kimochi_domain::ReportKind;
use report::numbers::{Given, Numbers};
use report::render;
use support::numbers::{everything, nothing};

#[test]
fn each_report_says_what_its_snapshot_says() {
    for (kind, period) in [
        (ReportKind::Daily, "2026-03-31"),
        (ReportKind::Weekly, "2026-W13"),
        (ReportKind::Monthly, "2026-03"),
    ] {
        let rendered = render(&everything(kind, period)).unwrap();
        expect_file![format!("snapshots/{kind}.md")].assert_eq(&rendered.markdown);
        expect_file![format!("snapshots/{kind}.json")].assert_eq(&rendered.json);
        expect_file![format!("snapshots/{kind}.svg")].assert_eq(&rendered.svg);

        let rendered = render(&nothing(kind, period)).unwrap();
        expect_file![format!("snapshots/{kind}_without_sources.md")].assert_eq(&rendered.markdown);
        expect_file![format!("snapshots/{kind}_without_sources.svg")].assert_eq(&rendered.svg);
    }
}

#[test]
fn what_no_source_gave_is_nowhere_a_zero() {
    for (kind, period) in [
        (ReportKind::Daily, "2026-03-31"),
        (ReportKind::Weekly, "2026-W13"),
        (ReportKind::Monthly, "2026-03"),
    ] {
        let rendered = render(&nothing(kind, period)).unwrap();

        let body = rendered.markdown.split("## ").skip(1).collect::<String>();
        let digits: String = body.lines().filter(|line| line.starts_with('|')).collect();
        assert!(!digits.contains("| 0"), "{digits}");
        let json: serde_json::Value = serde_json::from_str(&rendered.json).unwrap();
        let parts =
            ["api", "functions", "voice", "work", "backlog", "queues", "capacity", "database", "instance"];
        for part in parts {
            assert_eq!(json[part]["unavailable"], "理由", "{kind} {part}");
        }
        assert!(rendered.markdown.contains("目標を判定できません"));
        assert!(rendered.svg.contains("取得できません：理由"));
    }
}

#[test]
fn one_missing_part_takes_nothing_from_the_others() {
    let mut numbers = everything(ReportKind::Monthly, "2026-03");
    numbers.costs = Some(Given::missing("Cost Explorer から取得できませんでした（接続できません）"));

    let markdown = render(&numbers).unwrap().markdown;

    assert!(
        markdown
            .contains("## 費用\n\n取得できません：Cost Explorer から取得できませんでした（接続できません）")
    );
    assert!(markdown.contains("- 費用：取得できません："), "the summary says so, too");
    assert!(markdown.contains("判定できなかったもの：費用の増加。"));
    assert!(markdown.contains("## サービスの状態\n\n| 指標 |"));
}

#[test]
fn a_quiet_month_suggests_nothing() {
    let mut numbers = everything(ReportKind::Monthly, "2026-03");
    let calm = |numbers: &mut Numbers| {
        let Given::Known(api) = &mut numbers.api else { panic!("known") };
        api.availability_percent = Given::Known(100.0);
        api.error_percent = 0.1;
        api.mean_ms = Given::Known(80.0);
        api.p95_ms = Given::Known(300.0);
        let Given::Known(voice) = &mut numbers.voice else { panic!("known") };
        for name in ["failed", "partial", "expired"] {
            voice.by_status.insert(name.to_owned(), 0);
        }
        numbers.work = Given::Known(vec![]);
        let Given::Known(functions) = &mut numbers.functions else { panic!("known") };
        functions.each.iter_mut().for_each(|function| function.throttles = 0.0);
        let Given::Known(queues) = &mut numbers.queues else { panic!("known") };
        queues.dead_letters_most = Some(0.0);
        let Given::Known(capacity) = &mut numbers.capacity else { panic!("known") };
        (capacity.percent, capacity.days_until_full) = (Some(20.0), None);
        let Some(Given::Known(costs)) = &mut numbers.costs else { panic!("known") };
        costs.services.iter_mut().for_each(|cost| cost.before = cost.amount);
        numbers.deeds = Some(Given::Known(vec![]));
        numbers.readers = Some(Given::Known(vec![]));
        let Some(Given::Known(pools)) = &mut numbers.sign_ins else { panic!("known") };
        pools.iter_mut().for_each(|pool| pool.failures = Some(0.0));
    };
    calm(&mut numbers);

    let markdown = render(&numbers).unwrap().markdown;

    assert!(markdown.contains("## 改善の提案\n\nしきい値を超えたものはありません。\n"), "{markdown}");
    assert!(markdown.contains("改善の提案：0件") && markdown.contains("目標を満たしています"));
}
