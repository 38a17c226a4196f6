//! Reads commands, and answers each with a line of JSON (bench/README.md).

use crate::contestant::{About, Contestant, Job, Sink};
use crate::latency::{self, BURST};
use crate::run::run;
use crate::scenario::Scenario;
use serde_json::{Map, Value, json};
use std::io::{self, BufRead, Write};

const MOST_THREADS: usize = 64;
const MOST_COUNT: usize = 1 << 40;
const MOST_BURSTS: usize = 10_000_000;
const SHOWN_LINES: usize = 3;
const SINKS: [(&str, Sink); 4] =
    [("discard", Sink::Discard), ("null", Sink::Null), ("file", Sink::File), ("async", Sink::Async)];

/// Why there is no answer.
enum No {
    Cannot(String),
    Error(String),
}

impl From<String> for No {
    fn from(what: String) -> No {
        No::Error(what)
    }
}

impl From<io::Error> for No {
    fn from(error: io::Error) -> No {
        No::Error(error.to_string())
    }
}

type Answer = Result<Value, No>;

/// Answers until there are no more commands.
pub fn serve(contestant: &dyn Contestant) -> io::Result<()> {
    let mut out = io::stdout();
    for line in io::stdin().lock().lines() {
        let line = line?;
        if line.trim() == "quit" {
            break;
        }
        let answer = match answer_to(contestant, line.trim()) {
            Ok(answer) => answer,
            Err(No::Cannot(reason)) => json!({"cannot": reason}),
            Err(No::Error(what)) => json!({"error": what}),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

fn answer_to(contestant: &dyn Contestant, line: &str) -> Answer {
    let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
    match command {
        "hello" => Ok(hello(&contestant.about())),
        "run" => do_run(contestant, rest),
        "show" => show(contestant, rest),
        "latency" => measure_latency(contestant, rest),
        "overload" => overload(contestant, rest),
        _ => {
            Err(format!("there is no command '{command}'; there are hello, run, show, latency, overload, quit").into())
        }
    }
}

fn hello(about: &About) -> Value {
    let cannot: Map<String, Value> = about.cannot.iter().map(|(what, why)| (what.to_string(), json!(why))).collect();
    let sinks: Vec<&str> = SINKS.iter().map(|(name, _)| *name).filter(|name| !cannot.contains_key(*name)).collect();
    json!({
        "name": about.name, "version": about.version, "language": "Rust", "cannot": cannot, "notes": about.notes,
        "sinks": sinks,
    })
}

fn do_run(contestant: &dyn Contestant, rest: &str) -> Answer {
    let [scenario, sink, threads, count, path] = split(rest, "run SCENARIO SINK THREADS COUNT PATH")?;
    let job = Job {
        scenario: scenario_of(contestant, scenario, &[sink])?,
        sink: sink_of(sink)?,
        threads: number("THREADS", threads, MOST_THREADS)?,
        count: number("COUNT", count, MOST_COUNT)?,
        path: path.to_string(),
    };
    let outcome = run(contestant, &job)?;
    Ok(json!({
        "ns": outcome.ns, "lines": outcome.lines, "bytes": outcome.bytes, "allocations": outcome.allocations,
    }))
}

fn show(contestant: &dyn Contestant, rest: &str) -> Answer {
    let [scenario, path] = split(rest, "show SCENARIO PATH")?;
    let scenario = scenario_of(contestant, scenario, &["file"])?;
    run(contestant, &Job { scenario, sink: Sink::File, threads: 1, count: SHOWN_LINES, path: path.to_string() })?;
    Ok(json!({}))
}

fn measure_latency(contestant: &dyn Contestant, rest: &str) -> Answer {
    let [scenario, path, bursts] = split(rest, "latency SCENARIO PATH BURSTS")?;
    let scenario = scenario_of(contestant, scenario, &["async", "latency"])?;
    if scenario == Scenario::L {
        return Err(No::Cannot("a line of scenario l is made by two threads".to_string()));
    }
    let bursts = number("BURSTS", bursts, MOST_BURSTS)?;
    let job = Job { scenario, sink: Sink::Async, threads: 1, count: bursts * BURST, path: path.to_string() };
    let took = latency::measure(contestant, &job, bursts)?;
    Ok(json!({
        "samples": took.samples(), "p50": took.percentile(0.5), "p99": took.percentile(0.99),
        "p999": took.percentile(0.999),
    }))
}

fn overload(contestant: &dyn Contestant, rest: &str) -> Answer {
    let [count, path] = split(rest, "overload COUNT PATH")?;
    let scenario = scenario_of(contestant, "d", &["async", "overload"])?;
    let count = number("COUNT", count, MOST_COUNT)?;
    let outcome = run(contestant, &Job { scenario, sink: Sink::Overload, threads: 1, count, path: path.to_string() })?;
    Ok(json!({"lines": outcome.lines, "ns": outcome.ns, "told": outcome.dropped}))
}

/// The words of a command; the last may have spaces.
fn split<'a, const N: usize>(text: &'a str, usage: &str) -> Result<[&'a str; N], String> {
    let words: Vec<&str> = text.splitn(N, ' ').collect();
    words.try_into().map_err(|_| format!("it is: {usage}"))
}

fn number(what: &str, text: &str, most: usize) -> Result<usize, String> {
    match text.parse() {
        Ok(value) if (1..=most).contains(&value) => Ok(value),
        _ => Err(format!("{what} is a number from 1 to {most}, not '{text}'")),
    }
}

fn sink_of(name: &str) -> Result<Sink, String> {
    let found = SINKS.iter().find(|(known, _)| *known == name);
    found
        .map(|(_, sink)| *sink)
        .ok_or_else(|| format!("there is no sink '{name}'; there are discard, null, file, async"))
}

/// The scenario, or why the contestant cannot do it with these sinks or commands.
fn scenario_of(contestant: &dyn Contestant, name: &str, uses: &[&str]) -> Result<Scenario, No> {
    let scenario = Scenario::parse(name)?;
    let about = contestant.about();
    let against = about.cannot.iter().find(|(what, _)| *what == scenario.family() || uses.contains(what));
    match against {
        Some((_, why)) => Err(No::Cannot(why.to_string())),
        None => Ok(scenario),
    }
}
