//! The values of the scenarios (bench/README.md). They are reached through a pointer that the compiler cannot see
//! through, so that they are loaded for each line, as in a program that knows them only at run time. Keys and the
//! message are literals in the contestants, as in programs.

use crate::scenario::MOST_FIELDS;
use serde::{Serialize, Serializer};
use std::hint::black_box;
use std::io;
use std::sync::LazyLock;
use std::time::{Duration, SystemTime};

pub struct Ten {
    pub request_id: &'static str,
    pub method: &'static str,
    pub path: &'static str,
    pub client: &'static str,
    pub user_id: i64,
    pub tenant: &'static str,
    pub attempt: i64,
    pub cached: bool,
    pub ratio: f64,
    pub region: &'static str,
}

pub struct Three {
    pub status: i64,
    pub bytes: i64,
    pub duration_ms: f64,
}

pub struct Context5 {
    pub trace_id: &'static str,
    pub span_id: &'static str,
    pub session: &'static str,
    pub locale: &'static str,
    pub shard: i64,
}

/// A time that is written like the timestamp.
#[derive(Clone, Copy)]
pub struct Moment(pub SystemTime);

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&humantime::format_rfc3339_micros(self.0))
    }
}

#[derive(Clone, Serialize)]
pub struct User {
    pub name: &'static str,
    pub email: &'static str,
    pub created_at: Moment,
}

pub struct Mixed {
    pub number: i64,
    pub numbers: [i64; 10],
    pub text: &'static str,
    pub texts: [&'static str; 10],
    pub time: Moment,
    pub times: [Moment; 10],
    pub user1: User,
    pub user2: User,
    pub users: Vec<User>,
    pub error: io::Error,
}

/// A field whose key is made by number; without a text it is the number.
pub struct Numbered {
    pub key: &'static str,
    pub text: Option<String>,
    pub number: i64,
}

pub struct Work {
    pub ten: Ten,
    pub three: Three,
    pub second_attempt: i64,
    pub context5: Context5,
    /// What context20 has besides context5.
    pub context_more: Vec<Numbered>,
    pub mixed: Mixed,
    /// bound-N, context-N: the first N.
    pub numbered: Vec<Numbered>,
}

pub fn work() -> &'static Work {
    static WORK: LazyLock<Work> = LazyLock::new(make);
    black_box(&*WORK)
}

fn make() -> Work {
    Work {
        ten: Ten {
            request_id: "5f1c9e1c-7d2e-4c1b",
            method: "GET",
            path: "/orders/7781",
            client: "127.0.0.1",
            user_id: 7781,
            tenant: "acme",
            attempt: 1,
            cached: false,
            ratio: 0.25,
            region: "eu-west",
        },
        three: Three { status: 200, bytes: 5120, duration_ms: 1.5 },
        second_attempt: 2,
        context5: Context5 {
            trace_id: "4bf92f3577b34da6a3ce929d0e0e4736",
            span_id: "00f067aa0ba902b7",
            session: "s-20418",
            locale: "en-GB",
            shard: 7,
        },
        context_more: (5..20).map(|i| numbered(format!("context_{i:02}"), None, i)).collect(),
        mixed: make_mixed(),
        numbered: (0..MOST_FIELDS as i64).map(make_numbered).collect(),
    }
}

fn make_mixed() -> Mixed {
    let time = Moment(SystemTime::UNIX_EPOCH + Duration::from_secs(315_576_000)); // 1980-01-01T12:00:00Z
    let jane = User { name: "Jane Doe", email: "jane@example.com", created_at: time };
    Mixed {
        number: 1,
        numbers: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
        text: "a",
        texts: ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"],
        time,
        times: [time; 10],
        user1: jane.clone(),
        user2: jane.clone(),
        users: vec![jane; 10],
        error: io::Error::other("file does not exist"),
    }
}

fn make_numbered(i: i64) -> Numbered {
    numbered(format!("field_{i:03}"), (i % 2 == 0).then(|| format!("value_{i:03}")), i)
}

/// The loggers want keys that live for ever.
fn numbered(key: String, text: Option<String>, number: i64) -> Numbered {
    Numbered { key: key.leak(), text, number }
}
