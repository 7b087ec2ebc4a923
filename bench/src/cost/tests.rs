//! Values that were computed by hand.

use serde_json::{Map, Value, json};

use super::load::{Traffic, http_at_once, most_families, notes_at_once, sandboxes};
use super::measured::{Measured, Times};
use super::prices::{Instance, Price};
use super::{Inputs, PriceList, Usage, bill, database, page, turning_points};
use crate::report::Machine;

const PRICES: &str = include_str!("../../prices.json");
const USAGE: &str = include_str!("../../usage.json");
const MB: f64 = 1_048_576.0;

/// Nothing costs anything, nobody does anything, and nothing takes any time; but for these.
fn inputs(prices: &[(&str, f64)], usage: &[(&str, f64)], measured: Measured) -> Inputs {
    let value = |of: &[(&str, f64)], name: &str| {
        of.iter().find(|(other, _)| *other == name).map_or(0.0, |(_, value)| *value)
    };
    let mut list: Value = serde_json::from_str(PRICES).unwrap();
    for (name, price) in list["prices"].as_object_mut().unwrap() {
        *price = json!({ "price": value(prices, name), "per": 1, "checked": false });
    }
    list["instances"] = json!([instance("small", 1.0, 1.0), instance("large", 4.0, 1.0)]);
    let mut assumptions: Map<String, Value> = serde_json::from_str(USAGE).unwrap();
    for (name, assumption) in assumptions.iter_mut().filter(|(name, _)| *name != "families") {
        assumption["value"] = value(usage, name).into();
    }
    Inputs { usage: Usage::of(assumptions).unwrap(), prices: serde_json::from_value(list).unwrap(), measured }
}

/// A GiB and a dollar an hour for each processor.
fn instance(class: &str, processors: f64, baseline: f64) -> Value {
    json!({ "class": class, "processors": processors, "baseline": baseline, "memory_gib": processors,
        "hour": processors, "checked": false })
}

fn times(warm: f64, processor: f64) -> Times {
    Times { warm, processor, ..Times::default() }
}

/// A family that speaks twice a day and does nothing else. A month has 30 days, which are 2,592,000 seconds.
const SPEAKS: [(&str, f64); 4] =
    [("notes", 2.0), ("hours", 720.0), ("http_memory_mb", 1_024.0), ("transcribe_memory_mb", 2_048.0)];

