//! The page that people read: `docs/COST.md`.

use super::load::Traffic;
use super::{Inputs, bill, turning_points};
use crate::report::Machine;

const FORMULA: &str = "\
```text
waiting    = warm − processor                                  the database works, at most so long
billed     = waiting + network + processor × 1769 / memory     a function of 256 MB has a seventh of a processor
cold       = start + (first − warm) + connect                  on top of billed, for the share that meets a cold start
note       = (transcribe − Whisper alone) + network + production model
Lambda     = Σ requests × (billed + share × cold) × memory × price, and a price for each request
voice      = families × notes × (months − ½) × size            nothing is removed until a family leaves
busy       = Σ requests a second × waiting × peak              processors of the database in the busiest minute
at once    = requests a second × billed × peak
sandboxes  = Σ at once + 3 × √(at once)                        each keeps one connection open
```
";

pub(super) fn render(machine: &Machine, inputs: &Inputs) -> String {
    let Machine { processor, processors, commit, at, .. } = machine;
    let introduction = format!(
        "# What it costs\n\n\
        What a month on AWS costs ({}, {}), derived from what `make bench` measured. Made by `make cost`: do not edit.\n\
        Again: `make bench ARGS=\"--json .local/bench.json\"`, then `make cost`. List prices are in\n\
        [bench/prices.json](../bench/prices.json), assumptions in [bench/usage.json](../bench/usage.json), each with where it is\n\
        from, and the formula is [bench/src/cost](../bench/src/cost.rs).\n\n\
        The run: {at}, commit {commit}, {processors} × {processor}.\n",
        inputs.prices.region, inputs.prices.currency,
    );
    let parts = [
        introduction,
        format!("## A month\n\n{}", month(inputs)),
        format!("## The formula\n\n{FORMULA}"),
        format!("## Measured, and what Lambda would bill\n\n{}", measured(inputs)),
        format!("## RDS Proxy\n\n{}", turning_points::proxy(inputs)),
        format!("## Read replicas\n\n{}", turning_points::replicas(inputs)),
        format!("## Provisioned concurrency\n\n{}", turning_points::provisioned(inputs)),
        format!("## What has to be raised before\n\n{}", turning_points::limits(inputs)),
        shortcomings(inputs),
    ];
    parts.join("\n").trim_end().to_owned()
}

fn month(inputs: &Inputs) -> String {
    let (usage, prices, families) = (&inputs.usage, &inputs.prices, &inputs.usage.families);
    let bills: Vec<_> = families.iter().map(|&families| bill::bill(families, inputs)).collect();
    let totals: Vec<f64> = bills.iter().map(|bill| bill::total(bill)).collect();
    let of_each = |what: &str, of: &dyn Fn(usize) -> String| row(what, (0..families.len()).map(of));
    let with_lite = |size: usize| {
        totals[size] - prices.cost("cognito_user", families[size])
            + prices.cost("cognito_lite_user", families[size])
    };

    let mut rows = vec![of_each("", &|size| format!("{} families", whole(families[size])))];
    rows.push(row("---", families.iter().map(|_| "---:".to_owned())));
    for (line, (what, _)) in bills.first().into_iter().flatten().enumerate() {
        rows.push(of_each(what, &|size| dollars(bills[size][line].1)));
    }
    rows.push(of_each("**all**", &|size| format!("**{}**", dollars(totals[size]))));
    rows.push(of_each("for one family", &|size| cents(totals[size] / families[size])));
    rows.push(of_each("all, with Cognito's plan Lite", &|size| dollars(with_lite(size))));

    let second = Traffic::of(inputs).notes * usage.transcribe_memory_mb / 1_024.0;
    format!(
        "Dollars in month {}, without free tiers (but Cognito's).\n\n{}\n\
        With few families it is what has to be there at all, endpoints and a database; with many, Whisper and the users.\n\
        **Whisper's time is an assumption**, {} s a note on one processor: each second more or less changes a family's month by {}.\n\
        And template.yaml names no plan for the user pools, so that AWS takes Essentials; Lite knows passwords and a second factor,\n\
        too. Another issuer (`ParentIssuer`) costs what it costs. Voice is kept for good: its line grows by as much every year.\n",
        usage.months,
        rows.concat(),
        usage.model_seconds,
        cents(prices.cost("lambda_gb_second", second)),
    )
}

