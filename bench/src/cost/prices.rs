//! List prices.

use std::collections::BTreeMap;

use serde::Deserialize;

/// `prices.json`, but for what people read there.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct PriceList {
    pub(super) region: String,
    pub(super) currency: String,
    prices: BTreeMap<String, Price>,
    /// From the smallest to the largest.
    pub(super) instances: Vec<Instance>,
}

/// A price in dollars.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Price {
    /// For this many units.
    pub(super) price: f64,
    pub(super) per: f64,
    /// What costs another price: from this many units on, the rest.
    #[serde(default)]
    pub(super) beyond: Vec<(f64, f64)>,
    /// Whether it was found in public material, and is not only known.
    pub(super) checked: bool,
}

/// A class of database instances.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Instance {
    pub(super) class: String,
    pub(super) processors: f64,
    /// Share of its processors that it has all the time. The family t4g saves up what it does not use.
    pub(super) baseline: f64,
    pub(super) memory_gib: f64,
    /// Dollars for an hour of one instance.
    pub(super) hour: f64,
    checked: bool,
}

impl PriceList {
    /// Dollars for this many units in a month of what the file names.
    pub(super) fn cost(&self, name: &str, amount: f64) -> f64 {
        self.prices[name].of(amount)
    }

    /// How many prices were found, and how many there are.
    pub(super) fn found(&self) -> (usize, usize) {
        let instances = self.instances.iter().map(|instance| instance.checked);
        let checked = self.prices.values().map(|price| price.checked).chain(instances);
        (checked.clone().filter(|&checked| checked).count(), checked.count())
    }
}

impl Price {
    pub(super) fn of(&self, amount: f64) -> f64 {
        let (mut cost, mut from, mut price) = (0.0, 0.0, self.price);
        for &(beyond, next) in &self.beyond {
            cost += (amount.min(beyond) - from).max(0.0) * price;
            (from, price) = (beyond, next);
        }
        (cost + (amount - from).max(0.0) * price) / self.per
    }
}
