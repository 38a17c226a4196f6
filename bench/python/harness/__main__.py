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
from league import CONTESTANTS  # noqa: E402
from progress import Progress  # noqa: E402
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


def players_of(python: pathlib.Path, scratch: pathlib.Path, failures: dict[str, str]) -> list[rounds.Player]:
    players = []
    for name in CONTESTANTS:
        try:
            players.append(rounds.Player(name, python, scratch))
        except Failed as error:
            failures[name] = str(error)
    return players


def check(players: list[rounds.Player], failures: dict[str, str]) -> int:
    """Says it in the form that the other checks have (Test Anything Protocol)."""
    for number, name in enumerate(CONTESTANTS, 1):
        good = name not in failures
        print(f"{'ok' if good else 'not ok'} {number} {name} (Python)" + ("" if good else f" # {failures[name]}"))
    print(f"1..{len(CONTESTANTS)}")
    return 1 if failures else 0


def measure(players: list[rounds.Player], build: pathlib.Path, quick: bool, progress: Progress) -> dict:
    others = load.Load([player.session.pid for player in players])
    rounds.measure(players, rounds=5 if quick else 21, seconds=0.02 if quick else 0.05, tell=progress.tell)
    found = rounds.results_of(players)
    found["machine"] = {**machine.describe(build), "python": sys.version.split()[0],
                        "used_by_others": others.of_others()}
    return found


def main() -> int:
    options = parse_arguments()
    build = options.build.resolve()
    progress = Progress()
    progress.tell("building bench/python")
    absence = contestants.build_group(build, "python")
    if absence:
        raise SystemExit(f"bench/run-python: {absence.reason}")
    scratch = build / "bench-scratch"
    scratch.mkdir(exist_ok=True)
    failures: dict[str, str] = {}
    players = players_of(contestants.folder_of(build, "python") / "venv" / "bin" / "python", scratch, failures)
    failures.update(rounds.check_all(players))
    if options.check or failures:
        progress.clear()
        return check(players, failures)
    found = measure(players, build, options.quick, progress)
    for player in players:
        player.session.quit()
    progress.clear()
    (build / "bench-python.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    report.show(found)
    if found["machine"]["used_by_others"] > load.WORTH_A_WARNING:
        print(table.coloured(table.RED, "Others used the processors meanwhile: these figures are worth little."))
    if options.publish:
        PAGE.write_text(report.page(found), encoding="utf-8")
    return 0 if all(target["met"] for target in report.targets(found)) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
