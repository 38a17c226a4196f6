//! What a contestant is.

use crate::scenario::Scenario;
use std::io;

pub struct About {
    pub name: &'static str,
    pub version: &'static str,
    /// Scenarios and sinks that are out of its reach, and why.
    pub cannot: &'static [(&'static str, &'static str)],
    pub notes: &'static [&'static str],
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Sink {
    Discard,
    Null,
    File,
    Async,
    /// Asynchronous with a short queue that is full again and again, dropping lines if the logger can.
    Overload,
}

/// What is to be run.
pub struct Job {
    pub scenario: Scenario,
    pub sink: Sink,
    pub threads: usize,
    /// Lines, or operations, of each thread.
    pub count: usize,
    pub path: String,
}

/// Lines of scenario d, of some 300 bytes each, that the 256 KiB of the queue hold at overload.
pub const OVERLOAD_LINES: usize = 850;

/// Makes so many lines, or operations.
pub type Lines<'a> = &'a dyn Fn(usize);

pub trait Contestant: Sync {
    fn about(&self) -> About;

    /// Opens what the job's lines go to.
    fn open(&self, job: &Job) -> io::Result<Box<dyn Opened>>;
}

pub trait Opened: Sync {
    /// On the calling thread: makes a logger, binds and enters what the scenario wants, gives `measure` the function
    /// that makes lines, and undoes it.
    fn with_lines(&self, scenario: Scenario, measure: &mut dyn FnMut(Lines));

    /// Returns when all lines are in the file. How many lines were dropped, as the logger says.
    fn finish(self: Box<Self>) -> u64;
}
