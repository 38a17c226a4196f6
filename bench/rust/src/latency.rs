//! The caller's latency: each call of bursts of lines is timed.

use crate::contestant::{Contestant, Job, Lines};
use std::io;
use std::thread::sleep;
use std::time::{Duration, Instant};

pub const BURST: usize = 20;
const PAUSE: Duration = Duration::from_millis(1);

pub struct Latencies {
    sorted: Vec<u64>,
    cost_of_reading: u64,
}

impl Latencies {
    pub fn samples(&self) -> usize {
        self.sorted.len()
    }

    /// In nanoseconds, without what reading the clock costs.
    pub fn percentile(&self, part: f64) -> u64 {
        self.sorted[((self.sorted.len() - 1) as f64 * part) as usize].saturating_sub(self.cost_of_reading)
    }
}

pub fn measure(contestant: &dyn Contestant, job: &Job, bursts: usize) -> io::Result<Latencies> {
    let opened = contestant.open(job)?;
    let mut sorted = Vec::with_capacity(bursts * BURST);
    opened.with_lines(job.scenario, &mut |make_lines| {
        for _ in 0..bursts {
            sleep(PAUSE);
            sorted.extend((0..BURST).map(|_| time_of(make_lines)));
        }
    });
    opened.finish();
    sorted.sort_unstable();
    Ok(Latencies { sorted, cost_of_reading: cost_of_reading() })
}

fn time_of(make_lines: Lines) -> u64 {
    let start = Instant::now();
    make_lines(1);
    start.elapsed().as_nanos() as u64
}

fn cost_of_reading() -> u64 {
    let mut samples: Vec<u64> = (0..10_001).map(|_| time_of(&|_| ())).collect();
    samples.sort_unstable();
    samples[samples.len() / 2]
}
