"""How figures read."""

from __future__ import annotations


CURVES = {"bound": "the number of bound fields", "context": "the number of context variables",
          "length": "the bytes of one string"}


def number(value: float | None) -> str:
    """Three digits that matter, thousands set apart."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}" if value else "0"


def share(value: float) -> str:
    return f"{100 * value:.0f} %"


def times(value: float | None) -> str:
    return "-" if value is None else f"{number(value)} x"


def whole(value: float | None) -> str:
    """Bytes and allocations: whole numbers, mostly."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"


def run_title(run: dict) -> str:
    place = {"discard": "", "null": ", to /dev/null", "file": ", to a file", "async": ", asynchronous to a file"}
    threads = f", {run['threads']} threads" if run["threads"] > 1 else ""
    return f"({run['scenario']}) {run['title']}{place[run['sink']]}{threads}"


def is_lettered(run: dict) -> bool:
    return len(run["scenario"]) == 1


def asked(target: dict) -> str:
    return f"{'at least' if target['at_least'] else 'at most'} {target['asked']:g} {target['unit']}".rstrip()


def measured(target: dict, titles: dict[str, str]) -> str:
    if target["measured"] is None:
        return "not measured"
    against = f" ({titles[target['against']]})" if target["against"] else ""
    return f"{number(target['measured'])} {target['unit']}".rstrip() + against


def verdict(target: dict) -> str:
    return {True: "met", False: "MISSED", None: "-"}[target["met"]]


def titles_of(results: dict) -> dict[str, str]:
    return {row["name"]: row["title"] for row in results["contestants"]}


def points_of(results: dict, kind: str) -> dict[int, dict[str, float]]:
    """Of a curve: at which number which contestant took how many ns."""
    points = {}
    for run in results["runs"]:
        if run["scenario"].startswith(f"{kind}-"):
            points[int(run["scenario"].split("-")[1])] = {row["contestant"]: row["ns"] for row in run["results"]}
    return points
