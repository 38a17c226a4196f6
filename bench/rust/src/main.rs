//! The contestants of the benchmark that are written in Rust: `bench-rust LOGGER` answers the commands of
//! bench/README.md.

// The macros of tracing go as deep as a span has fields.
#![recursion_limit = "512"]

mod allocations;
mod contestant;
mod handover;
mod latency;
mod run;
mod runner;
mod scenario;
mod sink;
mod slog_logger;
mod tracing_logger;
mod work;

use contestant::Contestant;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: allocations::Counting = allocations::Counting;

fn contestant_of(name: &str) -> Option<Box<dyn Contestant>> {
    match name {
        "tracing" => Some(Box::new(tracing_logger::Tracing::new())),
        "slog" => Some(Box::new(slog_logger::Slog)),
        _ => None,
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name] = arguments.as_slice() else {
        eprintln!("usage: bench-rust tracing|slog");
        return ExitCode::from(2);
    };
    let Some(contestant) = contestant_of(name) else {
        eprintln!("bench-rust: there is no logger '{name}'; there are tracing, slog");
        return ExitCode::from(2);
    };
    match runner::serve(&*contestant) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-rust: {error}");
            ExitCode::FAILURE
        }
    }
}
