//! From where on something else is worth its price, each in a sentence or two.

use super::Inputs;
use super::database::{self, Choice};
use super::load::{Traffic, http_sandboxes, most_families, notes_at_once, sandboxes};
use super::page::{about, dollars, whole};

pub(super) fn proxy(inputs: &Inputs) -> String {
    let Some((families, Choice { instance, .. })) = first_with_proxy(inputs) else {
        return format!("Up to {} families no database is cheaper with a proxy.\n", whole(largest(inputs)));
    };
    let most = database::most_connections(instance, inputs);
    let next = inputs.prices.instances.iter().find(|next| database::most_connections(next, inputs) > most);
    let next = next.map_or(f64::INFINITY, |next| database::instance_cost(next, inputs));
    let without_notes = most_families(most, |n| database::connections_without_notes(n, inputs));
    format!(
        "**From about {} families on.** Each sandbox keeps a connection open, and {} has {} of them. For more, the proxy costs {}\n\
        dollars a month, the next class {} more than this one. But most sandboxes are transcribe's, which keeps its connection while\n\
        Whisper works: if it closed it meanwhile, {} families would fit without a proxy. That is the cheaper way.\n\n\
        This takes it that the proxy shares connections. AWS names\n\
        [settings changed by `SET` or `SELECT`](https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-proxy-pinning.html)\n\
        as a reason to pin one, and `open_family` changes some, if for its transaction only; prepared statements are another\n\
        suspect. Watch `DatabaseConnectionsCurrentlySessionPinned` before you rely on it.\n",
        about(families),
        instance.class,
        whole(most),
        dollars(database::proxy_cost(instance, inputs)),
        dollars(next - database::instance_cost(instance, inputs)),
        about(without_notes),
    )
}

/// Where the cheapest database has a proxy for the first time.
fn first_with_proxy(inputs: &Inputs) -> Option<(f64, Choice<'_>)> {
    std::iter::successors(Some(100.0_f64), |families| Some(families * 1.02))
        .take_while(|&families| families <= largest(inputs))
        .find_map(|families| {
            let choice = database::choose(families, inputs)?;
            (choice.is_enough && choice.with_proxy).then_some((families, choice))
        })
}

pub(super) fn replicas(inputs: &Inputs) -> String {
    let (families, most_reads) = (largest(inputs), inputs.usage.most_reads);
    format!(
        "{}**By its disk from {} families on, at worst.** When memory holds nothing of what families ask for, a page of 50 logs reads\n\
        {} blocks, and gp3 gives {} reads a second at most; {} families ask for {} in the busiest minute. A replica\n\
        halves that, and so does to keep a family's rows beside each other.\n\n\
        Either needs work first: our functions know one database, each transaction of a family begins with `open_family`, which may\n\
        write, and a replica lags, so that a family would not see at once what it has entered.\n",
        by_processors(families, inputs).unwrap_or_default(),
        about(most_families(most_reads, |families| database::reads(families, inputs))),
        whole(inputs.usage.list_blocks),
        whole(most_reads),
        whole(families),
        whole(database::reads(families, inputs)),
    )
}

/// A replica beside the next class, where there is one.
fn by_processors(families: f64, inputs: &Inputs) -> Option<String> {
    let instance = database::choose(families, inputs)?.instance;
    let capacity = database::capacity(instance, inputs);
    let next = inputs.prices.instances.iter().find(|next| database::capacity(next, inputs) > capacity)?;
    let gain = database::replica_gain(inputs);
    let cost = database::replica_cost(instance, families, inputs);
    let next_gain = database::capacity(next, inputs) / capacity - 1.0;
    let next_cost = database::instance_cost(next, inputs) - database::instance_cost(instance, inputs);
    Some(format!(
        "**By its processors {}.** At {} families a replica of {} lets the database bear {} more for {} dollars a\n\
        month, most of them for one more copy of the rows; {} bears {} more for {}.\n\n",
        if gain * next_cost > next_gain * cost { "now" } else { "not as long as there is a larger class" },
        whole(families),
        instance.class,
        percent(gain),
        dollars(cost),
        next.class,
        percent(next_gain),
        dollars(next_cost),
    ))
}

pub(super) fn provisioned(inputs: &Inputs) -> String {
    let (usage, prices, measured) = (&inputs.usage, &inputs.prices, &inputs.measured);
    let share = break_even(
        prices.cost("lambda_gb_second", 1.0),
        prices.cost("provisioned_gb_second", 1.0),
        prices.cost("provisioned_duration_gb_second", 1.0),
    );
    let money =
        share.map_or("**Never for the money**: busy all the time, it still costs more".to_owned(), |share| {
            format!(
                "**For the money where it is busy for {} of the time**; before, it costs more",
                percent(share)
            )
        });
    let ready = usage.families.iter().map(|&families| {
        let ready = http_sandboxes(families, inputs);
        let gb_seconds = ready * usage.http_memory_mb / 1_024.0 * usage.hours * 3_600.0;
        let kept = dollars(prices.cost("provisioned_gb_second", gb_seconds));
        format!("{} for {} families ({kept} dollars a month)", whole(ready), whole(families))
    });
    format!(
        "{money} than one on demand. For speed there would be\n\
        {}, and {} of the requests would not wait some {} ms; up to\n\
        seven times as much, should Lambda give a function that starts only the processor that its memory buys.\n",
        ready.collect::<Vec<_>>().join(", "),
        percent(usage.cold_share),
        whole(measured.presign.cold_ms(usage)),
    )
}

/// Share of the time for which a ready sandbox must be busy to be cheaper than on demand: where
/// `kept + used × share = on demand × share`. `None` when no share is.
pub(super) fn break_even(on_demand: f64, kept: f64, used: f64) -> Option<f64> {
    let share = kept / (on_demand - used);
    (on_demand > used && share <= 1.0).then_some(share)
}

pub(super) fn limits(inputs: &Inputs) -> String {
    let usage = &inputs.usage;
    let requests = |families: f64| usage.per_second(families * Traffic::of(inputs).requests()) * usage.peak;
    let notes = |families: f64| notes_at_once(families, inputs);
    let all = |families: f64| http_sandboxes(families, inputs) + sandboxes(notes(families));
    format!(
        "The bill takes it that nothing holds families up. As it stands, template.yaml lets {} copies of transcribe run at once\n\
        (`Concurrency`), enough for {} families in the busiest minute, and {} requests a second pass (`ThrottlingRateLimit`), enough\n\
        for {}; an account may have {} sandboxes unless AWS grants more, enough for {}.\n",
        whole(usage.transcribe_limit),
        about(most_families(usage.transcribe_limit, notes)),
        whole(usage.throttle),
        about(most_families(usage.throttle, requests)),
        whole(usage.account_concurrency),
        about(most_families(usage.account_concurrency, all)),
    )
}

fn largest(inputs: &Inputs) -> f64 {
    inputs.usage.families.iter().copied().fold(0.0, f64::max)
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
