//! What it costs, by service. Cost Explorer is in one region only; a function in a VPC reaches it if there is a way out.

use std::collections::BTreeMap;

use aws_sdk_costexplorer::Client;
use aws_sdk_costexplorer::config::{Builder, Region};
use aws_sdk_costexplorer::types::{
    DateInterval, Granularity, GroupDefinition, GroupDefinitionType, ResultByTime,
};
use aws_types::SdkConfig;
use jiff::civil::Date;
use kimochi_domain::ReportPeriod;

use super::reason;
use crate::numbers::{Cost, Costs, Given};

const SOURCE: &str = "Cost Explorer";
const REGION: &str = "us-east-1";
const METRIC: &str = "UnblendedCost";

#[derive(Debug, Clone)]
pub(super) struct CostExplorer {
    client: Client,
}

impl CostExplorer {
    pub(super) fn new(settings: &SdkConfig) -> Self {
        Self { client: Client::from_conf(Builder::from(settings).region(Region::new(REGION)).build()) }
    }

    /// What the month and the one before it cost. Its days are those of UTC, as the bill's are.
    pub(super) async fn of(&self, month: ReportPeriod) -> Given<Costs> {
        self.try_of(month).await.into()
    }

    async fn try_of(&self, month: ReportPeriod) -> Result<Costs, String> {
        let calendar = |_: jiff::Error| "月を計算できません".to_owned();
        let before = month.before().map_err(calendar)?.first();
        let until = month.last().and_then(Date::tomorrow).map_err(calendar)?;
        let interval = DateInterval::builder().start(before.to_string()).end(until.to_string());
        let by_service =
            GroupDefinition::builder().r#type(GroupDefinitionType::Dimension).key("SERVICE").build();
        let request = self
            .client
            .get_cost_and_usage()
            .time_period(interval.build().map_err(|_| "月を書けません".to_owned())?)
            .granularity(Granularity::Monthly)
            .metrics(METRIC)
            .group_by(by_service);
        let mut months = Vec::new();
        let mut token = None;
        loop {
            let page = request.clone().set_next_page_token(token).send().await;
            let page = page.map_err(|error| reason(SOURCE, &error))?;
            token = page.next_page_token().map(str::to_owned);
            months.extend(page.results_by_time.unwrap_or_default());
            if token.is_none() {
                break;
            }
        }
        understand(&months, month.first()).ok_or_else(|| format!("{SOURCE} に請求の記録がありません"))
    }
}

fn understand(months: &[ResultByTime], first: Date) -> Option<Costs> {
    let mut services: BTreeMap<&str, [f64; 2]> = BTreeMap::new();
    let (mut currency, mut is_estimated) = (None, false);
    for month in months {
        let is_this = month.time_period()?.start() == first.to_string();
        is_estimated |= is_this && month.estimated();
        for group in month.groups() {
            let amount = group.metrics()?.get(METRIC)?;
            currency = currency.or(amount.unit());
            let [this, before] = services.entry(group.keys().first()?).or_default();
            *(if is_this { this } else { before }) += amount.amount()?.parse::<f64>().ok()?;
        }
    }
    let mut services: Vec<_> = services
        .into_iter()
        .map(|(service, [amount, before])| Cost { service: service.to_owned(), amount, before })
        .collect();
    services.sort_by(|a, b| b.amount.total_cmp(&a.amount).then_with(|| a.service.cmp(&b.service)));
    Some(Costs { currency: currency?.to_owned(), is_estimated, services })
}
