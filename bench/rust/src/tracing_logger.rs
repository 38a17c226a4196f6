//! tracing, with the JSON formatter of tracing-subscriber. Bound fields and context variables are those of spans.

use crate::contestant::{About, Contestant, Job, Lines, OVERLOAD_LINES, Opened, Sink};
use crate::handover::hand_over;
use crate::scenario::{MOST_FIELDS, Scenario};
use crate::sink::{ThreadOutput, open_to_append};
use crate::work::{Numbered, work};
use seq_macro::seq;
use std::cell::RefCell;
use std::fs::File;
use std::hint::black_box;
use std::io::{self, BufWriter, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use tracing::field::Empty;
use tracing::{Level, Span, debug, info, info_span};
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};

pub struct Tracing;

impl Tracing {
    /// There is one subscriber for the whole program, as in programs; its writer is what a run changes.
    pub fn new() -> Tracing {
        tracing_subscriber::fmt()
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .with_span_list(true)
            .with_target(false)
            .with_max_level(Level::INFO)
            .with_writer(|| Writer)
            .init();
        Tracing
    }
}

impl Contestant for Tracing {
    fn about(&self) -> About {
        About {
            name: "tracing",
            version: env!("TRACING_VERSION"),
            cannot: &[("h", "values are scalars; lists and objects would be debugging strings")],
            notes: &[
                "fields nested: those of spans are in \"spans\", a list of objects, each with the span's \"name\" too",
                "keys are not unique: a span's field and one at the call may have the same",
                "no bound logger: what is bound are the fields of a span that is entered",
            ],
        }
    }

    fn open(&self, job: &Job) -> io::Result<Box<dyn Opened>> {
        Ok(match job.sink {
            Sink::Discard => Box::new(Synchronous { file: None }),
            Sink::Null => Box::new(Synchronous { file: Some(Arc::new(open_to_append("/dev/null")?)) }),
            Sink::File => Box::new(Synchronous { file: Some(Arc::new(open_to_append(&job.path)?)) }),
            Sink::Async => Box::new(Asynchronous::open(job, NonBlockingBuilder::default().lossy(false))?),
            Sink::Overload => Box::new(Asynchronous::open(
                job,
                NonBlockingBuilder::default().lossy(true).buffered_lines_limit(OVERLOAD_LINES),
            )?),
        })
    }
}

// -- where lines go --

thread_local! {
    static QUEUE: RefCell<Option<NonBlocking>> = const { RefCell::new(None) };
}

/// Writes to the thread's queue, if it has one, or to its output.
struct Writer;

