#!/usr/bin/env python3
"""Checks that arrows between the rooms point one way, as docs/architecture.md draws them, and that the build knows
every file. Says nothing when all is well."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

MAY_USE = {
    "base": set(),
    "model": {"base"},
    "ambient": {"base", "model"},
    "processors": {"base", "model", "ambient"},
    "renderers": {"base", "model"},
    "sinks": {"base"},
    "logger": {"base", "model", "ambient", "processors", "renderers", "sinks"},
}

# Which room a public header speaks for. A room includes its own headers and those of the rooms that it may use.
ROOM_OF_HEADER = {
    "common": "base",
    "value": "model",
    "pairs": "model",
    "level": "model",
    "fields": "model",
    "event": "model",
    "contextvars": "ambient",
    "context": "ambient",
    "threadlocal": "ambient",
    "propagation": "ambient",
    "processor": "processors",
    "renderer": "renderers",
    "sink": "sinks",
    "config": "logger",
    "logger": "logger",
}

# Headers that a room includes although another one owns them, with the reason.
ALLOWED = {
    ("base/scratch.h", "cleat/value.h"): "what makes lazy values shows a program the line's scratch memory",
    ("sinks/async_backend.c", "cleat/level.h"): "the line that tells of dropped ones has a level, and a level is a number here",
}

INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.MULTILINE)


def includes_of(path):
    return INCLUDE.findall(path.read_text(encoding="utf-8"))


def room_of(target):
    """The room that an #include leads to; None for the C library's headers."""
    parts = pathlib.PurePosixPath(target).parts
    if parts[0] == "cleat" and len(parts) == 2:
        return ROOM_OF_HEADER.get(pathlib.PurePosixPath(target).stem, "nowhere")
    return parts[0] if parts[0] in MAY_USE else None


def wrong_includes(room, path):
    for kind, target in includes_of(path):
        if kind == '"' and "/" not in target:
            yield f'write "{room}/{target}", so that a reader sees the room'
        elif target == "cleat.h":
            yield "include the header of the concept, not all of <cleat.h>"
        elif (f"{room}/{path.name}", target) in ALLOWED:
            continue
        elif room_of(target) not in {None, room, *MAY_USE[room]}:
            yield f"{room} may not use {room_of(target)} ({target})"


def check_rooms():
    for directory in sorted((ROOT / "src").iterdir()):
        if not directory.is_dir():
            continue
        if directory.name not in MAY_USE:
            yield f"src/{directory.name}: a room that nobody has drawn an arrow for"
            continue
        for path in sorted(directory.rglob("*.[ch]")):
            for problem in wrong_includes(directory.name, path):
                yield f"{path.relative_to(ROOT)}: {problem}"


def check_public_headers():
    for path in sorted((ROOT / "include").rglob("*.h")):
        for _, target in includes_of(path):
            if room_of(target) in MAY_USE and not target.startswith("cleat/"):
                yield f"{path.relative_to(ROOT)}: a public header includes a private one ({target})"


def check_readers_programs():
    """What a reader can build and run lives on the public headers."""
    for folder in ("examples", "bench"):
        for path in sorted((ROOT / folder).rglob("*.[ch]")):
            for _, target in includes_of(path):
                if room_of(target) in MAY_USE and not target.startswith("cleat/"):
                    yield f"{path.relative_to(ROOT)}: includes a private header ({target})"


def check_listed(pattern, build_file, name_of):
    listed = set(re.findall(r"'([^']+)'", (ROOT / build_file).read_text(encoding="utf-8")))
    for path in sorted(ROOT.glob(pattern)):
        if name_of(path) not in listed:
            yield f"{path.relative_to(ROOT)}: not in {build_file}"


def main():
    problems = [
        *check_rooms(),
        *check_public_headers(),
        *check_readers_programs(),
        *check_listed("src/*/*.c", "src/meson.build", lambda path: f"{path.parent.name}/{path.name}"),
        *check_listed("include/cleat/*.h", "include/meson.build", lambda path: f"cleat/{path.name}"),
        *check_listed("python/ext/**/*.c", "python/meson.build", lambda path: f"{path.relative_to(ROOT / 'python')}"),
        *check_listed("python/cleat/**/*.py", "python/meson.build", lambda path: f"{path.relative_to(ROOT / 'python')}"),
        *check_listed("tests/c/test_*.c", "tests/meson.build", lambda path: path.stem),
    ]
    print("\n".join(problems), end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
