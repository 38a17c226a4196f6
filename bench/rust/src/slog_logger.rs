//! slog, with slog-json, slog-async, and slog-scope for the context.

use crate::contestant::{About, Contestant, Job, Lines, OVERLOAD_LINES, Opened, Sink};
use crate::handover::hand_over;
use crate::scenario::Scenario;
use crate::sink::{ThreadOutput, open_to_append};
use crate::work::{Numbered, work};
use slog::{Drain, FnValue, KV, Level, Logger, OwnedKVList, PushFnValue, Record, Serde, debug, info, o};
use slog_async::{Async, OverflowStrategy};
use slog_json::Json;
use slog_scope::scope;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, BufWriter, Write};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

/// A drain writes piece by piece: this makes a line of the pieces, also of the longest that is measured.
const BUFFER: usize = 128 << 10;

/// What the queue holds where it is not to be full; slog-async's own 128 would be.
const QUEUE: usize = 4096;

pub struct Slog;

impl Contestant for Slog {
    fn about(&self) -> About {
        About {
            name: "slog-rs",
            version: env!("SLOG_VERSION"),
            cannot: &[],
            notes: &[
                "keys are not unique",
                "context variables: a logger in a slog-scope; what is bound in it is joined when a logger is bound, \
                 not for each line",
                "slog-async's reports of dropped lines count most of them twice",
            ],
        }
    }

    fn open(&self, job: &Job) -> io::Result<Box<dyn Opened>> {
        Ok(match job.sink {
            Sink::Discard => Box::new(Synchronous { file: None }),
            Sink::Null => Box::new(Synchronous { file: Some(Arc::new(open_to_append("/dev/null")?)) }),
            Sink::File => Box::new(Synchronous { file: Some(Arc::new(open_to_append(&job.path)?)) }),
            Sink::Async => Box::new(Asynchronous::open(job, QUEUE, OverflowStrategy::Block)?),
            Sink::Overload => Box::new(Asynchronous::open(job, OVERLOAD_LINES, OverflowStrategy::DropAndReport)?),
        })
    }
}

// -- where lines go --

fn json<W: Write>(out: W, flushes_lines: bool) -> Json<BufWriter<W>> {
    Json::new(BufWriter::with_capacity(BUFFER, out))
        .set_flush(flushes_lines)
        .add_key_value(o!(
            "timestamp" => PushFnValue(|_, serializer| {
                serializer.emit(format_args!("{}", humantime::format_rfc3339_micros(SystemTime::now())))
            }),
            "level" => FnValue(|record| record.level().as_str()),
            "event" => PushFnValue(|record: &Record, serializer| serializer.emit(record.msg())),
        ))
        .build()
}

struct Synchronous {
    file: Option<Arc<File>>,
}

impl Opened for Synchronous {
    /// Each thread has a logger of its own; its lock is what a drain needs to be shared, and is free.
    fn with_lines(&self, scenario: Scenario, measure: &mut dyn FnMut(Lines)) {
        let drain = Mutex::new(json(ThreadOutput, true)).filter_level(Level::Info).fuse();
        let file = self.file.clone();
        let prepare = move || ThreadOutput::set(file.clone());
        measure_lines(&Logger::root(drain, o!()), scenario, prepare, ThreadOutput::collect, measure);
    }

    fn finish(self: Box<Self>) -> u64 {
        0
    }
}

struct Asynchronous {
    root: Logger,
    dropped: Arc<AtomicU64>,
}

impl Asynchronous {
    fn open(job: &Job, queue: usize, strategy: OverflowStrategy) -> io::Result<Asynchronous> {
        let dropped = Arc::new(AtomicU64::new(0));
        let drain = Mutex::new(json(open_to_append(&job.path)?, false)).fuse();
        let queued = Async::new(HearDrops { drain, dropped: dropped.clone() })
            .chan_size(queue)
            .overflow_strategy(strategy)
            .build_no_guard();
        Ok(Asynchronous { root: Logger::root(queued.filter_level(Level::Info).fuse(), o!()), dropped })
    }
}

