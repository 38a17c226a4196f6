"""bench/run - measures Cleat beside its peers; see bench/README.md.

Ends with 0 when every line was right and every target is met, else with 1 and the list of what is not.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import subprocess
import sys

import chart
import check
import contestants
import load
import machine
import markdown
import results
import table
import targets
import text
from contestants import CLEAT, LIMIT
from measure import measure_all
from memory import memory_of
from plan import LETTERS, plan_of
from progress import Progress
from team import Team

DOCS = contestants.BENCH.parent / "docs"
COST_LIMIT = 300


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="the build folder, built with -Dbuildtype=release -Dbench=true")
    parser.add_argument("--quick", action="store_true", help="fewer rounds and sinks: under two minutes")
    parser.add_argument("--only", metavar="NAMES", help="these contestants, by commas (Cleat and the limit always)")
    parser.add_argument("--scenarios", metavar="LETTERS", default="", help="these scenarios only, such as bcd")
    parser.add_argument("--publish", action="store_true", help="put the charts and the table into docs/")
    parser.add_argument("--redraw", action="store_true", help="measure nothing: show what BUILD/bench.json holds")
    parser.add_argument("--check", action="store_true", help="measure nothing: check every contestant's lines")
    options = parser.parse_args()
    unknown = set(options.only.split(",") if options.only else ()) - set(contestants.BY_NAME)
    if unknown:
        parser.error(f"no contestant {', '.join(sorted(unknown))}; there are: {', '.join(contestants.BY_NAME)}")
    if set(options.scenarios) - set(LETTERS):
        parser.error(f"scenarios are letters from {LETTERS}")
    if options.publish and not is_whole(options):
        parser.error("only a whole run is published")
    return options


def is_whole(options: argparse.Namespace) -> bool:
    return not (options.quick or options.only or options.scenarios)


def wanted(only: str | None) -> list[contestants.Contestant]:
    names = {*only.split(","), CLEAT, LIMIT} if only else set(contestants.BY_NAME)
    return [one for one in contestants.ALL if one.name in names]


def own_cost(build: pathlib.Path, quick: bool) -> dict:
    """Runs bench/cost.c's program: a missed figure of its own is a missed target here."""
    path = build / "bench" / "cost.json"
    path.unlink(missing_ok=True)
    command = [str(build / "bench" / "cost"), "--json", str(path), *(["--quick"] if quick else [])]
    code = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, timeout=COST_LIMIT,
                          check=False).returncode
    if code not in (0, 1):  # 1: a figure was missed
        raise SystemExit(f"bench/run: {' '.join(command)} ended with {code}")
    return json.loads(path.read_text(encoding="utf-8"))


def measure(build: pathlib.Path, options: argparse.Namespace, progress: Progress) -> dict:
    plan = plan_of(options.quick, options.scenarios)
    present, absent = contestants.gather(build, wanted(options.only), progress.tell)
    failures = {name: absence.reason for name, absence in absent.items() if absence.fault}
    progress.tell("Cleat alone")
    cost = None if options.scenarios else own_cost(build, options.quick)
    failures.update(check.wrong_lines(build, present, progress.tell))
    with Team(build, [one for one in present if one.name not in failures]) as team:
        others = load.Load([session.pid for session in team.sessions.values()])
        measures = measure_all(team, plan, progress.tell)
        memory = None
        if plan.memory_lines and CLEAT in team.sessions:
            memory = team.attempt(CLEAT, lambda: memory_of(team.sessions[CLEAT], plan.memory_lines, progress.tell))
        described = {**machine.describe(build), "used_by_others": others.of_others()}
    progress.clear()
    failures.update(team.failures)
    absent = {name: absence for name, absence in absent.items() if not absence.fault}
    return results.document(team, measures, machine=described, whole=is_whole(options),
                            absent=absent, failures=failures, memory=memory, cost=cost,
                            outcomes=targets.evaluate(measures, options.scenarios, memory, cost))


def draw(found: dict, bars: pathlib.Path, curves: pathlib.Path) -> None:
    if not chart.AVAILABLE:
        print("\nno charts: matplotlib is not there (tools/setup bench installs it)", file=sys.stderr)
        return
    chart.draw_bars(found, bars)
    chart.draw_curves(found, curves)


def publish(found: dict) -> None:
    draw(found, DOCS / "bench.svg", DOCS / "bench-curves.svg")
    (DOCS / "bench-table.md").write_text(markdown.page(found), encoding="utf-8")


def verdict(found: dict) -> int:
    """Says what is wrong or missed, last of all."""
    missed = [f"{one['title']}: {one['failed']}" for one in found["contestants"] if "failed" in one]
    titles = text.titles_of(found)
    missed += [f"{one['scenario']}: {one['what']}: {text.asked(one)}, {text.measured(one, titles)}"
               for one in found["targets"] if one["met"] is False]
    if not missed:
        print("\nall lines are right, and all that was measured reaches what it must")
        return 0
    print(table.coloured(table.RED, "\nnot reached:\n  " + "\n  ".join(missed)))
    return 1


def main() -> int:
    options = parse_arguments()
    build = options.build.resolve()
    progress = Progress()
    if options.check:
        present, absent = contestants.gather(build, wanted(options.only), progress.tell)
        progress.clear()
        return 0 if check.check_all(build, present, absent) else 1
    path = build / "bench.json"
    if options.redraw:
        found = json.loads(path.read_text(encoding="utf-8"))
    else:
        found = measure(build, options, progress)
        path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    table.show(found)
    draw(found, build / "bench.svg", build / "curves.svg")
    if options.publish and not found["whole"]:
        raise SystemExit(f"bench/run: {path} is not of a whole run: nothing is published")
    if options.publish:
        publish(found)
    return verdict(found)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
