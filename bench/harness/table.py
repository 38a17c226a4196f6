"""The table on the terminal."""

from __future__ import annotations

import os
import sys

import text
from contestants import CLEAT, LIMIT
from load import WORTH_A_WARNING

COLOURED = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM", "dumb") != "dumb"
BOLD, DIM, RED, GREEN = "1", "2", "31", "32"


def coloured(code: str, words: str) -> str:
    return f"\x1b[{code}m{words}\x1b[0m" if COLOURED else words


def by_contestant(name: str, row: str) -> str:
    return coloured(BOLD, row) if name == CLEAT else coloured(DIM, row) if name == LIMIT else row


def heading(words: str, columns: str = "") -> None:
    print(f"\n{coloured(BOLD, f'{words:<64}')}{columns}".rstrip())


def runs(results: dict) -> None:
    titles = text.titles_of(results)
    for run in filter(text.is_lettered, results["runs"]):
        unit = "ns" if run["scenario"] in "ij" else "ns/line"
        heading(text.run_title(run), f"{unit:>9} {'spread':>7} {'to Cleat':>10} {'bytes':>8} {'allocs':>7}"
                + (f" {'gain':>6}" if "gain" in run["results"][0] else ""))
        for row in run["results"]:
            gain = f" {text.number(row['gain']):>6}" if "gain" in row else ""
            print(by_contestant(row["contestant"],
                                f"    {titles[row['contestant']]:60}{text.number(row['ns']):>9} "
                                f"{text.share(row['spread']):>7} {text.times(row['ratio']):>10} "
                                f"{text.whole(row['bytes']):>8} {text.whole(row['allocations']):>7}{gain}"))
        for name, reason in run["cannot"].items():
            print(coloured(DIM, f"    {titles[name]:24}{reason}"))


def curves(results: dict) -> None:
    titles = text.titles_of(results)
    for kind, title in text.CURVES.items():
        points = text.points_of(results, kind)
        if not points:
            continue
        heading(f"ns/line by {title}", "")
        print(" " * 18 + "".join(f"{at:>9,}" for at in sorted(points)))
        for name in titles:
            if any(name in at for at in points.values()):
                cells = (text.number(points[at].get(name)) for at in sorted(points))
                print(by_contestant(name, f"    {titles[name]:14}" + "".join(f"{cell:>9}" for cell in cells)))


def alone(results: dict) -> None:
    """The measures of bench/cost.c."""
    if not results["cost"]:
        return
    heading("Cleat alone, by the processor's time", f"{'ns':>9} {'spread':>7}")
    for row in results["cost"]["measures"]:
        print(f"    {row['measure']:60}{text.number(row['ns']):>9} {text.share(row['spread']):>7}")


def latencies(results: dict) -> None:
    if not results["latency"]:
        return
    titles = text.titles_of(results)
    heading("the caller's latency, asynchronous, (d), in ns", f"{'p50':>9} {'p99':>9} {'p99.9':>11}")
    for name, row in sorted(results["latency"].items(), key=lambda item: item[1]["p50"]):
        print(by_contestant(name, f"    {titles[name]:60}{text.number(row['p50']):>9} {text.number(row['p99']):>9} "
                                  f"{text.number(row['p999']):>11}"))


def overloads(results: dict) -> None:
    if not results["overload"]:
        return
    titles = text.titles_of(results)
    heading("overload: lines faster than they can be written", f"{'ns/line':>9} {'lost':>7} {'told of':>10}")
    for name, row in results["overload"].items():
        told = "no" if row["told"] is None else f"{row['told']:,}"
        print(by_contestant(name, f"    {titles[name]:60}{text.number(row['ns']):>9} "
                                  f"{text.share(row['lost'] / row['lines']):>7} {told if row['lost'] else '-':>10}"))


def contestants(results: dict) -> None:
    heading("who took part")
    for row in results["contestants"]:
        version = f"{row['language']}, {row['version']}" if row["version"] else row["language"]
        words = f"left out: {row['absent']}" if "absent" in row else "; ".join(row["notes"])
        if "failed" in row:
            words = f"FAILED: {row['failed']}"
        line = f"    {row['title']:14}{version:22} {words}".rstrip()
        print(coloured(RED, line) if "failed" in row else line)


def targets(results: dict) -> None:
    titles = text.titles_of(results)
    heading("what it must reach", f"{'asked':>23} {'measured':>24}")
    for target in results["targets"]:
        row = (f"    {target['scenario']:14}{target['what']:53}{text.asked(target):>16} "
               f"{text.measured(target, titles):>24}  {text.verdict(target)}")
        print({True: row, False: coloured(RED, row), None: coloured(DIM, row)}[target["met"]])


def machine(results: dict) -> None:
    described = results["machine"]
    compilers = ", ".join(described["compilers"].values())
    print(f"\n{described['processor']}, {described['cores']} cores, "
          f"Linux {described['kernel']}, {described['system']}\n{compilers}\n{described['date']}")
    if described["used_by_others"] > WORTH_A_WARNING:
        print(coloured(RED, f"Others used {text.share(described['used_by_others'])} of the processors' time meanwhile: "
                            "these figures are worth little."))


def show(results: dict) -> None:
    machine(results)
    alone(results)
    runs(results)
    curves(results)
    latencies(results)
    overloads(results)
    contestants(results)
    targets(results)
