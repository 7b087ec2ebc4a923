//! What must hold in `template.yaml` beyond what its linters know.

use yaml_rust2::{Yaml, YamlLoader};

/// The template, with intrinsic functions such as `!Ref` as their bare arguments.
pub(crate) fn template() -> Yaml {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
    let source = std::fs::read_to_string(path).expect("template.yaml");
    YamlLoader::load_from_str(&source).expect("YAML").remove(0)
}

/// A scalar as text.
pub(crate) fn text(yaml: &Yaml) -> &str {
    yaml.as_str().unwrap_or_else(|| panic!("not a text: {yaml:?}"))
}

#[test]
fn a_message_stays_invisible_for_six_function_timeouts() {
    let template = template();
    let pairs = template["Mappings"]["TranscribeTimeouts"].as_hash().expect("the mapping").clone();

    assert!(!pairs.is_empty());
    for (timeout, values) in &pairs {
        let timeout: i64 = text(timeout).parse().expect("seconds");
        assert!(values["Visibility"].as_i64().expect("seconds") >= 6 * timeout, "{timeout}");
    }
}

#[test]
fn failed_messages_are_reported_one_by_one() {
    let template = template();
    let source = &template["Resources"]["Transcribe"]["Properties"]["Events"]["VoiceNotes"]["Properties"];

    assert_eq!(text(&source["FunctionResponseTypes"][0]), "ReportBatchItemFailures");
}

#[test]
fn policies_name_their_actions() {
    let template = template();
    for (name, resource) in template["Resources"].as_hash().expect("resources") {
        if resource["Type"].as_str() == Some("AWS::IAM::Role") {
            for policy in resource["Properties"]["Policies"].as_vec().into_iter().flatten() {
                assert_names_actions(text(name), &policy["PolicyDocument"]["Statement"]);
            }
        }
    }
}

/// Statements may be wrapped in `!If`, which reads as a list of its arguments.
fn assert_names_actions(role: &str, statements: &Yaml) {
    for statement in statements.as_vec().into_iter().flatten() {
        if statement.as_vec().is_some() {
            assert_names_actions(role, statement);
            continue;
        }
        let action = &statement["Action"];
        let actions = action.as_vec().map_or(std::slice::from_ref(action), Vec::as_slice);
        for action in actions.iter().filter_map(Yaml::as_str) {
            assert!(!action.contains('*'), "{role}: {action}");
        }
    }
}

#[test]
fn each_task_of_cleanup_has_its_schedule() {
    let template = template();
    let events = template["Resources"]["Cleanup"]["Properties"]["Events"].as_hash().expect("events");

    let of = |task: cleanup::Task| {
        let input = format!("{{\"task\": \"{}\"}}", task.kind());
        let schedule = events.values().find(|event| event["Properties"]["Input"].as_str() == Some(&input));
        text(&schedule.unwrap_or_else(|| panic!("{input}"))["Properties"]["ScheduleExpression"]).to_owned()
    };

    for (task, schedule) in [
        (cleanup::Task::Purge, "cron(0/15 * * * ? *)"),
        (cleanup::Task::Stale, "cron(5 * * * ? *)"),
        (cleanup::Task::Orphans, "cron(30 3 * * ? *)"),
        (cleanup::Task::Seal, "cron(15 1 * * ? *)"),
        (cleanup::Task::Retention, "cron(45 1 * * ? *)"),
        (cleanup::Task::Verify, "cron(15 2 ? * SUN *)"),
        (cleanup::Task::Capacity, "cron(30 4 * * ? *)"),
        (cleanup::Task::Misuse, "cron(3 * * * ? *)"),
    ] {
        assert_eq!(of(task), schedule);
    }
    assert_eq!(events.len(), cleanup::Task::ALL.len());
}

#[test]
fn each_report_has_its_schedule_in_the_morning() {
    let template = template();
    let events = template["Resources"]["Report"]["Properties"]["Events"].as_hash().expect("events");

    for (report, schedule) in [
        ("daily", "cron(0 7 * * ? *)"),
        ("weekly", "cron(15 7 ? * MON *)"),
        ("monthly", "cron(30 7 3 * ? *)"),
    ] {
        let input = format!("{{\"report\": \"{report}\"}}");
        let event = events.values().find(|event| event["Properties"]["Input"].as_str() == Some(&input));
        let properties = &event.unwrap_or_else(|| panic!("{input}"))["Properties"];
        assert_eq!(text(&properties["ScheduleExpression"]), schedule);
        // A day begins in the app's time zone, and so does the morning after it.
        assert_eq!(text(&properties["ScheduleExpressionTimezone"]), "AppTimeZone");
    }
    assert_eq!(events.len(), 3);
}

#[test]
fn what_stays_undelivered_is_told_on_another_way() {
    let template = template();
    for alarm in ["AlertDlqAlarm", "HeartbeatAlarm"] {
        let actions = &template["Resources"][alarm]["Properties"]["AlarmActions"];
        assert_eq!(text(&actions[0]), "FallbackTopic", "{alarm}");
    }
}

