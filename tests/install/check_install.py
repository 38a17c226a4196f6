#!/usr/bin/env python3
"""Installs the library below a prefix of its own, and builds and runs a program outside the tree. Writes TAP."""

import argparse
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tap import Tap  # noqa: E402

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def run(command, **others):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **others)
    return "" if done.returncode == 0 else f"{shlex.join(map(str, command))}: {done.returncode}\n{done.stdout}"


def install(options, prefix, build):
    setup = run([*options.meson, "setup", build, options.root, f"--prefix={prefix}", "-Dbuildtype=release",
                 "-Dtests=disabled", "-Dexamples=disabled"])
    return setup or run([*options.meson, "install", "-C", build])


def problem_with_lines(text):
    try:
        lines = [json.loads(line) for line in text.splitlines()]
    except ValueError as error:
        return f"not JSON: {error}\n{text}"
    seen = [{key: line.get(key) for key in ("event", "level", "request_id", "answer", "user") if key in line}
            for line in lines]
    wanted = [
        {"event": "called without a logger", "level": "info", "request_id": "r-1", "answer": 42},
        {"event": "bound", "level": "warning", "user": "u-7"},
    ]
    return "" if seen == wanted else f"{seen}\nand not\n{wanted}"


def build_and_run(options, prefix, directory, compiler, language_flags, static):
    """cc prog.c $(pkg-config --cflags --libs cleat), as a user does it."""
    environment = {**os.environ, "PKG_CONFIG_PATH": str(next(prefix.rglob("pkgconfig")))}
    asked = [*options.pkg_config, "--cflags", "--libs", *(["--static"] if static else []), "cleat"]
    flags = subprocess.run(asked, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout.split()
    program = directory / "prog"
    link = ["-static"] if static else []
    problem = run([*compiler, *language_flags, *WARNINGS, HERE / "prog.c", "-x", "none", *link, *flags, "-o", program])
    if problem:
        return problem
    environment["LD_LIBRARY_PATH"] = str(next(prefix.rglob("libcleat.so")).parent)
    done = subprocess.run([program], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        return f"it ended with {done.returncode}\n{done.stdout}{done.stderr}"
    if done.stdout.strip() != options.version:
        return f"the library says it is {done.stdout.strip()}, meson.build says {options.version}"
    return problem_with_lines(done.stderr)


def compilers(options):
    """Command and flags, C11 and C++17, of the build's compilers and of the other family where it is installed."""
    languages = [
        ("C11", ["-x", "c", "-std=c11"], [options.cc, "gcc", "clang"]),
        ("C++17", ["-x", "c++", "-std=c++17"], [options.cxx, "g++", "clang++"]),
    ]
    for language, flags, commands in languages:
        seen = set()
        for command in map(shlex.split, commands):
            program = shutil.which(command[0])
            if program and os.path.realpath(program) not in seen:
                seen.add(os.path.realpath(program))
                yield f"{' '.join(command)} as {language}", command, flags


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--version", required=True)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--cxx", default="c++")
    parser.add_argument("--meson", type=shlex.split, default=["meson"])
    parser.add_argument("--pkg-config", type=shlex.split, default=["pkg-config"])
    options = parser.parse_args()

    tap = Tap()
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        prefix = directory / "prefix"
        problem = install(options, prefix, directory / "build")
        tap.case("meson installs it", problem)
        if problem:
            return tap.end()
        installed = {str(path.relative_to(options.root / "include")) for path in (options.root / "include").rglob("*.h")}
        there = {str(path.relative_to(prefix / "include")) for path in (prefix / "include").rglob("*.h")}
        tap.case("every public header is installed", "\n".join(sorted(installed ^ there)))
        for compiler, command, flags in compilers(options):
            for static in (False, True):
                kind = "static" if static else "shared"
                tap.case(f"a program outside the tree: {compiler}, {kind} library",
                         build_and_run(options, prefix, directory, command, flags, static))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
