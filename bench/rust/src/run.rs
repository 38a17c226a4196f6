//! The threads of a run: they begin together, and the clock runs from the first one's start to the last end.

use crate::allocations;
use crate::contestant::{Contestant, Job, Opened, Sink};
use crate::sink::ThreadOutput;
use std::io;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

pub struct Outcome {
    pub ns: u64,
    pub lines: usize,
    pub bytes: u64,
    pub allocations: u64,
    pub dropped: u64,
}

/// When a thread worked.
struct Span {
    start: Instant,
    end: Instant,
}

pub fn run(contestant: &dyn Contestant, job: &Job) -> io::Result<Outcome> {
    let size_before = file_size(&job.path);
    let opened = contestant.open(job)?;
    let (spans, allocations_before) = run_threads(&*opened, job);
    let dropped = opened.finish();
    let finished = Instant::now();
    let allocations = allocations::so_far() - allocations_before;
    let start = spans.iter().map(|span| span.start).min().expect("there is a thread");
    let end = spans.iter().map(|span| span.end).max().expect("there is a thread");
    let is_async = matches!(job.sink, Sink::Async | Sink::Overload);
    let collected = ThreadOutput::take_collected();
    Ok(Outcome {
        ns: (if is_async { finished } else { end } - start).as_nanos() as u64,
        lines: if job.scenario.makes_lines() { job.count * job.threads } else { 0 },
        bytes: if is_async { file_size(&job.path) - size_before } else { collected },
        allocations,
        dropped,
    })
}

/// When each thread worked, and the allocations up to their start.
fn run_threads(opened: &dyn Opened, job: &Job) -> (Vec<Span>, u64) {
    let meeting = Barrier::new(job.threads + 1);
    thread::scope(|scope| {
        let workers: Vec<_> = (0..job.threads).map(|_| scope.spawn(|| work(opened, job, &meeting))).collect();
        meeting.wait(); // all have bound what they bind
        let allocations = allocations::so_far();
        meeting.wait();
        (workers.into_iter().map(|worker| worker.join().expect("a worker does not panic")).collect(), allocations)
    })
}

fn work(opened: &dyn Opened, job: &Job, meeting: &Barrier) -> Span {
    let mut span = None;
    opened.with_lines(job.scenario, &mut |make_lines| {
        meeting.wait();
        meeting.wait();
        let start = Instant::now();
        make_lines(job.count);
        span = Some(Span { start, end: Instant::now() });
    });
    span.expect("a contestant measures once")
}

fn file_size(path: &str) -> u64 {
    std::fs::metadata(path).map_or(0, |status| status.len())
}