fn measured(inputs: &Inputs) -> String {
    let (usage, measured, traffic) = (&inputs.usage, &inputs.measured, Traffic::of(inputs));
    let names = ["presign: an upload", "emotions: a page of 50", "account: who am I"];
    let rows = names.into_iter().zip(traffic.http(inputs)).map(|(name, (requests, times))| {
        let [warm, processor, waiting, cold] =
            [times.warm, times.processor, times.waiting(), times.cold_ms(usage)].map(milliseconds);
        row(name, [whole(requests), warm, processor, waiting, whole(times.billed_ms(usage)), cold])
    });
    format!(
        "Milliseconds; medians of the run.\n\n\
        | | requests of a family in a month | warm | processor | waiting | billed | a cold start adds |\n\
        |---|---:|---:|---:|---:|---:|---:|\n{}\n\
        A note of three seconds took transcribe {} ms with the small model that is for tests, {} ms of them Whisper's; the bill\n\
        has {} ms for each of a family's {:.0} notes. The SQL of a page of 50 alone takes {} ms, of which the database works {} ms at\n\
        most. Those that answer HTTP held {:.0} MiB at most, of {} that they have for the processor that these bring; transcribe\n\
        held {:.0} MiB, with the small model.\n",
        rows.collect::<String>(),
        milliseconds(measured.transcribe.warm),
        milliseconds(measured.whisper_ms),
        whole(measured.note_ms(usage)),
        traffic.notes,
        milliseconds(measured.list.warm),
        milliseconds(measured.list.waiting()),
        measured.http_mib,
        usage.http_memory_mb,
        measured.transcribe_mib,
    )
}

fn shortcomings(inputs: &Inputs) -> String {
    let (found, all) = inputs.prices.found();
    format!(
        "## What it does not say\n\n\
        - Nothing was measured on AWS. Times are those of the run's machine, not of arm64, with a database on a local socket and no\n  \
        second one that has to confirm what is written.\n\
        - **{found} of {all} prices were found** in public material that carries this region's price list; the other {} are\n  \
        known or estimated. Look all of them up before you sign anything: each names its page.\n\
        - `waiting` counts all that passes while a function computes nothing as the database's work. It is less. And what is short\n  \
        may pass at the speed of a whole processor: `billed` is the most.\n\
        - Requests that were not measured count as much as measured ones: those to emotions, but for pages of logs, as account's for\n  \
        the database, and as pages for Lambda; playbacks and questions after a note as account's and as uploads.\n\
        - A database is chosen by processors and connections, not by whether memory holds what families look at.\n\
        - A family is one parent who signs in, each month. Two parents are two users to Cognito.\n\
        - Not in it: support, tax, savings plans, reserved instances, staging, backups beyond those that are free and in another\n  \
        region, a CDN and pictures, SMS, Slack and PagerDuty, and the people who operate it.\n",
        all - found,
    )
}

/// Of a table.
fn row(first: &str, others: impl IntoIterator<Item = String>) -> String {
    others.into_iter().fold(format!("| {first} |"), |row, cell| row + " " + &cell + " |") + "\n"
}

pub(super) fn dollars(amount: f64) -> String {
    if amount >= 100.0 { whole(amount) } else { format!("{amount:.2}") }
}

fn cents(dollars: f64) -> String {
    format!("{:.2} ¢", dollars * 100.0)
}

fn milliseconds(time: f64) -> String {
    if time >= 100.0 { whole(time) } else { format!("{time:.2}") }
}

/// Without a fraction, thousands apart.
pub(super) fn whole(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Two digits and zeros: no forecast is better than that.
pub(super) fn about(number: f64) -> String {
    let step = 10_f64.powf((number.max(1.0).log10().floor() - 1.0).max(0.0));
    whole((number / step).floor() * step)
}