impl Write for Writer {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        QUEUE.with_borrow_mut(|queue| match queue {
            Some(queue) => queue.write(line),
            None => ThreadOutput.write(line),
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Synchronous {
    file: Option<Arc<File>>,
}

impl Opened for Synchronous {
    fn with_lines(&self, scenario: Scenario, measure: &mut dyn FnMut(Lines)) {
        let file = self.file.clone();
        measure_lines(scenario, move || ThreadOutput::set(file.clone()), ThreadOutput::collect, measure);
    }

    fn finish(self: Box<Self>) -> u64 {
        0
    }
}

struct Asynchronous {
    queue: NonBlocking,
    guard: WorkerGuard,
    file_is_closed: Mutex<Receiver<()>>,
}

/// A file that says when the logger's thread let go of it: its guard does not wait for ever.
struct AnnouncedFile {
    file: BufWriter<File>,
    _closed: Sender<()>,
}

impl Write for AnnouncedFile {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.file.write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Asynchronous {
    fn open(job: &Job, builder: NonBlockingBuilder) -> io::Result<Asynchronous> {
        let (closed, file_is_closed) = channel();
        let file = BufWriter::new(open_to_append(&job.path)?);
        let (queue, guard) = builder.finish(AnnouncedFile { file, _closed: closed });
        Ok(Asynchronous { queue, guard, file_is_closed: Mutex::new(file_is_closed) })
    }
}

impl Opened for Asynchronous {
    fn with_lines(&self, scenario: Scenario, measure: &mut dyn FnMut(Lines)) {
        let queue = self.queue.clone();
        measure_lines(scenario, move || QUEUE.set(Some(queue.clone())), || QUEUE.set(None), measure);
    }

    fn finish(self: Box<Self>) -> u64 {
        let counter = self.queue.error_counter();
        drop((self.queue, self.guard));
        // What comes is an error: nothing is sent, and the sender is gone with the file.
        let _ = self.file_is_closed.into_inner().map(|closed| closed.recv());
        counter.dropped_lines() as u64
    }
}

// -- lines --

/// Measures the scenario's lines; `prepare` and `tidy` are called on each thread that makes lines.
fn measure_lines(
    scenario: Scenario,
    prepare: impl Fn() + Send,
    tidy: impl Fn() + Send + Copy,
    measure: &mut dyn FnMut(Lines),
) {
    prepare();
    match scenario {
        Scenario::A => measure(&plain),
        Scenario::B => ten().in_scope(|| measure(&plain)),
        Scenario::C => measure(&at_call),
        Scenario::D => ten().in_scope(|| measure(&three)),
        Scenario::E => context5().in_scope(|| five().in_scope(|| measure(&three))),
        Scenario::F => context20().in_scope(|| five().in_scope(|| measure(&three))),
        Scenario::G => ten().in_scope(|| measure(&overriding)),
        Scenario::H => unreachable!("it is among what tracing cannot"),
        Scenario::I => measure(&disabled),
        Scenario::J => measure(&bind),
        Scenario::K => measure(&scopes),
        Scenario::L => context5().in_scope(|| hand_over(Span::current, prepare, use_context, tidy, measure)),
        Scenario::Bound(0) | Scenario::Context(0) => measure(&plain),
        Scenario::Bound(n) | Scenario::Context(n) => numbered(n).in_scope(|| measure(&plain)),
        Scenario::Length(_) => long(&scenario.payload(), measure),
    }
    tidy();
}

fn plain(count: usize) {
    for _ in 0..count {
        info!("request received");
    }
}

/// A line of either level; the keys have to stand in the call.
macro_rules! with_ten {
    ($level:ident, $ten:expr) => {
        $level!(
            request_id = $ten.request_id,
            method = $ten.method,
            path = $ten.path,
            client = $ten.client,
            user_id = $ten.user_id,
            tenant = $ten.tenant,
            attempt = $ten.attempt,
            cached = $ten.cached,
            ratio = $ten.ratio,
            region = $ten.region,
            "request received"
        )
    };
}

fn at_call(count: usize) {
    let ten = &work().ten;
    for _ in 0..count {
        with_ten!(info, ten);
    }
}

fn three(count: usize) {
    let three = &work().three;
    for _ in 0..count {
        info!(status = three.status, bytes = three.bytes, duration_ms = three.duration_ms, "request received");
    }
}

fn overriding(count: usize) {
    let work = work();
    for _ in 0..count {
        info!(
            status = work.three.status,
            bytes = work.three.bytes,
            duration_ms = work.three.duration_ms,
            attempt = work.second_attempt,
            "request received"
        );
    }
}

fn disabled(count: usize) {
    let ten = &work().ten;
    for _ in 0..count {
        with_ten!(debug, ten);
    }
}

fn bind(count: usize) {
    for _ in 0..count {
        drop(black_box(five()));
    }
}

fn scopes(count: usize) {
    for _ in 0..count {
        context5().in_scope(|| info!("request received"));
    }
}

fn use_context(span: Span) {
    span.in_scope(|| info!("request received"));
}

fn long(payload: &str, measure: &mut dyn FnMut(Lines)) {
    let payload = black_box(payload);
    measure(&|count| {
        for _ in 0..count {
            info!(payload, "request received");
        }
    });
}

// -- spans --

fn five() -> Span {
    let ten = &work().ten;
    info_span!(
        "bound",
        request_id = ten.request_id,
        method = ten.method,
        path = ten.path,
        client = ten.client,
        user_id = ten.user_id
    )
}

fn ten() -> Span {
    let ten = &work().ten;
    info_span!(
        "bound",
        request_id = ten.request_id,
        method = ten.method,
        path = ten.path,
        client = ten.client,
        user_id = ten.user_id,
        tenant = ten.tenant,
        attempt = ten.attempt,
        cached = ten.cached,
        ratio = ten.ratio,
        region = ten.region
    )
}

fn context5() -> Span {
    let context = &work().context5;
    info_span!(
        "context",
        trace_id = context.trace_id,
        span_id = context.span_id,
        session = context.session,
        locale = context.locale,
        shard = context.shard
    )
}

fn context20() -> Span {
    let context = &work().context5;
    let span = seq!(N in 05..20 {
        info_span!(
            "context",
            trace_id = context.trace_id,
            span_id = context.span_id,
            session = context.session,
            locale = context.locale,
            shard = context.shard,
            #(context_~N = Empty,)*
        )
    });
    record(&span, &work().context_more);
    span
}

/// A span has its keys at compile time, so this one has all of them; those without a value are not written.
fn numbered(count: usize) -> Span {
    const _: () = assert!(MOST_FIELDS == 100, "the fields below are as many");
    let span = seq!(N in 000..100 { info_span!("numbered", #(field_~N = Empty,)*) });
    record(&span, &work().numbered[..count]);
    span
}

fn record(span: &Span, fields: &[Numbered]) {
    for field in fields {
        match &field.text {
            Some(text) => span.record(field.key, text.as_str()),
            None => span.record(field.key, field.number),
        };
    }
}