/// EventBridge tells KMS of no account: with such a condition its events would be lost, silently.
#[test]
fn the_key_lets_eventbridge_in_without_asking_for_an_account() {
    let template = template();
    let statements = template["Resources"]["AlertKey"]["Properties"]["KeyPolicy"]["Statement"].as_vec();
    let of_services: Vec<_> = statements
        .expect("statements")
        .iter()
        .filter(|statement| statement["Principal"]["Service"].as_str() != Some("cloudwatch.amazonaws.com"))
        .filter(|statement| !statement["Principal"]["Service"].is_badvalue())
        .collect();

    assert_eq!(of_services.len(), 1);
    let conditions = of_services[0]["Condition"]["StringEquals"].as_hash().expect("a condition");
    let names: Vec<_> = conditions.keys().map(text).collect();
    assert_eq!(names, ["kms:EncryptionContext:aws:sns:topicArn"]);
}

#[test]
fn each_sign_of_misuse_has_an_alarm_whose_threshold_is_also_the_functions() {
    let template = template();
    let resources = template["Resources"].as_hash().expect("resources");
    let variables = &template["Resources"]["Cleanup"]["Properties"]["Environment"]["Variables"];
    let thresholds = cleanup::MisuseThresholds::default();

    for (metric, variable, default) in [
        ("RecordingPlaysByOneFamily", "MISUSE_RECORDING_PLAYS", thresholds.recording_plays),
        ("ExportsByOneFamily", "MISUSE_EXPORTS", thresholds.exports),
        ("FamilyViewsByOneOperator", "MISUSE_FAMILY_VIEWS", thresholds.family_views),
        ("RefusedAccessesByOneActor", "MISUSE_REFUSED_ACCESSES", thresholds.refused_accesses),
    ] {
        let alarm = resources.values().map(|resource| &resource["Properties"]);
        let mut alarms = alarm.filter(|alarm| alarm["MetricName"].as_str() == Some(metric));
        let alarm = alarms.next().unwrap_or_else(|| panic!("{metric}"));
        assert_eq!(text(&alarm["Threshold"]), text(&variables[variable]), "{metric}");
        let parameter = &template["Parameters"][text(&alarm["Threshold"])];
        assert_eq!(parameter["Default"].as_i64(), Some(i64::from(default)), "{metric}");
        assert_eq!(text(&alarm["Namespace"]), text(&variables["METRICS_NAMESPACE"]), "{metric}");
        // cleanup::Metrics puts these without dimensions, once an hour.
        assert!(alarm["Dimensions"].is_badvalue() && alarm["Period"].as_i64() == Some(3_600), "{metric}");
    }
}

#[test]
fn refused_requests_are_read_from_the_access_log_as_it_is_written() {
    let template = template();
    let resources = &template["Resources"];
    let format = text(&resources["Api"]["Properties"]["AccessLogSettings"]["Format"]);
    let line: serde_json::Value = serde_json::from_str(format).expect("a line is JSON");
    let filter = &resources["RefusedRequests"]["Properties"];
    let counted = &filter["MetricTransformations"][0];
    let alarm = &resources["RefusedRequestsAlarm"]["Properties"];

    // A text: the pattern compares with texts, too.
    assert_eq!(line["status"], "$context.status");
    assert_eq!(text(&filter["FilterPattern"]), r#"{ $.status = "401" || $.status = "403" }"#);
    assert_eq!(text(&filter["LogGroupName"]), "ApiLogs");
    assert_eq!(text(&counted["MetricName"]), text(&alarm["MetricName"]));
    assert_eq!(text(&counted["MetricNamespace"]), text(&alarm["Namespace"]));
}

#[test]
fn failed_sign_ins_are_those_that_did_not_succeed_at_our_own_pools() {
    let template = template();

    for (alarm, own, pool, client) in [
        ("ParentSignInsAlarm", "OwnParentPool", "Parents", "ParentsClient"),
        ("OperatorSignInsAlarm", "OwnOperatorPool", "Operators", "OperatorsClient"),
    ] {
        let alarm = &template["Resources"][alarm];
        let conditions = template["Conditions"][text(&alarm["Condition"])].as_vec().expect("all of them");
        assert_eq!(text(&conditions[0]), own);
        let [failures, attempts, successes] =
            alarm["Properties"]["Metrics"].as_vec().expect("three").as_slice()
        else {
            panic!("three numbers")
        };
        assert_eq!(text(&failures["Expression"]), "attempts - successes");
        for (number, id, statistic) in
            [(attempts, "attempts", "SampleCount"), (successes, "successes", "Sum")]
        {
            let (stat, metric) = (&number["MetricStat"], &number["MetricStat"]["Metric"]);
            assert_eq!((text(&number["Id"]), text(&stat["Stat"])), (id, statistic));
            assert_eq!(text(&metric["MetricName"]), "SignInSuccesses");
            let of: Vec<_> =
                metric["Dimensions"].as_vec().expect("two").iter().map(|d| text(&d["Value"])).collect();
            assert_eq!(of, [pool, client]);
        }
    }
}