fn speaks(more: &[(&'static str, f64)]) -> Vec<(&'static str, f64)> {
    [&SPEAKS, more].concat()
}

#[test]
fn every_input_says_where_it_is_from() {
    let prices: Value = serde_json::from_str(PRICES).unwrap();
    let usage: Map<String, Value> = serde_json::from_str(USAGE).unwrap();
    let says = |entry: &Value, what: &str| !entry[what].as_str().unwrap_or_default().is_empty();

    let instances = prices["instances"].as_array().unwrap();
    for price in prices["prices"].as_object().unwrap().values().chain(instances) {
        assert!(["source", "as_of", "note"].iter().all(|what| says(price, what)), "{price}");
    }
    assert!(usage.values().all(|assumption| says(assumption, "why")));
}

#[test]
fn what_is_beyond_a_tier_costs_the_next_price() {
    let price = Price { price: 2.0, per: 10.0, beyond: vec![(100.0, 1.0), (200.0, 0.5)], checked: true };

    let costs = [0.0, 50.0, 100.0, 150.0, 200.0, 300.0].map(|amount| price.of(amount));

    assert_eq!(costs, [0.0, 10.0, 20.0, 25.0, 30.0, 35.0]);
}

#[test]
fn a_part_of_a_processor_takes_longer() {
    let inputs = inputs(&[], &[("http_memory_mb", 884.5), ("network_ms", 2.0)], Measured::default());

    // 2 ms of waiting, 2 of network, 2 × 1.25 of computing, and each millisecond that began.
    assert_eq!(times(3.25, 1.25).billed_ms(&inputs.usage), 7.0);
}

#[test]
fn a_cold_start_adds_what_only_the_first_invocation_does() {
    let inputs = inputs(&[], &[("connect_ms", 20.0)], Measured::default());
    let times = Times { warm: 3.0, processor: 1.0, cold_start: 10.0, first: 8.0 };

    assert_eq!(times.cold_ms(&inputs.usage), 35.0);
}

#[test]
fn a_note_takes_what_is_around_whisper_and_the_production_model() {
    let measured = Measured { transcribe: times(150.0, 140.0), whisper_ms: 110.0, ..Measured::default() };
    let inputs = inputs(&[], &[("model_seconds", 20.0), ("network_ms", 2.0)], measured);

    assert_eq!(inputs.measured.note_ms(&inputs.usage), 20_042.0);
}

#[test]
fn requests_follow_from_what_a_family_does() {
    let usage = speaks(&[("polls", 3.0), ("playbacks", 1.0), ("openings", 2.0), ("other_requests", 3.0)]);

    let traffic = Traffic::of(&inputs(&[], &usage, Measured::default()));

    assert_eq!([traffic.notes, traffic.lists, traffic.playbacks], [60.0, 60.0, 30.0]);
    // 60 × (1 + 3) + 30; 60 + 60 × (1 + 3); 60.
    assert_eq!([traffic.presign, traffic.emotions, traffic.account], [270.0, 300.0, 60.0]);
}

#[test]
fn lambda_bills_gigabytes_for_seconds() {
    let usage = speaks(&[("model_seconds", 3.0), ("cold_share", 0.5)]);
    let measured = Measured {
        presign: Times { warm: 10.0, processor: 0.0, cold_start: 90.0, first: 20.0 },
        emotions: times(20.0, 0.0),
        ..Measured::default()
    };

    let [http, transcribe] = bill::gb_seconds(100.0, &inputs(&[], &usage, measured));

    // 6,000 uploads of 10 + 0.5 × 100 ms, 6,000 logs of 20 ms; emotions' first one is not slower than the others.
    assert_eq!(http, 360.0 + 120.0);
    assert_eq!(transcribe, 6_000.0 * 3.0 * 2.0);
}

#[test]
fn a_bill_is_what_was_used_times_its_price() {
    let usage = speaks(&[
        ("model_seconds", 3.0),
        ("months", 2.5),
        ("note_bytes", MB),
        ("answer_bytes", MB),
        ("log_bytes", MB),
        ("metrics", 4.0),
        ("alarm_metrics", 2.0),
        ("row_bytes", MB),
        ("log_row_bytes", 2.0 * MB),
        ("log_row_months", 1.0),
        ("zones", 2.0),
        ("endpoints", 3.0),
        ("database_load", 0.5),
    ]);
    let prices = [
        ("http_api_request", 1.0),
        ("lambda_gb_second", 0.5),
        ("s3_gb_month", 3.0),
        ("s3_put", 1.0),
        ("s3_get", 0.125),
        ("sqs_request", 2.0),
        ("logs_gb", 1.0),
        ("metric_month", 0.5),
        ("alarm_month", 0.25),
        ("kms_key_month", 1.0),
        ("secret_month", 0.5),
        ("rds_gb_month", 5.0),
        ("vpc_endpoint_hour", 0.25),
        ("cognito_user", 0.25),
        ("transfer_gb", 10.0),
    ];
    let inputs = inputs(&prices, &usage, Measured::default());

    let bill = bill::bill(1_024.0, &inputs);

    // 61,440 notes, as many uploads asked for, as many logs; of 1 MB each, 1,024 of which are a GB.
    let dollars = |what: &str| bill.iter().find(|(line, _)| *line == what).unwrap().1;
    assert_eq!(dollars("API Gateway: requests"), 122_880.0);
    assert_eq!(dollars("Lambda: transcribe"), 184_320.0);
    assert_eq!(dollars("S3: voice and text"), 360.0);
    assert_eq!(dollars("S3: requests"), 122_880.0 + 7_680.0);
    assert_eq!(dollars("SQS: requests"), 368_640.0);
    assert_eq!(dollars("CloudWatch: logs, metrics, alarms"), 182.5);
    assert_eq!(dollars("Alerts: key and secret"), 1.5);
    assert_eq!(dollars("RDS: instances and proxy"), 1_440.0);
    assert_eq!(dollars("RDS: storage"), 2_700.0);
    assert_eq!(dollars("VPC: interface endpoints"), 1_080.0);
    assert_eq!(dollars("Cognito: parents, Essentials"), 256.0);
    assert_eq!(dollars("Data to the internet"), 1_200.0);
    assert_eq!(bill::total(&bill), 813_620.0);
}

#[test]
fn connections_are_sandboxes_at_the_peak() {
    let usage =
        speaks(&[("model_seconds", 20.0), ("note_peak", 2.0), ("peak", 9.0), ("reserved_connections", 15.0)]);
    let measured = Measured { presign: times(100.0, 0.0), ..Measured::default() };
    let inputs = inputs(&[], &usage, measured);

    // One note a second: 20 s each, twice as many at the peak; an upload of 0.1 s, nine times as many.
    assert_eq!(http_at_once(43_200.0, &inputs), [0.9, 0.0, 0.0]);
    assert_eq!(notes_at_once(43_200.0, &inputs), 40.0);
    // 40 + 3 × 6.3 and 0.9 + 3 × 0.95, rounded up, and 15.
    assert_eq!(database::connections(43_200.0, &inputs), 59.0 + 4.0 + 15.0);
    assert_eq!([sandboxes(0.0), sandboxes(4.0)], [0.0, 10.0]);
}

#[test]
fn the_most_families_are_the_last_that_fit() {
    assert_eq!(most_families(100.0, |families| families / 3.0), 300.0);
    assert_eq!(most_families(-1.0, |families| families), 0.0);
}

#[test]
fn a_database_has_its_connections_from_its_memory() {
    let inputs = inputs(&[], &[("system_memory_gib", 0.25)], Measured::default());
    let [small, large] = [&inputs.prices.instances[0], &inputs.prices.instances[1]];

    // 0.75 and 3.75 GiB / 9,531,392.
    assert_eq!(database::most_connections(small, &inputs), 84.0);
    assert_eq!(database::most_connections(large, &inputs), 422.0);
}

#[test]
fn a_class_that_saves_up_bears_its_baseline_on_average() {
    let usage = [("database_load", 0.5), ("peak", 4.0)];
    let inputs = inputs(&[], &usage, Measured::default());
    let capacity = |baseline: f64| {
        let instance: Instance = serde_json::from_value(instance("", 2.0, baseline)).unwrap();
        database::capacity(&instance, &inputs)
    };

    // A tenth on average is four tenths at the peak; half of each processor, for the others.
    assert_eq!([capacity(0.1), capacity(0.2), capacity(1.0)], [0.8, 1.0, 1.0]);
}

/// Each note is four writes of 15 ms: 60 ms for the database, and 20 s for transcribe.
fn a_database_that_works(proxy_hour: f64) -> Inputs {
    let usage = speaks(&[
        ("model_seconds", 20.0),
        ("note_peak", 1.0),
        ("peak", 1.0),
        ("database_load", 0.5),
        ("reserved_connections", 3.0),
        ("zones", 2.0),
    ]);
    let measured = Measured { presign: times(15.0, 0.0), ..Measured::default() };
    inputs(&[("rds_proxy_vcpu_hour", proxy_hour)], &usage, measured)
}

#[test]
fn an_instance_is_enough_until_processors_or_connections_are_used_up() {
    let inputs = a_database_that_works(1.0);
    let small = &inputs.prices.instances[0];

    let by_processors =
        most_families(database::capacity(small, &inputs), |n| database::processors(n, &inputs));
    let by_connections =
        most_families(database::most_connections(small, &inputs), |n| database::connections(n, &inputs));

    // Half a processor / 60 ms = 8.33 notes a second; a family sends one in 43,200 s.
    assert_eq!(by_processors, 360_000.0);
    // 112 connections, 3 of them kept, and 1 for presign: 81 notes at once and 27 more / 20 s are 4.05 a second.
    assert_eq!(by_connections, 174_960.0);
}

#[test]
fn a_proxy_is_chosen_where_it_is_cheaper_than_the_next_class() {
    let class = |inputs: &Inputs, families| {
        let choice = database::choose(families, inputs).unwrap();
        (choice.instance.class.clone(), choice.with_proxy, choice.is_enough, choice.cost)
    };

    // An instance costs 1,440 or 5,760; a proxy 2 × 720, or 4 × 720.
    for (proxy_hour, families, expected) in [
        (1.0, 150_000.0, ("small", false, true, 1_440.0)),
        (1.0, 200_000.0, ("small", true, true, 2_880.0)),
        (4.0, 200_000.0, ("large", false, true, 5_760.0)),
        (1.0, 400_000.0, ("large", false, true, 5_760.0)),
        (1.0, 9_000_000.0, ("large", true, false, 8_640.0)),
    ] {
        let (class, with_proxy, is_enough, cost) = class(&a_database_that_works(proxy_hour), families);

        assert_eq!((class.as_str(), with_proxy, is_enough, cost), expected, "{proxy_hour}, {families}");
    }
}

#[test]
fn a_database_has_room_for_its_rows_and_reads_them_from_disk_at_worst() {
    let usage = speaks(&[
        ("openings", 2.0),
        ("list_blocks", 100.0),
        ("peak", 3.0),
        ("row_bytes", MB),
        ("months", 1.0),
        ("least_storage_gb", 20.0),
    ]);
    let inputs = inputs(&[], &usage, Measured::default());

    // 43,200 families ask for one page a second.
    assert_eq!(database::reads(43_200.0, &inputs), 300.0);
    assert_eq!(database::gigabytes(1_024.0, &inputs), 60.0);
    assert_eq!(database::gigabytes(1.0, &inputs), 20.0);
}

#[test]
fn a_replica_bears_only_what_can_be_read_from_it() {
    let usage = speaks(&[("openings", 2.0)]);
    let measured = Measured { presign: times(10.0, 0.0), list: times(5.0, 0.0), ..Measured::default() };
    let inputs = inputs(&[], &usage, measured);

    // 60 notes of four writes, 2,400 ms, and 60 pages, 300 ms.
    assert_eq!(Traffic::of(&inputs).database_ms(&inputs), (2_700.0, 300.0));
    assert_eq!(database::replica_gain(&inputs), 0.125);
    assert_eq!(database::replica_cost(&inputs.prices.instances[0], 1.0, &inputs), 720.0);
}

#[test]
fn a_ready_sandbox_is_cheaper_from_a_share_on_or_never() {
    assert_eq!(turning_points::break_even(10.0, 3.0, 5.0), Some(0.6));
    assert_eq!(turning_points::break_even(10.0, 6.0, 5.0), None);
    assert_eq!(turning_points::break_even(5.0, 1.0, 5.0), None);
}

#[test]
fn the_page_is_made_of_the_inputs_that_are_there() {
    let usage = Usage::of(serde_json::from_str(USAGE).unwrap()).unwrap();
    let prices: PriceList = serde_json::from_str(PRICES).unwrap();
    let (found, all) = prices.found();
    let measured = Measured {
        presign: times(2.0, 0.8),
        emotions: times(3.0, 1.0),
        account: times(1.5, 0.6),
        transcribe: times(150.0, 140.0),
        list: times(2.0, 0.3),
        whisper_ms: 120.0,
        http_mib: 10.0,
        transcribe_mib: 150.0,
    };
    let machine = Machine {
        processor: "A".to_owned(),
        processors: 2,
        kernel: String::new(),
        rustc: String::new(),
        commit: "abcdef0".to_owned(),
        at: "2026-04-01T00:00:00Z".to_owned(),
    };

    let page = page::render(&machine, &Inputs { usage, prices, measured });

    assert!(page.contains("| 1,000 families | 100,000 families | 10,000,000 families |"), "{page}");
    assert!(page.contains(&format!("**{found} of {all} prices were found**")), "{page}");
    assert!(!page.contains("NaN") && !page.contains("inf "), "{page}");
}
