//! Who did what: use, refusals, unusual reading, operators' looks, sign-ins.

use crate::markdown::Section;
use crate::numbers::{Given, Numbers, done};
use crate::words::{NOTHING, actor, change, count, or_dash, outcome, percent, unavailable};

/// What of all that is done tells how the service is used.
const USES: [(&str, &str); 7] = [
    ("recording.create", "録音のアップロード"),
    ("recording.play", "録音の再生"),
    ("emotion_log.create", "気持ちの記録"),
    ("child.create", "子どもの登録"),
    ("family.export", "データの書き出し"),
    ("family.withdraw", "退会"),
    ("family.view", "運用者による家族の閲覧"),
];

const READERS: &str = "普段より読み取りの多い利用者";

pub(super) fn activity(numbers: &Numbers) -> Section {
    let Some(deeds) = &numbers.deeds else { return Section::new("利用の推移") };
    let before = numbers.deeds_before.as_ref().and_then(Given::known);
    Section::of("利用の推移", deeds, |deeds, section| {
        let rows = USES.map(|(action, name)| {
            let now = done(deeds, action) as f64;
            let before = before.map(|before| done(before, action) as f64);
            let changed = before.map_or_else(|| NOTHING.to_owned(), |before| change(now, before));
            [name.to_owned(), count(now), or_dash(before, count), changed]
        });
        section.table(["利用", "件数", "前の期間", "増減"], rows, NOTHING).paragraph("監査ログの件数です。")
    })
}

pub(super) fn refusals(numbers: &Numbers) -> Section {
    let Some(deeds) = &numbers.deeds else { return Section::new("拒否されたアクセス") };
    let before = numbers.deeds_before.as_ref().and_then(Given::known);
    let section = Section::of("拒否されたアクセス", deeds, |deeds, section| {
        let refused = deeds.iter().filter(|deed| deed.outcome == "refused");
        let rows = refused.map(|deed| {
            let usual = before.into_iter().flatten().find(|before| {
                (&before.action, &before.outcome, &before.actor_kind)
                    == (&deed.action, &deed.outcome, &deed.actor_kind)
            });
            [
                deed.action.clone(),
                actor(&deed.actor_kind).to_owned(),
                count(deed.deeds as f64),
                count(deed.actors as f64),
                or_dash(before.map(|_| usual.map_or(0.0, |deed| deed.deeds as f64)), count),
            ]
        });
        section.table(["操作", "誰が", "回数", "人数", "前の期間"], rows, "拒否された操作はありません。")
    });
    match &numbers.routes {
        None => section,
        Some(Given::Missing { unavailable: why }) => {
            section.paragraph(&format!("API Gateway での拒否（401・403）：{}", unavailable(why)))
        }
        Some(Given::Known(routes)) => {
            let refused: f64 = routes.iter().map(|route| route.refused).sum();
            section.paragraph(&format!("API Gateway での拒否（401・403）：{}件", count(refused)))
        }
    }
}

pub(super) fn readers(numbers: &Numbers) -> Section {
    let Some(readers) = &numbers.readers else { return Section::new(READERS) };
    Section::of(READERS, readers, |readers, section| {
        let rows = readers.iter().map(|reader| {
            [
                reader.actor.clone(),
                actor(&reader.actor_kind).to_owned(),
                format!("{}（{}）", reader.action, outcome(&reader.outcome)),
                count(reader.deeds as f64),
                format!("{:.1}", reader.usually),
            ]
        });
        section
            .table(["ID", "種類", "操作", "回数", "普段"], rows, "普段より多い利用者はいません。")
            .paragraph("普段は、同じ長さの前の4期間の中央値です。普段（10回より少なければ10回とみなす）の3倍を超えるものだけを、その倍率の順に、多くて10件示します。")
    })
}

pub(super) fn looks(numbers: &Numbers) -> Section {
    let Some(deeds) = &numbers.deeds else { return Section::new("運用者による操作") };
    Section::of("運用者による操作", deeds, |deeds, section| {
        let rows = deeds.iter().filter(|deed| deed.actor_kind == "operator").map(|deed| {
            [
                deed.action.clone(),
                outcome(&deed.outcome).to_owned(),
                count(deed.deeds as f64),
                count(deed.actors as f64),
            ]
        });
        section.table(["操作", "結果", "回数", "人数"], rows, "運用者による操作はありません。")
    })
}

pub(super) fn sign_ins(numbers: &Numbers) -> Section {
    let Some(sign_ins) = &numbers.sign_ins else { return Section::new("サインイン") };
    Section::of("サインイン", sign_ins, |pools, section| {
        let rows = pools.iter().map(|pool| {
            let share = pool.attempts.zip(pool.failures).filter(|(attempts, _)| *attempts > 0.0);
            let name = if pool.pool == "operators" { "運用者" } else { "保護者" };
            [
                name.to_owned(),
                or_dash(pool.attempts, count),
                or_dash(pool.failures, count),
                or_dash(share.map(|(attempts, failures)| failures / attempts * 100.0), percent),
            ]
        });
        section.table(["利用者", "試行", "失敗", "失敗の割合"], rows, NOTHING)
    })
}
