"""bench/run-python - measures Cleat's Python doors beside other loggers for Python; see bench/README.md.

Ends with 0 when every line was right and every target is met, else with 1 and the list of what is not.
"""

from __future__ import annotations

import argparse
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
# What is not about Python is shared with the benchmark of all languages.
sys.path.append(str(HERE.parents[1] / "harness"))

import contestants  # noqa: E402
import load  # noqa: E402
import machine  # noqa: E402
import report  # noqa: E402
import rounds  # noqa: E402
import table  # noqa: E402
import verify  # noqa: E402
from family import Family  # noqa: E402
from league import FAMILIES  # noqa: E402
from progress import Progress  # noqa: E402
from rounds import Player  # noqa: E402
from session import Failed  # noqa: E402

PAGE = HERE.parents[2] / "docs" / "bench-table-python.md"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench/run-python", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path, help="a folder for what is built and measured")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--publish", action="store_true", help=f"put the table into docs/{PAGE.name}")
    parser.add_argument("--check", action="store_true", help="measure nothing: check every contestant's lines")
    return parser.parse_args()


def players_of(family: Family, python: pathlib.Path, scratch: pathlib.Path, failures: dict[str, str]) -> list[Player]:
    players = []
    for name in family.contestants:
        try:
            players.append(Player(family, name, python, scratch))
        except Failed as error:
            failures[name] = str(error)
    failures.update(rounds.check_all(players))
    return players


def say_checked(failures: list[dict[str, str]]) -> int:
    """Says it in the form that the other checks have (Test Anything Protocol)."""
    checked = [(family, name, wrong.get(name)) for family, wrong in zip(FAMILIES, failures, strict=True)
               for name in family.contestants]
    for number, (family, name, failure) in enumerate(checked, 1):
        print(f"{'not ok' if failure else 'ok'} {number} {family.title}: {name}" + (f" # {failure}" if failure else ""))
    print(f"1..{len(checked)}")
    return 1 if any(failures) else 0


def measure(family: Family, players: list[Player], quick: bool, progress: Progress) -> dict:
    rounds.measure(family, players, rounds=5 if quick else 21, seconds=0.02 if quick else 0.05, tell=progress.tell)
    found = rounds.results_of(family, players)
    return {**found, "targets": report.targets(family, found)}


def measure_all(competing: list[list[Player]], build: pathlib.Path, quick: bool, progress: Progress) -> dict:
    others = load.Load([player.session.pid for players in competing for player in players])
    found = [measure(family, players, quick, progress) for family, players in zip(FAMILIES, competing, strict=True)]
    return {"families": found, "machine": {**machine.describe(build), "python": sys.version.split()[0],
                                           "used_by_others": others.of_others()}}


def main() -> int:
    options = parse_arguments()
    build = options.build.resolve()
    progress = Progress()
    progress.tell("building bench/python")
    absence = contestants.build_group(build, "python")
    if absence and options.check and not absence.fault:
        progress.clear()
        print(f"ok 1 the loggers for Python # SKIP {absence.reason}\n1..1")
        return 0
    if absence:
        raise SystemExit(f"bench/run-python: {absence.reason}")
    scratch = build / "bench-scratch"
    scratch.mkdir(exist_ok=True)
    python = contestants.folder_of(build, "python") / "venv" / "bin" / "python"
    failures: list[dict[str, str]] = [{} for _ in FAMILIES]
    competing = [players_of(family, python, scratch, wrong) for family, wrong in zip(FAMILIES, failures, strict=True)]
    if options.check or any(failures):
        progress.clear()
        return say_checked(failures)
    try:
        found = measure_all(competing, build, options.quick, progress)
    except (verify.Wrong, Failed) as error:
        raise SystemExit(f"bench/run-python: {error}") from None
    for players in competing:
        for player in players:
            player.session.quit()
    progress.clear()
    (build / "bench-python.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for family, figures in zip(FAMILIES, found["families"], strict=True):
        report.show(family, figures)
    if found["machine"]["used_by_others"] > load.WORTH_A_WARNING:
        print(table.coloured(table.RED, "Others used the processors meanwhile: these figures are worth little."))
    if options.publish:
        PAGE.write_text(report.page(FAMILIES, found), encoding="utf-8")
    return 0 if all(target["met"] for family in found["families"] for target in family["targets"]) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
