"""Who takes part, and how their programs come to be."""

from __future__ import annotations

import dataclasses
import pathlib
import subprocess

BENCH = pathlib.Path(__file__).resolve().parents[1]
NO_TOOLCHAIN = 3  # what a build script exits with when the machine lacks the language's tools
BUILD_LIMIT = 15 * 60  # seconds


@dataclasses.dataclass(frozen=True)
class Contestant:
    name: str
    language: str
    group: str  # the folder below bench/ that it is built from
    argument: str = ""  # which logger of the language's program
    title: str = ""
    warm_up: float = 0.0  # seconds of the same work before it counts, where code is compiled while it runs

    @property
    def shown(self) -> str:
        return self.title or self.name


CLEAT = "cleat"
LIMIT = "limit"
ALL = (
    Contestant(LIMIT, "C", "native", title="the limit"),
    Contestant(CLEAT, "C", "native", title="Cleat"),
    Contestant("spdlog", "C++", "native"),
    Contestant("quill", "C++", "native", title="Quill"),
    Contestant("boost_log", "C++", "native", title="Boost.Log"),
    Contestant("log4cxx", "C++", "native"),
    Contestant("glib", "C", "native", title="GLib"),
    Contestant("zerolog", "Go", "go", "zerolog"),
    Contestant("zap", "Go", "go", "zap"),
    Contestant("slog", "Go", "go", "slog", title="log/slog"),
    Contestant("phuslu", "Go", "go", "phuslu", title="phuslu/log"),
    Contestant("tracing", "Rust", "rust", "tracing"),
    Contestant("slog-rs", "Rust", "rust", "slog", title="slog (Rust)"),
    Contestant("pino", "Node", "node", "pino", warm_up=0.5),
    Contestant("log4j2", "Java", "java", "log4j2", title="Log4j2", warm_up=1.0),
)
BY_NAME = {contestant.name: contestant for contestant in ALL}


def folder_of(build: pathlib.Path, group: str) -> pathlib.Path:
    """Where the group's programs are; Meson makes its own folder for bench/."""
    return build / "bench" if group == "native" else build / "peers" / group


def command_of(build: pathlib.Path, contestant: Contestant) -> list[str]:
    folder = folder_of(build, contestant.group)
    if contestant.group == "native":
        return [str(folder / f"bench-{contestant.name}")]
    return [str(folder / f"bench-{contestant.group}"), contestant.argument]


@dataclasses.dataclass(frozen=True)
class Absence:
    """Why a contestant does not take part, and whether that is a fault of ours."""

    reason: str
    fault: bool = False


def build_group(build: pathlib.Path, group: str) -> Absence | None:
    """Runs bench/GROUP/build, which does nothing when all is built."""
    script = BENCH / group / "build"
    if not script.exists():
        return Absence(f"there is no bench/{group}/build", fault=True)
    folder = folder_of(build, group)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "build.log"
    try:
        with log.open("wb") as file:
            code = subprocess.run([str(script), str(folder)], stdin=subprocess.DEVNULL, stdout=file,
                                  stderr=subprocess.STDOUT, timeout=BUILD_LIMIT, check=False).returncode
    except subprocess.TimeoutExpired:
        return Absence(f"bench/{group}/build took more than {BUILD_LIMIT // 60} minutes", fault=True)
    if code == 0:
        return None
    words = log.read_text(encoding="utf-8", errors="replace").strip().splitlines() or [""]
    if code == NO_TOOLCHAIN:
        return Absence(words[-1] or f"bench/{group}/build found no toolchain")
    return Absence(f"bench/{group}/build failed, see {log}: {words[-1]}", fault=True)


def gather(build: pathlib.Path, wanted: list[Contestant], say) -> tuple[list[Contestant], dict[str, Absence]]:
    """Builds what is not Meson's to build. Those that are there, and why the others are not."""
    group_absences = {"native": None}
    present, absent = [], {}
    for contestant in wanted:
        if contestant.group not in group_absences:
            say(f"building bench/{contestant.group}")
            group_absences[contestant.group] = build_group(build, contestant.group)
        absence = group_absences[contestant.group]
        if absence is None and not pathlib.Path(command_of(build, contestant)[0]).exists():
            absence = Absence("not built: its library was not found", fault=contestant.name in (CLEAT, LIMIT))
        if absence is None:
            present.append(contestant)
        else:
            absent[contestant.name] = absence
    return present, absent
