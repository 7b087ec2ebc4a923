//! Nobody gets at another family's data by any route. The routes are those of `openapi.json`: a new one needs a row here.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::stack::{Parent, Stack, file, sample, variable};

/// What the first parent's family has, and the other one tries to reach.
struct Victim {
    family: String,
    child: String,
    log: String,
    recording: String,
    job_run: String,
}

/// How a route is tried out.
enum Row {
    /// It needs no token.
    Public,
    /// It is for operators.
    Operators,
    /// It takes a family's token: each of these tries is made with the other family's.
    Families(Vec<Try>),
}

/// One request of the other family.
struct Try {
    query: String,
    body: Value,
    expected: Expected,
}

#[derive(Clone, Copy, PartialEq)]
enum Expected {
    /// It names something of the victim's: 404.
    NotFound,
    /// It names nothing, and its answer holds nothing of the victim's.
    NothingOfTheVictims,
}

fn named(query: impl Into<String>, body: Value) -> Try {
    Try { query: query.into(), body, expected: Expected::NotFound }
}

fn unnamed(body: Value) -> Try {
    Try { query: String::new(), body, expected: Expected::NothingOfTheVictims }
}

/// `None` for a route that nobody has thought about yet.
fn row(operation: &str, victim: &Victim, own_child: &str) -> Option<Row> {
    let Victim { child, recording, .. } = victim;
    let tries = match operation {
        "check_health" => return Some(Row::Public),
        "list_all_emotions" | "read_emotion" | "create_emotion" | "replace_emotion" | "remove_emotion"
        | "list_job_runs" | "read_job_run" | "retry_job_run" | "list_audit_logs" | "view_family" => {
            return Some(Row::Operators);
        }
        // It names nothing, and who does it cannot come back: see leaving.rs.
        "withdraw" => vec![],
        "read_me" | "export_family" | "list_emotions" | "list_intensities" | "list_children" => {
            vec![unnamed(Value::Null)]
        }
        "create_upload" => vec![unnamed(json!({"content_type": "audio/wav", "size_bytes": 100}))],
        "create_child" => vec![unnamed(json!({"nickname": "れん", "birth_date": "2021-05-05"}))],
        "read_child" | "delete_child" | "read_emotion_log" | "delete_emotion_log" | "read_recording"
        | "play_recording" => vec![named("", Value::Null)],
        "update_child" => vec![named("", json!({"nickname": "だれか"}))],
        "update_emotion_log" => vec![named("", json!({"note": "よそから"}))],
        "create_emotion_log" => vec![
            named("", json!({"child_id": child, "emotion": "ikari", "intensity": 1})),
            named(
                "",
                json!({"child_id": own_child, "emotion": "ikari", "intensity": 1, "recording_id": recording}),
            ),
        ],
        "list_emotion_logs" => {
            vec![unnamed(Value::Null), named(format!("?child_id={child}"), Value::Null)]
        }
        "summarise_emotion_logs" => {
            vec![named(format!("?child_id={child}&from=2026-01-01&to=2026-01-31"), Value::Null)]
        }
        _ => return None,
    };
    Some(Row::Families(tries))
}

#[tokio::test]
async fn no_route_shows_or_changes_what_another_family_has() {
    let stack = Stack::connect().await;
    let victim = Victim::new(&stack).await;
    let own_child = stack.child(Parent::Other, "れん").await;
    let before = victim.rows(&stack).await;

    for operation in Operation::all() {
        let row = row(&operation.id, &victim, &own_child);
        let Row::Families(tries) = row.unwrap_or_else(|| panic!("{}: no row", operation.id)) else {
            continue;
        };
        for Try { query, body, expected } in tries {
            let path = format!("{}{query}", operation.path_to(&victim));
            let request = stack.request(&operation.method, &path).bearer_auth(Parent::Other.token());
            let response = with_body(request, &body).send().await.unwrap();
            let (status, mut text) = (response.status().as_u16(), response.text().await.unwrap());
            if operation.id == "export_family" {
                text = stack.linked(&text).await;
            }

            match expected {
                Expected::NotFound => assert_eq!(status, 404, "{operation}{query} {body}: {text}"),
                Expected::NothingOfTheVictims => assert!(status < 300, "{operation}: {status} {text}"),
            }
            for id in [&victim.child, &victim.log, &victim.recording] {
                assert!(!text.contains(id.as_str()), "{operation} shows {id}");
            }
            if operation.id == "create_child" {
                let child: Value = serde_json::from_str(&text).unwrap();
                stack.delete_child(Parent::Other, child["id"].as_str().unwrap()).await;
            }
        }
    }

    assert_eq!(victim.rows(&stack).await, before);
    stack.delete_child(Parent::Other, &own_child).await;
    stack.delete_child(Parent::One, &victim.child).await;
}