impl Opened for Asynchronous {
    fn with_lines(&self, scenario: Scenario, measure: &mut dyn FnMut(Lines)) {
        measure_lines(&self.root, scenario, || (), || (), measure);
    }

    /// The last logger that goes waits for the queue.
    fn finish(self: Box<Self>) -> u64 {
        drop(self.root);
        self.dropped.load(Relaxed)
    }
}

/// Reads the records in which slog-async tells of what it dropped, and passes all on.
struct HearDrops<D> {
    drain: D,
    dropped: Arc<AtomicU64>,
}

impl<D: Drain> Drain for HearDrops<D> {
    type Ok = D::Ok;
    type Err = D::Err;

    fn log(&self, record: &Record, values: &OwnedKVList) -> Result<D::Ok, D::Err> {
        if record.tag() == "slog-async" {
            let mut count = Count(0);
            let _ = record.kv().serialize(record, &mut count); // it does not fail
            self.dropped.fetch_add(count.0, Relaxed);
        }
        self.drain.log(record, values)
    }
}

struct Count(u64);

impl slog::Serializer for Count {
    fn emit_usize(&mut self, _: slog::Key, value: usize) -> slog::Result {
        self.0 += value as u64;
        Ok(())
    }

    fn emit_arguments(&mut self, _: slog::Key, _: &std::fmt::Arguments) -> slog::Result {
        Ok(())
    }
}

// -- lines --

/// Measures the scenario's lines; `prepare` and `tidy` are called on each thread that makes lines.
fn measure_lines(
    root: &Logger,
    scenario: Scenario,
    prepare: impl Fn() + Send,
    tidy: impl Fn() + Send + Copy,
    measure: &mut dyn FnMut(Lines),
) {
    prepare();
    match scenario {
        Scenario::A => plain(root, measure),
        Scenario::B => plain(&with_ten(root), measure),
        Scenario::C => measure(&|count| at_call(root, count)),
        Scenario::D => three(&with_ten(root), measure),
        Scenario::E => scope(&with_context5(root), || three(&with_five(&slog_scope::logger()), measure)),
        Scenario::F => scope(&with_context20(root), || three(&with_five(&slog_scope::logger()), measure)),
        Scenario::G => overriding(&with_ten(root), measure),
        Scenario::H => measure(&|count| mixed(root, count)),
        Scenario::I => measure(&|count| disabled(root, count)),
        Scenario::J => measure(&|count| bind(root, count)),
        Scenario::K => scope(root, || measure(&scopes)),
        Scenario::L => scope(&with_context5(root), || {
            hand_over(slog_scope::logger, prepare, use_context, tidy, measure);
        }),
        Scenario::Bound(n) => plain(&with_numbered(root, &work().numbered[..n]), measure),
        Scenario::Context(n) => scope(&with_numbered(root, &work().numbered[..n]), || measure(&plain_in_scope)),
        Scenario::Length(_) => long(root, &scenario.payload(), measure),
    }
    tidy();
}

fn plain(bound: &Logger, measure: &mut dyn FnMut(Lines)) {
    measure(&|count| {
        for _ in 0..count {
            info!(bound, "request received");
        }
    });
}

fn plain_in_scope(count: usize) {
    for _ in 0..count {
        slog_scope::info!("request received");
    }
}

fn at_call(root: &Logger, count: usize) {
    let ten = &work().ten;
    for _ in 0..count {
        info!(root, "request received"; "request_id" => ten.request_id, "method" => ten.method, "path" => ten.path,
            "client" => ten.client, "user_id" => ten.user_id, "tenant" => ten.tenant, "attempt" => ten.attempt,
            "cached" => ten.cached, "ratio" => ten.ratio, "region" => ten.region);
    }
}

