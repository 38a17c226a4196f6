#!/usr/bin/env python3
"""What must compile, what must not, and what must leave no trace in the object file. Writes TAP.

Each file in reject/ names in its first lines what the compiler has to say: `// c: regular expression` for C11,
`// c++: regular expression` for C++17.
"""

import argparse
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tap import Tap  # noqa: E402

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]


def compilers(cc, cxx):
    """(name, language, command) of the build's compilers, and of the other family where it is installed."""
    seen = set()
    for language, commands in (("c", [cc, "gcc", "clang"]), ("c++", [cxx, "g++", "clang++"])):
        for command in map(shlex.split, commands):
            found = shutil.which(command[0])
            program = os.path.realpath(found) if found else None
            if found and (language, program) not in seen:
                seen.add((language, program))
                yield " ".join(command), language, command


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout


def check_headers(tap, include, name, language, command):
    """Each public header can be the first one that a program includes."""
    standards = {"c": ["c11", "gnu17"], "c++": ["c++17", "c++20"]}[language]
    headers = sorted(include.rglob("*.h"))
    for standard in standards:
        problems = ""
        with tempfile.TemporaryDirectory() as directory:
            source = pathlib.Path(directory) / ("header.c" if language == "c" else "header.cpp")
            for header in headers:
                source.write_text(f"#include <{header.relative_to(include)}>\n", encoding="utf-8")
                status, output = run([*command, f"-std={standard}", *WARNINGS, f"-I{include}", "-fsyntax-only", source])
                problems += output if status != 0 else ""
        tap.case(f"{name} takes each header by itself as {standard}", problems)


def check_rejects(tap, include, name, language, command):
    standard = {"c": "c11", "c++": "c++17"}[language]
    for source in sorted((HERE / "reject").glob("*.c")):
        wanted = re.search(rf"^// {re.escape(language)}: (.*)$", source.read_text(encoding="utf-8"), re.MULTILINE)
        if not wanted:
            continue
        status, output = run([*command, "-x", language, f"-std={standard}", f"-I{include}", "-fsyntax-only", source])
        problem = ""
        if status == 0:
            problem = "it compiles"
        elif not re.search(wanted[1], output):
            problem = f"the compiler does not say {wanted[1]!r}, but:\n{output}"
        tap.case(f"{name} refuses {source.stem}", problem)


def check_floor(tap, include, name, language, command):
    """Calls below CLEAT_MIN_LEVEL leave nothing in the object file; their text goes with the least optimisation."""
    standard = {"c": "c11", "c++": "c++17"}[language]
    calls = {b"argument_below_the_floor"}
    texts = {b"event below the floor", b"key below the floor"}
    for level, gone in (("-O0", calls), ("-O1", calls | texts)):
        with tempfile.TemporaryDirectory() as directory:
            target = pathlib.Path(directory) / "floor.o"
            status, output = run([*command, "-x", language, f"-std={standard}", *WARNINGS, level, f"-I{include}",
                                  "-DCLEAT_MIN_LEVEL=CLEAT_INFO", "-c", HERE / "floor.c", "-o", target])
            found = target.read_bytes() if status == 0 else b""
        problems = [output] if status != 0 else []
        problems += [f"{text.decode()} is still there" for text in sorted(gone) if text in found]
        problems += [f"{text.decode()} is gone" for text in (b"event above the floor", b"argument_above_the_floor")
                     if status == 0 and text not in found]
        tap.case(f"{name} {level}: nothing is left of calls below the floor", "\n".join(problems))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--cxx", default="c++")
    parser.add_argument("--include", type=pathlib.Path, required=True)
    options = parser.parse_args()

    tap = Tap()
    for name, language, command in compilers(options.cc, options.cxx):
        check_headers(tap, options.include, name, language, command)
        check_rejects(tap, options.include, name, language, command)
        check_floor(tap, options.include, name, language, command)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
