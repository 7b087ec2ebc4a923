//! Which database that takes.

use super::load::{Traffic, http_sandboxes, notes_at_once, sandboxes};
use super::prices::Instance;
use super::{GB, Inputs};

/// RDS's divisor of an instance's memory, and its limit.
const BYTES_A_CONNECTION: f64 = 9_531_392.0;
const MOST_CONNECTIONS: f64 = 5_000.0;

/// The cheapest database for so many families.
#[derive(Debug, Clone, Copy)]
pub(super) struct Choice<'a> {
    pub(super) instance: &'a Instance,
    pub(super) with_proxy: bool,
    /// Whether its processors are enough; if not, no class in the list is.
    pub(super) is_enough: bool,
    /// Dollars a month.
    pub(super) cost: f64,
}

pub(super) fn choose(families: f64, inputs: &Inputs) -> Option<Choice<'_>> {
    let (processors, connections) = (processors(families, inputs), connections(families, inputs));
    let choice = |instance| {
        let with_proxy = most_connections(instance, inputs) < connections;
        let proxy = if with_proxy { proxy_cost(instance, inputs) } else { 0.0 };
        let is_enough = capacity(instance, inputs) >= processors;
        Choice { instance, with_proxy, is_enough, cost: instance_cost(instance, inputs) + proxy }
    };
    let mut all = inputs.prices.instances.iter().map(choice);
    let enough = all.clone().filter(|choice| choice.is_enough);
    enough.min_by(|one, other| one.cost.total_cmp(&other.cost)).or_else(|| all.next_back())
}

/// Processors that the database keeps busy in the busiest minute.
pub(super) fn processors(families: f64, inputs: &Inputs) -> f64 {
    let (milliseconds, _) = Traffic::of(inputs).database_ms(inputs);
    inputs.usage.per_second(families * milliseconds) / 1_000.0 * inputs.usage.peak
}

/// Processors of it that may be busy then. On average a t4g may use no more than its baseline; it saves up for the peak.
pub(super) fn capacity(instance: &Instance, inputs: &Inputs) -> f64 {
    instance.processors * inputs.usage.database_load.min(instance.baseline * inputs.usage.peak)
}

/// Connections that are open in the busiest minute: each sandbox keeps one.
pub(super) fn connections(families: f64, inputs: &Inputs) -> f64 {
    connections_without_notes(families, inputs) + sandboxes(notes_at_once(families, inputs))
}

/// The same if transcribe kept none while Whisper works.
pub(super) fn connections_without_notes(families: f64, inputs: &Inputs) -> f64 {
    http_sandboxes(families, inputs) + inputs.usage.reserved_connections
}

/// `max_connections`, as RDS sets it.
pub(super) fn most_connections(instance: &Instance, inputs: &Inputs) -> f64 {
    let memory = (instance.memory_gib - inputs.usage.system_memory_gib) * GB;
    (memory / BYTES_A_CONNECTION).floor().min(MOST_CONNECTIONS)
}

/// Dollars a month, with the instance that waits.
pub(super) fn instance_cost(instance: &Instance, inputs: &Inputs) -> f64 {
    instance.hour * inputs.usage.hours * inputs.usage.zones
}

/// Dollars a month; AWS bills at least two processors.
pub(super) fn proxy_cost(instance: &Instance, inputs: &Inputs) -> f64 {
    inputs.prices.cost("rds_proxy_vcpu_hour", instance.processors.max(2.0) * inputs.usage.hours)
}

/// Dollars a month for one more instance that can be read from, with the rows.
pub(super) fn replica_cost(instance: &Instance, families: f64, inputs: &Inputs) -> f64 {
    instance.hour * inputs.usage.hours + inputs.prices.cost("rds_gb_month", gigabytes(families, inputs))
}

/// How much more load the two of them bear than the first alone: what can be read moves to the second, until that is full.
pub(super) fn replica_gain(inputs: &Inputs) -> f64 {
    let (all, readable) = Traffic::of(inputs).database_ms(inputs);
    (all / (all - readable)).min(2.0) - 1.0
}

/// Storage that it needs in that month.
pub(super) fn gigabytes(families: f64, inputs: &Inputs) -> f64 {
    let usage = &inputs.usage;
    let bytes = usage.row_bytes * usage.months + usage.log_row_bytes * usage.months.min(usage.log_row_months);
    (families * Traffic::of(inputs).notes * bytes / GB).max(usage.least_storage_gb)
}

/// Blocks that it reads from disk in a second of the busiest minute, at worst.
pub(super) fn reads(families: f64, inputs: &Inputs) -> f64 {
    let usage = &inputs.usage;
    usage.per_second(families * Traffic::of(inputs).lists) * usage.peak * usage.list_blocks
}