#[tokio::test]
async fn no_route_lets_in_who_has_no_token_or_the_wrong_one() {
    let stack = Stack::connect().await;
    let victim = Victim::new(&stack).await;
    let before = (victim.rows(&stack).await, stack.cards().await);

    let (mut families, mut operators) = (0, 0);
    for operation in Operation::all() {
        let wrong = match row(&operation.id, &victim, "") {
            Some(Row::Public) => continue,
            Some(Row::Families(_)) => (&mut families, variable("ADMIN_TOKEN")),
            Some(Row::Operators) => (&mut operators, Parent::One.token()),
            None => panic!("{}: no row", operation.id),
        };
        *wrong.0 += 1;
        for token in [None, Some(wrong.1)] {
            let request = stack.request(&operation.method, &operation.path_to(&victim));
            let request = request.header("x-support-reason", "I am just curious");
            let request = with_body(request, &json!({"label": "ねむい", "color": "#8c7bab", "position": 13}));
            let request = match &token {
                Some(token) => request.bearer_auth(token),
                None => request,
            };
            let status = request.send().await.unwrap().status().as_u16();

            let refused = status == 401 || (token.is_some() && status == 403);
            assert!(refused, "{operation}, token: {}: {status}", token.is_some());
        }
    }

    assert!(families > 0 && operators > 0, "{families}, {operators}");
    assert_eq!((victim.rows(&stack).await, stack.cards().await), before);
    stack.delete_child(Parent::One, &victim.child).await;
}

fn with_body(request: reqwest::RequestBuilder, body: &Value) -> reqwest::RequestBuilder {
    if body.is_null() { request } else { request.json(body) }
}

impl Victim {
    async fn new(stack: &Stack) -> Self {
        let child = stack.child(Parent::One, "みか").await;
        let recording = stack.upload(Parent::One, "audio/wav", sample("kimochi_3.wav")).await;
        stack.settled(Parent::One, &recording).await;
        let body =
            json!({"child_id": child, "emotion": "kanashii", "intensity": 1, "recording_id": recording});
        let log = stack.create(Parent::One, "/v1/emotion-logs", &body).await;
        let sql = "SELECT user_id::text, id::text FROM job_runs WHERE recording_id::text = $1 LIMIT 1";
        let run = stack.database.query_one(sql, &[&recording]).await.unwrap();
        let log = log["id"].as_str().expect("an id").to_owned();
        Self { family: run.get(0), child, log, recording, job_run: run.get(1) }
    }

    /// All columns of its rows.
    async fn rows(&self, stack: &Stack) -> Vec<String> {
        let sql = "
SELECT t::text FROM children t WHERE id::text = $1
UNION ALL SELECT t::text FROM emotion_logs t WHERE id::text = $2 OR child_id::text = $1
UNION ALL SELECT t::text FROM recordings t WHERE id::text = $3";
        let rows = stack.database.query(sql, &[&self.child, &self.log, &self.recording]).await.unwrap();
        assert_eq!(rows.len(), 3);
        rows.iter().map(|row| row.get(0)).collect()
    }
}

impl Stack {
    /// What lies behind the link of an answer.
    async fn linked(&self, answer: &str) -> String {
        let answer: Value = serde_json::from_str(answer).expect("JSON");
        let response = self.http.get(answer["url"].as_str().expect("a URL")).send().await.unwrap();
        response.text().await.unwrap()
    }

    /// All columns of all cards.
    async fn cards(&self) -> Vec<String> {
        let rows = self.database.query("SELECT t::text FROM emotions t ORDER BY name", &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }
}

/// One method of one path of the document.
struct Operation {
    id: String,
    method: String,
    path: String,
}

impl Operation {
    fn all() -> Vec<Self> {
        let document: Value = serde_json::from_slice(&file("openapi.json")).expect("JSON");
        let mut all = Vec::new();
        let mut ids = BTreeSet::new();
        for (path, item) in document["paths"].as_object().expect("paths") {
            for (method, operation) in item.as_object().into_iter().flat_map(Map::iter) {
                let id = operation["operationId"].as_str().expect("an id").to_owned();
                assert!(ids.insert(id.clone()), "{id} twice");
                all.push(Self { id, method: method.to_uppercase(), path: path.clone() });
            }
        }
        assert!(!all.is_empty());
        all
    }

    /// Its path, with what belongs to the victim in it.
    fn path_to(&self, victim: &Victim) -> String {
        let mut parts = self.path.split('/').skip(2).filter(|part| *part != "admin");
        let id = match parts.next() {
            Some("children") => &victim.child,
            Some("emotion-logs") => &victim.log,
            Some("recordings") => &victim.recording,
            Some("job-runs") => &victim.job_run,
            Some("users") => &victim.family,
            _ => "",
        };
        self.path.replace("{id}", id).replace("{name}", "ureshii")
    }
}

impl std::fmt::Display for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}
