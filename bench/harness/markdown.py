"""The table as Markdown, for docs/."""

from __future__ import annotations

import text
from contestants import CLEAT, LIMIT
from plan import LETTERS
from results import find_run

MISSING = "–"
ELSEWHERE = (("discard, 2 threads", "discard", 2), ("/dev/null", "null", 1), ("file", "file", 1), ("async", "async", 1),
             ("async, 2 threads", "async", 2))


def row(cells) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def table(head: list[str], rows: list[list]) -> list[str]:
    return [row(head), "|---|" + "--:|" * (len(head) - 1), *map(row, rows), ""]


def cell(run: dict | None, name: str, format_row) -> str:
    found = next((one for one in (run or {"results": []})["results"] if one["contestant"] == name), None)
    return format_row(found) if found else MISSING


def emphasized(name: str, words: str) -> str:
    return f"**{words}**" if name == CLEAT else words


def matrix(results: dict, columns: list[tuple[str, dict | None]], format_row) -> list[str]:
    """A row for each contestant, a column for each run."""
    columns = [(head, run) for head, run in columns if run]
    rows = []
    for one in results["contestants"]:
        cells = [cell(run, one["name"], format_row) for _, run in columns]
        if any(each != MISSING for each in cells):
            rows.append([emphasized(one["name"], each) for each in (one["title"], *cells)])
    return table(["", *(head for head, _ in columns)], rows) if columns else []


def ns_and_ratio(one: dict) -> str:
    ratio = "" if one["contestant"] in (CLEAT, LIMIT) or one["ratio"] is None else f" ({text.times(one['ratio'])})"
    return text.number(one["ns"]) + ratio


def speed(results: dict) -> list[str]:
    columns = [(letter, find_run(results, letter)) for letter in LETTERS]
    titles = [f"- ({letter}) {run['title']}" for letter, run in columns if run]
    return ["## Nanoseconds a line", "", "To a sink that discards, one thread; medians, and in parentheses how many "
            "times what Cleat takes. Scenarios i and j are operations without a line.", "", *titles, "",
            *matrix(results, columns, ns_and_ratio)]


def spreads(results: dict) -> list[str]:
    columns = [(letter, find_run(results, letter)) for letter in LETTERS]
    return ["## Spread", "", "The distance of the quartiles over the rounds, as a part of the median.", "",
            *matrix(results, columns, lambda one: text.share(one["spread"]))]


def sizes(results: dict) -> list[str]:
    columns = [(letter, find_run(results, letter)) for letter in LETTERS]
    return ["## Bytes and allocations of a line", "",
            *matrix(results, columns, lambda one: f"{text.whole(one['bytes'])} / {text.whole(one['allocations'])}")]


def sinks(results: dict) -> list[str]:
    columns = [(f"{scenario} {head}", find_run(results, scenario, sink, threads))
               for scenario in "bde" for head, sink, threads in ELSEWHERE]
    lines = matrix(results, columns, ns_and_ratio)
    return ["## Other sinks, and two threads", "", "Nanoseconds a line; two threads' lines count together.", "",
            *lines] if lines else []


def asynchronous(results: dict) -> list[str]:
    titles = text.titles_of(results)
    rows = []
    for name, one in sorted(results["latency"].items(), key=lambda item: item[1]["p50"]):
        overload = results["overload"].get(name)
        lost = text.share(overload["lost"] / overload["lines"]) if overload else MISSING
        told = MISSING if not overload or not overload["lost"] else "no" if overload["told"] is None else "yes"
        cells = (titles[name], text.number(one["p50"]), text.number(one["p99"]), text.number(one["p999"]), lost, told)
        rows.append([emphasized(name, each) for each in cells])
    head = ["", "p50, ns", "p99, ns", "p99.9, ns", "lost at overload", "says how many"]
    return ["## Asynchronous: the caller's latency in bursts, and overload", "", *table(head, rows)] if rows else []


def targets(results: dict) -> list[str]:
    titles = text.titles_of(results)
    rows = [[f"{one['scenario']}: {one['what']}", text.asked(one), text.measured(one, titles), text.verdict(one)]
            for one in results["targets"]]
    return ["## What it must reach", "", *table(["", "asked", "measured", ""], rows)]


def contestants(results: dict) -> list[str]:
    lines = ["## Who took part", ""]
    for one in results["contestants"]:
        words = [f"left out: {one['absent']}"] if "absent" in one else list(one["notes"])
        words += [f"{what}: {why}" for what, why in one["cannot"].items()]
        known = ", ".join(part for part in (one["language"], one["version"]) if part)
        lines.append(f"- {one['title']} ({known})" + (f": {'; '.join(words)}" if words else ""))
    return lines + [""]


def page(results: dict) -> str:
    described = results["machine"]
    machine = ", ".join([described["processor"], f"{described['cores']} cores", f"Linux {described['kernel']}",
                         described["system"], *described["compilers"].values()])
    lines = ["# What the benchmark measured", "",
             f"Made by `bench/run BUILD --publish` on {described['date']}: {machine}.",
             "What the work is and how it is measured: [bench/README.md](../bench/README.md).", ""]
    for part in (speed, spreads, sizes, sinks, asynchronous, targets, contestants):
        lines += part(results)
    return "\n".join(lines).rstrip() + "\n"
