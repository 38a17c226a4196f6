"""The figures as tables: on the terminal, and as Markdown for docs/."""

from __future__ import annotations

import load
import table
import text
from family import Family


def figures_by_operation(found: dict) -> dict:
    return {row["operation"]: row["results"] for row in found["operations"]}


def targets(family: Family, found: dict) -> list[dict]:
    """What Cleat must reach, and whether it did."""
    figures = figures_by_operation(found)
    reached = []
    for ahead in family.ahead:
        row = figures[ahead.operation]
        measured = row.get(ahead.of, {}).get("ratio")
        reached.append({"what": family.operations[ahead.operation].title, "asked": f"{ahead.times:g} times {ahead.of}",
                        "measured": text.times(measured) + beside(family.yardstick, row, ahead.of),
                        "met": measured is not None and measured >= ahead.times})
    return reached + family.caller_targets(figures)


def beside(yardstick: str, row: dict, of: str) -> str:
    if yardstick not in row or of not in row:
        return ""
    return f" ({yardstick}: {text.times(row[of]['ratio'] / row[yardstick]['ratio'])})"


def cells(row: dict, names: list[str], ours: str) -> list[str]:
    shown = []
    for name in names:
        if name not in row:
            shown.append("-")
            continue
        ratio = "" if name == ours or row[name]["ratio"] is None else f" ({text.times(row[name]['ratio'])})"
        shown.append(text.number(row[name]["ns"]) + ratio)
    return shown


def show(family: Family, found: dict) -> None:
    names = list(found["contestants"])
    table.heading(f"{family.title}: ns an operation, and times Cleat's", "".join(f"{name:>20}" for name in names))
    for row in found["operations"]:
        print(f"    {row['title']:60}" + "".join(f"{cell:>20}" for cell in cells(row["results"], names, family.ours)))
    table.heading("what it must reach", f"{'asked':>23} {'measured':>32}")
    for target in found["targets"]:
        row = f"    {target['what']:60}{target['asked']:>23} {target['measured']:>32}  "
        print(row + "met" if target["met"] else table.coloured(table.RED, row + "MISSED"))


def markdown_row(words: list[str]) -> str:
    return "| " + " | ".join(words) + " |"


def section(family: Family, found: dict) -> list[str]:
    names = list(found["contestants"])
    lines = ["", f"## {family.title}", "",
             markdown_row(["", *(f"{name} {found['contestants'][name]['version']}" for name in names)]),
             "|---|" + "--:|" * len(names)]
    lines += [markdown_row([row["title"], *cells(row["results"], names, family.ours)]) for row in found["operations"]]
    lines += ["", markdown_row(["What it must reach", "asked", "measured", ""]), "|---|--:|--:|---|"]
    lines += [markdown_row([one["what"], one["asked"], one["measured"], "met" if one["met"] else "**missed**"])
              for one in found["targets"]]
    notes = [*family.notes, *(f"{name}: {note}" for name in names for note in found["contestants"][name]["notes"])]
    return [*lines, "", *(f"- {note}" for note in notes)]


def page(families: tuple[Family, ...], results: dict) -> str:
    machine = results["machine"]
    lines = ["# What the benchmark measured in Python", "",
             f"Made by `bench/run-python BUILD --publish` on {machine['date']}: {machine['processor']}, "
             f"{machine['cores']} cores, Linux {machine['kernel']}, {machine['system']}, Python {machine['python']}.",
             "How it is measured: [bench/README.md](../bench/README.md).", "",
             "Nanoseconds an operation; medians, and in parentheses how many times what Cleat takes."]
    if machine["used_by_others"] > load.WORTH_A_WARNING:
        used = text.share(machine["used_by_others"])
        lines.append(f"Others used {used} of the processors meanwhile: the figures are noisy.")
    for family, found in zip(families, results["families"], strict=True):
        lines += section(family, found)
    return "\n".join(lines) + "\n"
