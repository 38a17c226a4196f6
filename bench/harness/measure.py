"""Takes the measures, in interleaved rounds: one short run of each contestant in turn, again and again."""

from __future__ import annotations

import dataclasses

import scenarios
import verify
from plan import Plan, Run
from team import Team

FIRST_COUNT = 1000
MOST_COUNT = 200_000_000
MOST_GROWTH = 100  # of the count, from one run to the next: a first run tells little


def makes_lines(run: Run) -> bool:
    return scenarios.scenario(run.scenario).writes


@dataclasses.dataclass
class Series:
    """What a contestant gave for one run: a figure for each round."""

    ns: list[float] = dataclasses.field(default_factory=list)  # of each operation
    count: int = 0
    bytes: float | None = None  # of each line
    allocations: float | None = None  # of each operation

    def add(self, run: Run, answer: dict) -> None:
        operations = self.count * run.threads
        self.ns.append(answer["ns"] / operations)
        self.bytes = answer["bytes"] / answer["lines"] if answer["lines"] and makes_lines(run) else None
        allocations = answer.get("allocations")
        self.allocations = None if allocations is None else allocations / operations


@dataclasses.dataclass
class Measures:
    """All that was measured."""

    series: dict[tuple[str, Run], Series] = dataclasses.field(default_factory=dict)
    latencies: dict[str, list[dict]] = dataclasses.field(default_factory=dict)
    overloads: dict[str, dict] = dataclasses.field(default_factory=dict)

    def of(self, name: str, run: Run) -> Series | None:
        return self.series.get((name, run))

    def names_with(self, run: Run) -> list[str]:
        return [name for name, measured in self.series if measured == run]

    def runs(self) -> list[Run]:
        return list(dict.fromkeys(run for _, run in self.series))


def run_once(team: Team, name: str, run: Run, count: int) -> dict:
    """One run; where there is a file, its lines are counted."""
    path = team.file_of(name) if run.sink in ("file", "async") else None
    place = path or ("/dev/null" if run.sink == "null" else "-")
    answer = team.sessions[name].run(run.scenario, run.sink, run.threads, count, str(place))
    if makes_lines(run) and answer["lines"] != count * run.threads:
        raise verify.Wrong(f"{run}: {count * run.threads} lines were asked for, it says {answer['lines']}")
    if path:
        lines = verify.count_lines(path)
        path.unlink()
        if lines != count * run.threads:
            raise verify.Wrong(f"{run}: of {count * run.threads} lines {lines} are in the file")
    return answer


def fitting_count(team: Team, name: str, run: Run, target_ns: float, warm_up: float) -> int:
    """A count with which a run takes about as long as it should. What led to it was the first round: it warmed up."""
    batch = scenarios.scenario(run.scenario).batch
    count, spent = FIRST_COUNT, 0.0
    while True:
        took = max(1.0, run_once(team, name, run, count)["ns"])
        spent += took / 1e9
        fits = count * target_ns / took
        if spent >= warm_up and (0.5 < fits / count < 2 or fits < batch or count >= MOST_COUNT):
            return bounded(fits, batch)
        count = bounded(min(fits, count * MOST_GROWTH), batch)


def bounded(count: float, batch: int) -> int:
    return min(MOST_COUNT, max(1, round(count / batch)) * batch)


def measure_group(team: Team, group: tuple[Run, ...], rounds: int, plan: Plan, tell) -> dict[tuple[str, Run], Series]:
    series: dict[tuple[str, Run], Series] = {}
    for run in group:
        for name in team.able(run.scenario, run.sink, run.threads):
            tell(f"{run}: {name} warms up")
            warm_up = team.contestants[name].warm_up * plan.warm_up
            count = team.attempt(name, lambda: fitting_count(team, name, run, plan.ns_of(run), warm_up), str(run))
            if count:
                series[name, run] = Series(count=count)
    for number in range(rounds):
        tell(f"{' + '.join(map(str, group))}: round {number + 1} of {rounds}")
        for name in rotated(team.names, number):
            for run in group:
                if name in team.sessions and (name, run) in series:
                    add_round(team, name, run, series[name, run])
    return {key: one for key, one in series.items() if len(one.ns) == rounds}


def rotated(names: list[str], by: int) -> list[str]:
    """So that nobody always runs in the wake of the same other."""
    at = by % max(1, len(names))
    return names[at:] + names[:at]


def add_round(team: Team, name: str, run: Run, series: Series) -> None:
    answer = team.attempt(name, lambda: run_once(team, name, run, series.count))
    if answer:
        series.add(run, answer)


def measure_latency(team: Team, plan: Plan, tell) -> dict[str, list[dict]]:
    """The caller's latency with the asynchronous sink."""
    latencies: dict[str, list[dict]] = {}
    for number in range(plan.latency_rounds):
        for name in team.able("latency", "async"):
            tell(f"latency: round {number + 1} of {plan.latency_rounds}, {name}")
            path = team.file_of(name)
            answer = team.attempt(name, lambda: team.sessions[name].ask(f"latency d {path} {plan.bursts}"), "latency")
            path.unlink(missing_ok=True)
            if answer:
                latencies.setdefault(name, []).append(answer)
    return latencies


def overload_once(team: Team, name: str, count: int) -> dict:
    """What a logger does when lines come faster than they can be written."""
    path = team.file_of(name)
    answer = team.sessions[name].ask(f"overload {count} {path}")
    written = verify.count_lines(path)
    path.unlink()
    return {"lines": count, "written": written, "lost": count - written, "told": answer.get("told"),
            "ns": answer["ns"] / count}


def measure_all(team: Team, plan: Plan, tell) -> Measures:
    measures = Measures()
    for group, rounds in plan.groups:
        measures.series.update(measure_group(team, group, rounds, plan, tell))
    if plan.latency_rounds:
        measures.latencies = measure_latency(team, plan, tell)
    if plan.overload_lines:
        for name in team.able("overload", "async"):
            tell(f"overload: {name}")
            answer = team.attempt(name, lambda: overload_once(team, name, plan.overload_lines), "overload")
            if answer:
                measures.overloads[name] = answer
    return measures