fn three(bound: &Logger, measure: &mut dyn FnMut(Lines)) {
    let three = &work().three;
    measure(&|count| {
        for _ in 0..count {
            info!(bound, "request received"; "status" => three.status, "bytes" => three.bytes,
                "duration_ms" => three.duration_ms);
        }
    });
}

fn overriding(bound: &Logger, measure: &mut dyn FnMut(Lines)) {
    let work = work();
    measure(&|count| {
        for _ in 0..count {
            info!(bound, "request received"; "status" => work.three.status, "bytes" => work.three.bytes,
                "duration_ms" => work.three.duration_ms, "attempt" => work.second_attempt);
        }
    });
}

fn mixed(root: &Logger, count: usize) {
    let mixed = &work().mixed;
    for _ in 0..count {
        info!(root, "request received"; "int" => mixed.number, "ints" => Serde(&mixed.numbers),
            "string" => mixed.text, "strings" => Serde(&mixed.texts), "time" => Serde(mixed.time),
            "times" => Serde(&mixed.times), "user1" => Serde(&mixed.user1), "user2" => Serde(&mixed.user2),
            "users" => Serde(&mixed.users), "error" => %mixed.error);
    }
}

fn disabled(root: &Logger, count: usize) {
    let ten = &work().ten;
    for _ in 0..count {
        debug!(root, "request received"; "request_id" => ten.request_id, "method" => ten.method, "path" => ten.path,
            "client" => ten.client, "user_id" => ten.user_id, "tenant" => ten.tenant, "attempt" => ten.attempt,
            "cached" => ten.cached, "ratio" => ten.ratio, "region" => ten.region);
    }
}

fn bind(root: &Logger, count: usize) {
    for _ in 0..count {
        drop(black_box(with_five(root)));
    }
}

fn scopes(count: usize) {
    for _ in 0..count {
        use_context(with_context5(&slog_scope::logger()));
    }
}

fn use_context(inside: Logger) {
    scope(&inside, || slog_scope::info!("request received"));
}

fn long(root: &Logger, payload: &str, measure: &mut dyn FnMut(Lines)) {
    let payload = black_box(payload);
    measure(&|count| {
        for _ in 0..count {
            info!(root, "request received"; "payload" => payload);
        }
    });
}

// -- bound --

fn with_five(logger: &Logger) -> Logger {
    let ten = &work().ten;
    logger.new(o!("request_id" => ten.request_id, "method" => ten.method, "path" => ten.path,
        "client" => ten.client, "user_id" => ten.user_id))
}

fn with_ten(logger: &Logger) -> Logger {
    let ten = &work().ten;
    logger.new(o!("request_id" => ten.request_id, "method" => ten.method, "path" => ten.path,
        "client" => ten.client, "user_id" => ten.user_id, "tenant" => ten.tenant, "attempt" => ten.attempt,
        "cached" => ten.cached, "ratio" => ten.ratio, "region" => ten.region))
}

fn with_context5(logger: &Logger) -> Logger {
    let context = &work().context5;
    logger.new(o!("trace_id" => context.trace_id, "span_id" => context.span_id, "session" => context.session,
        "locale" => context.locale, "shard" => context.shard))
}

fn with_context20(logger: &Logger) -> Logger {
    with_numbered(&with_context5(logger), &work().context_more)
}

fn with_numbered(logger: &Logger, fields: &'static [Numbered]) -> Logger {
    logger.new(o!(NumberedFields(fields)))
}

struct NumberedFields(&'static [Numbered]);

impl KV for NumberedFields {
    fn serialize(&self, _: &Record, serializer: &mut dyn slog::Serializer) -> slog::Result {
        for field in self.0 {
            match &field.text {
                Some(text) => serializer.emit_str(field.key, text)?,
                None => serializer.emit_i64(field.key, field.number)?,
            }
        }
        Ok(())
    }
}
