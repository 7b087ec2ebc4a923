//! What S3 tells a queue about objects, and how the same is said by us when an object is to be worked on again.
//!
//! S3 delivers at least once, late and out of order, with keys in form encoding, and sends an `s3:TestEvent`
//! when the notification is set up.

use std::borrow::Cow;

use aws_lambda_events::s3::{S3Event, S3EventRecord};
use jiff::Timestamp;
use kimochi_domain::Sequencer;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;

/// What S3 leaves as it is in a key.
const IN_A_KEY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'-').remove(b'_').remove(b'.');

/// A message from S3, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// Objects were created. S3 sends one, the format allows more.
    Created(Vec<ObjectCreated>),
    /// `s3:TestEvent`: S3 tried out whether it may send.
    Test,
}

/// One object that was created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectCreated {
    /// The bucket's name.
    pub bucket: String,
    /// The key, decoded.
    pub key: String,
    /// The size in bytes.
    pub size_bytes: i64,
    /// When S3 had it.
    pub created_at: Timestamp,
    /// The order among events for the same key; empty, and so before all others, when S3 left it out.
    pub sequencer: Sequencer,
}

/// A message that is none of S3's, or about something else than created objects.
#[derive(Debug, thiserror::Error)]
pub enum InvalidNotification {
    /// Not the JSON of an S3 event.
    #[error("the message is no S3 event")]
    Malformed(#[source] serde_json::Error),
    /// A record about something else, such as a removal.
    #[error("the message tells of {event_name:?}, not of a created object")]
    OtherEvent {
        /// The kind of event.
        event_name: String,
    },
    /// A record without a bucket or key, or with a key that is no text.
    #[error("the message names no object")]
    NoObject,
    /// A record with a time outside the years -9999 to 9999.
    #[error("the message has an impossible time")]
    NoTime,
}

/// Reads the body of a queue message.
///
/// # Errors
/// When the message can never be understood, however often it is delivered.
pub fn parse(body: &str) -> Result<Notification, InvalidNotification> {
    if is_test(body) {
        return Ok(Notification::Test);
    }
    let event: S3Event = serde_json::from_str(body).map_err(InvalidNotification::Malformed)?;
    event.records.into_iter().map(object_created).collect::<Result<_, _>>().map(Notification::Created)
}

/// The body of a message that [`parse`] understands as this object's arrival; `source` says who sends it.
pub fn created(object: &ObjectCreated, source: &str) -> String {
    json!({
        "Records": [{
            "eventVersion": "2.1",
            "eventSource": source,
            "eventTime": object.created_at,
            "eventName": "ObjectCreated:Again",
            "userIdentity": {},
            "requestParameters": {},
            "responseElements": {},
            "s3": {
                "bucket": {"name": object.bucket},
                "object": {
                    "key": utf8_percent_encode(&object.key, IN_A_KEY).to_string(),
                    "size": object.size_bytes,
                    "sequencer": object.sequencer.as_str(),
                },
            },
        }],
    })
    .to_string()
}

fn is_test(body: &str) -> bool {
    #[derive(Deserialize)]
    struct TestEvent<'a> {
        #[serde(rename = "Event", borrow)]
        event: Cow<'a, str>,
    }
    serde_json::from_str::<TestEvent<'_>>(body).is_ok_and(|test| test.event == "s3:TestEvent")
}

fn object_created(record: S3EventRecord) -> Result<ObjectCreated, InvalidNotification> {
    let event_name = record.event_name.unwrap_or_default();
    if !event_name.trim_start_matches("s3:").starts_with("ObjectCreated:") {
        return Err(InvalidNotification::OtherEvent { event_name: event_name.chars().take(60).collect() });
    }
    let object = record.s3.object;
    let key = object.key.as_deref().and_then(decode_key).ok_or(InvalidNotification::NoObject)?;
    Ok(ObjectCreated {
        bucket: record.s3.bucket.name.ok_or(InvalidNotification::NoObject)?,
        key,
        size_bytes: object.size.unwrap_or_default(),
        created_at: Timestamp::from_microsecond(record.event_time.timestamp_micros())
            .map_err(|_| InvalidNotification::NoTime)?,
        sequencer: Sequencer::new(object.sequencer.unwrap_or_default()),
    })
}

/// Undoes form encoding: `+` is a blank, `%XX` a byte of UTF-8.
fn decode_key(encoded: &str) -> Option<String> {
    let blanks = encoded.replace('+', " ");
    let key = percent_decode_str(&blanks).decode_utf8().ok()?;
    (!key.is_empty()).then(|| key.into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn record(event_name: &str, key: &str) -> Value {
        json!({
            "eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": "ap-northeast-1",
            "eventTime": "2026-04-01T00:00:00.000Z", "eventName": event_name,
            "userIdentity": {"principalId": "p"}, "requestParameters": {"sourceIPAddress": "192.0.2.1"},
            "responseElements": {},
            "s3": {
                "s3SchemaVersion": "1.0", "configurationId": "c",
                "bucket": {"name": "media", "ownerIdentity": {"principalId": "p"}, "arn": "arn:aws:s3:::media"},
                "object": {"key": key, "size": 12, "eTag": "e", "sequencer": "0055AED6DCD90281E5"},
            },
        })
    }

    fn objects(key: &str) -> Vec<ObjectCreated> {
        let body = json!({"Records": [record("ObjectCreated:Put", key)]}).to_string();
        match parse(&body).unwrap() {
            Notification::Created(objects) => objects,
            Notification::Test => panic!("taken for a test event"),
        }
    }

    #[test]
    fn keys_are_form_decoded() {
        assert_eq!(objects("audio/a+b%2Bc%E3%81%82.wav")[0].key, "audio/a b+cあ.wav");
    }

    #[test]
    fn what_we_say_again_is_understood_like_what_s3_says() {
        let object = ObjectCreated {
            bucket: "media".to_owned(),
            key: "audio/a b+cあ.wav".to_owned(),
            size_bytes: 12,
            created_at: "2026-04-01T00:00:00.123456Z".parse().unwrap(),
            sequencer: Sequencer::new("0055AED6DCD90281E5"),
        };

        assert_eq!(parse(&created(&object, "a test")).unwrap(), Notification::Created(vec![object]));
    }

    #[test]
    fn the_test_event_is_recognised() {
        let body = r#"{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2026-04-01T00:00:00.000Z","Bucket":"media"}"#;

        assert_eq!(parse(body).unwrap(), Notification::Test);
    }

    #[test]
    fn other_events_are_told_by_name() {
        let body = json!({"Records": [record("ObjectRemoved:Delete", "audio/x.wav")]}).to_string();

        let error = parse(&body).unwrap_err();

        assert!(
            matches!(error, InvalidNotification::OtherEvent { event_name } if event_name == "ObjectRemoved:Delete")
        );
    }

    #[test]
    fn what_is_no_event_is_malformed() {
        for body in ["", "{", "null", "[]", "{}", r#"{"Records":7}"#, r#"{"Records":[{}]}"#, "hello"] {
            assert!(matches!(parse(body), Err(InvalidNotification::Malformed(_))), "{body}");
        }
    }

    #[test]
    fn a_key_that_is_no_utf_8_names_no_object() {
        let body = json!({"Records": [record("ObjectCreated:Put", "audio/%FF.wav")]}).to_string();

        assert!(matches!(parse(&body), Err(InvalidNotification::NoObject)));
    }
}
