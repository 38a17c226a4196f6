"""The figures as a table: on the terminal, and as Markdown for docs/."""

from __future__ import annotations

import table
import text
from league import AHEAD_OF_STRUCTLOG, ASYNC_NS, ASYNC_NS_ABOVE_A_CALL, CLEAT, CONTESTANTS, OPERATIONS, STRUCTLOG


def figures_of(results: dict, operation: str) -> dict:
    return next(row["results"] for row in results["operations"] if row["operation"] == operation)


def targets(results: dict) -> list[dict]:
    """What Cleat must reach, and whether it did."""
    found = []
    for operation, asked in AHEAD_OF_STRUCTLOG.items():
        measured = figures_of(results, operation).get(STRUCTLOG, {}).get("ratio")
        found.append({"what": OPERATIONS[operation].title, "asked": f"{asked:g} times structlog",
                      "measured": text.times(measured), "met": measured is not None and measured >= asked})
    caller = figures_of(results, "async").get(CLEAT, {}).get("ns")
    call = figures_of(results, "off").get(CLEAT, {}).get("ns", 0)
    limit = max(ASYNC_NS, call + ASYNC_NS_ABOVE_A_CALL)
    found.append({"what": OPERATIONS["async"].title, "asked": f"at most {text.number(limit)} ns",
                  "measured": f"{text.number(caller)} ns", "met": caller is not None and caller <= limit})
    return found


def cells(results: dict, operation: str, names: list[str]) -> list[str]:
    row = figures_of(results, operation)
    shown = []
    for name in names:
        if name not in row:
            shown.append("-")
            continue
        ratio = "" if name == CLEAT or row[name]["ratio"] is None else f" ({text.times(row[name]['ratio'])})"
        shown.append(text.number(row[name]["ns"]) + ratio)
    return shown


def show(results: dict) -> None:
    names = [name for name in CONTESTANTS if name in results["contestants"]]
    table.heading("Python: ns an operation, and times Cleat's", "".join(f"{name:>20}" for name in names))
    for operation, about in OPERATIONS.items():
        print(f"    {about.title:60}" + "".join(f"{cell:>20}" for cell in cells(results, operation, names)))
    table.heading("what it must reach in Python", f"{'asked':>23} {'measured':>14}")
    for target in targets(results):
        row = f"    {target['what']:60}{target['asked']:>23} {target['measured']:>14}  "
        print(row + "met" if target["met"] else table.coloured(table.RED, row + "MISSED"))


def markdown_row(words: list[str]) -> str:
    return "| " + " | ".join(words) + " |"


def page(results: dict) -> str:
    names = [name for name in CONTESTANTS if name in results["contestants"]]
    machine = results["machine"]
    lines = ["# What the benchmark measured in Python", "",
             f"Made by `bench/run-python BUILD --publish` on {machine['date']}: {machine['processor']}, "
             f"{machine['cores']} cores, Linux {machine['kernel']}, {machine['system']}, Python {machine['python']}.",
             "How it is measured: [bench/README.md](../bench/README.md).", "",
             "Nanoseconds an operation; medians, and in parentheses how many times what Cleat takes.", "",
             markdown_row(["", *(f"{name} {results['contestants'][name]['version']}" for name in names)]),
             "|---|" + "--:|" * len(names)]
    lines += [markdown_row([about.title, *cells(results, operation, names)]) for operation, about in OPERATIONS.items()]
    lines += ["", "## What it must reach", "", markdown_row(["", "asked", "measured", ""]), "|---|--:|--:|---|"]
    lines += [markdown_row([one["what"], one["asked"], one["measured"], "met" if one["met"] else "**missed**"])
              for one in targets(results)]
    notes = [f"- {name}: {note}" for name in names for note in results["contestants"][name]["notes"]]
    return "\n".join([*lines, "", "## Notes", "", *notes]) + "\n"
