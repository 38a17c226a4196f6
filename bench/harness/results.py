"""All that came out, as one JSON document: what the table, the charts and the Markdown are made from."""

from __future__ import annotations

import figures
import scenarios
from contestants import ALL, CLEAT, Absence
from measure import Measures
from plan import Run
from targets import Outcome, gain_of
from team import Team


def contestants_of(team: Team, absent: dict[str, Absence], failures: dict[str, str]) -> list[dict]:
    rows = []
    for contestant in ALL:
        about = team.about.get(contestant.name, {})
        row = {"name": contestant.name, "title": contestant.shown, "language": contestant.language,
               "version": about.get("version", ""), "notes": about.get("notes", []),
               "cannot": about.get("cannot", {})}
        if contestant.name in absent:
            row["absent"] = absent[contestant.name].reason
        elif contestant.name in failures:
            row["failed"] = failures[contestant.name]
        elif not about:
            continue
        rows.append(row)
    return rows


def figures_of(measures: Measures, name: str, run: Run) -> dict:
    series, ours = measures.of(name, run), measures.of(CLEAT, run)
    row = {"contestant": name, "ns": figures.median(series.ns), "spread": figures.spread(series.ns),
           "ratio": figures.ratio(series, ours) if ours else None, "bytes": series.bytes,
           "allocations": series.allocations, "count": series.count, "rounds": series.ns}
    gain = gain_of(measures, name, run.scenario) if run.threads == 2 and run.sink == "discard" else None
    return {**row, "gain": figures.median(gain)} if gain else row


def runs_of(team: Team, measures: Measures) -> list[dict]:
    rows = []
    for run in measures.runs():
        measured = measures.names_with(run)
        cannot = {name: team.why_not(name, run) for name in team.about if name not in measured}
        rows.append({"scenario": run.scenario, "title": scenarios.scenario(run.scenario).title, "sink": run.sink,
                     "threads": run.threads,
                     "results": sorted((figures_of(measures, name, run) for name in measured),
                                       key=lambda row: row["ns"]),
                     "cannot": {name: reason for name, reason in cannot.items() if reason}})
    return rows


def latencies_of(measures: Measures) -> dict[str, dict]:
    return {name: {key: figures.median([answer[key] for answer in answers]) for key in ("p50", "p99", "p999")}
            for name, answers in measures.latencies.items()}


def document(team: Team, measures: Measures, *, machine: dict, whole: bool, absent: dict[str, Absence],
             failures: dict[str, str], memory: dict | None, cost: dict | None, outcomes: list[Outcome]) -> dict:
    return {"machine": machine, "whole": whole, "contestants": contestants_of(team, absent, failures),
            "runs": runs_of(team, measures), "latency": latencies_of(measures), "overload": measures.overloads,
            "memory": memory, "cost": cost, "targets": [outcome.as_json() for outcome in outcomes]}


def find_run(results: dict, scenario: str, sink: str = "discard", threads: int = 1) -> dict | None:
    for run in results["runs"]:
        if (run["scenario"], run["sink"], run["threads"]) == (scenario, sink, threads):
            return run
    return None
