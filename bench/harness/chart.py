"""The charts, as SVG that reads on a light page and on a dark one: nothing behind it, and colours between the two."""

from __future__ import annotations

import pathlib

import text
from contestants import CLEAT, LIMIT
from results import find_run

try:
    import matplotlib
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter
    AVAILABLE = True
except ImportError:
    AVAILABLE = False

# Each has a contrast of at least 4 to white and to GitHub's dark background, but for the peers' bars.
INK = "#6e7781"
OURS = "#2f81f7"
PEER = "#9aa3ad"
# Lines need to be told apart; a colour for each language, a dash for each of its loggers.
LANGUAGES = {"C": "#8b949e", "C++": "#d9730d", "Go": "#1a9ba8", "Rust": "#cf5b56", "Node": "#4c9f38", "Java": "#9a6dd7"}
DASHES = ("-", "--", ":", "-.")

BARS = "bcdeh"
STYLE = {"svg.fonttype": "none", "svg.hashsalt": "cleat", "font.family": "sans-serif", "font.size": 10,
         "font.sans-serif": ["Helvetica", "Arial", "DejaVu Sans"], "text.color": INK, "axes.edgecolor": INK,
         "axes.labelcolor": INK, "xtick.color": INK, "ytick.color": INK,
         "axes.spines.top": False, "axes.spines.right": False}


def save(figure: Figure, path: pathlib.Path) -> None:
    figure.savefig(path, format="svg", transparent=True, metadata={"Date": None}, bbox_inches="tight", pad_inches=0.05)


def machine_line(results: dict) -> str:
    described = results["machine"]
    return f"{described['processor']}, {described['cores']} cores, {described['date']}"


def bar_colour(name: str) -> str:
    return {CLEAT: OURS, LIMIT: "none"}.get(name, PEER)


def bar_label(row: dict) -> str:
    ratio = "" if row["contestant"] in (CLEAT, LIMIT) or row["ratio"] is None else f" ({row['ratio']:.1f}×)"
    return f"{text.number(row['ns'])}{ratio}"


def order_of(results: dict, runs: list[dict]) -> list[str]:
    """The limit, Cleat, and then the peers from the fastest on: by the median of their ratios."""
    def rank(name: str):
        ratios = sorted(row["ratio"] or 0 for run in runs for row in run["results"] if row["contestant"] == name)
        return (name != LIMIT, name != CLEAT, ratios[len(ratios) // 2])

    measured = {row["contestant"] for run in runs for row in run["results"]}
    return sorted((one["name"] for one in results["contestants"] if one["name"] in measured), key=rank)


def draw_panel(axes, run: dict, names: list[str], longest: float) -> None:
    """One scenario: a bar for each contestant, the time at its end. Bars beyond the longest are cut, and say so."""
    rows = {row["contestant"]: row for row in run["results"]}
    for position, name in enumerate(names):
        row = rows.get(name)
        if row is None:
            axes.text(longest * 0.02, position, "cannot", va="center", style="italic", fontsize=8.5)
            continue
        length = min(row["ns"], longest)
        axes.barh(position, length, height=0.7, color=bar_colour(name), edgecolor=INK if name == LIMIT else "none",
                  linewidth=0.8)
        mark = "▸ " if row["ns"] > longest else ""
        axes.annotate(mark + bar_label(row), (length, position), xytext=(4, 0), textcoords="offset points",
                      va="center", fontsize=8.5, fontweight="bold" if name == CLEAT else "normal")
    axes.set_title(f"({run['scenario']}) {run['title']}", fontsize=10, loc="left")
    axes.set_xlim(0, longest * 1.45)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.tick_params(axis="y", length=0)


def longest_of(run: dict) -> float:
    """Where bars end: so that most are whole, and Cleat's can be seen."""
    times = sorted(row["ns"] for row in run["results"])
    ours = next((row["ns"] for row in run["results"] if row["contestant"] == CLEAT), times[0])
    return min(times[-1], 25 * ours)


def draw_bars(results: dict, path: pathlib.Path) -> None:
    runs = [run for run in (find_run(results, letter) for letter in BARS) if run]
    if not runs:
        return
    names = order_of(results, runs)
    titles = text.titles_of(results)
    columns = min(3, len(runs))
    rows = -(-len(runs) // columns)
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(3.3 * columns + 1, (0.24 * len(names) + 0.6) * rows), layout="constrained")
        panels = list(figure.subplots(rows, columns, squeeze=False).flat)
        for axes, run in zip(panels, runs):
            draw_panel(axes, run, names, longest_of(run))
            axes.set_yticks(range(len(names)), [titles[name] for name in names])
            for label, name in zip(axes.get_yticklabels(), names):
                label.set_fontweight("bold" if name == CLEAT else "normal")
        cut = any(row["ns"] > longest_of(run) for run in runs for row in run["results"])
        explain(panels[len(runs):], figure, results, cut)
        save(figure, path)


def explain(empty: list, figure: Figure, results: dict, cut: bool) -> None:
    """What the bars are, in the place that is left, or below."""
    words = ["nanoseconds a line, one thread, lines discarded:", "shorter is better; in parentheses: times Cleat's", "",
             "the limit: a look at the clock", "and a copy of the line's bytes", "",
             *(["▸ the bar goes on beyond the panel", ""] if cut else []), *machine_line(results).split(", ", 1)]
    for axes in empty:
        axes.set_axis_off()
    if empty:
        empty[0].text(0.05, 0.95, "\n".join(words), va="top", fontsize=9, transform=empty[0].transAxes)
    else:
        figure.supxlabel(" ".join(words), fontsize=8)


def line_styles(results: dict) -> dict[str, dict]:
    styles, seen = {}, {}
    for one in results["contestants"]:
        position = seen.get(one["language"], 0)
        if one["name"] == CLEAT:
            styles[CLEAT] = {"color": OURS, "linewidth": 2.6, "zorder": 5}
        elif one["name"] == LIMIT:
            styles[LIMIT] = {"color": INK, "linewidth": 1.6, "linestyle": ":"}
        else:
            styles[one["name"]] = {"color": LANGUAGES.get(one["language"], INK), "linewidth": 1.2,
                                   "linestyle": DASHES[position % len(DASHES)]}
            seen[one["language"]] = position + 1
    return styles


def draw_curve(axes, results: dict, kind: str, styles: dict[str, dict]) -> None:
    points = text.points_of(results, kind)
    titles = text.titles_of(results)
    for name, style in styles.items():
        places = [at for at in sorted(points) if name in points[at]]
        if places:
            axes.plot(places, [points[at][name] for at in places], label=titles[name], **style)
    axes.set_title(f"by {text.CURVES[kind]}", fontsize=10, loc="left")
    axes.set_yscale("log")
    if kind == "length":
        axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: f"{at:,.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda at, _: f"{at:,.0f}"))
    axes.grid(True, which="major", color=INK, alpha=0.2, linewidth=0.6)


def draw_curves(results: dict, path: pathlib.Path) -> None:
    kinds = [kind for kind in text.CURVES if text.points_of(results, kind)]
    if not kinds:
        return
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(3.6 * len(kinds), 4.6), layout="constrained")
        panels = figure.subplots(1, len(kinds), squeeze=False)[0]
        for axes, kind in zip(panels, kinds):
            draw_curve(axes, results, kind, line_styles(results))
        panels[0].set_ylabel("ns per line (logarithmic)")
        handles = {label: handle for axes in panels for handle, label in zip(*axes.get_legend_handles_labels())}
        figure.legend(handles.values(), handles.keys(), loc="outside lower center", ncols=5, frameon=False, fontsize=9)
        save(figure, path)
