#!/usr/bin/env python3
"""What the libraries show to the outside: names that begin with cleat_, a soname, and no library but libc.
Writes TAP."""

import argparse
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from tap import Tap  # noqa: E402

# libc, its threads and its loader, under the names that glibc and musl give them.
ALLOWED_LIBRARIES = re.compile(r"^(libc\.so(\.\d+)?|libpthread\.so\.0|libdl\.so\.2|ld-linux.*|ld-musl.*|libc\.musl-.*)$")


def output_of(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout


def defined_names(*nm_options):
    lines = output_of("nm", "--defined-only", *nm_options).splitlines()
    return {line.split()[-1].split("@")[0] for line in lines if len(line.split()) == 3}


SOURCES = pathlib.Path(__file__).resolve().parents[2] / "src"


def host_headers():
    """What the extension for Python uses besides: one header, and those that it includes."""
    header = SOURCES / "logger" / "host.h"
    yield header
    for name in re.findall(r'^#include "(.*)"', header.read_text(encoding="utf-8"), re.MULTILINE):
        yield SOURCES / name


def declared_names(include):
    """The functions and objects that the headers mark with CLEAT_API."""
    names = set()
    for header in [*include.rglob("*.h"), *host_headers()]:
        text = re.sub(r"/\*.*?\*/", "", header.read_text(encoding="utf-8"), flags=re.DOTALL)
        for declaration in re.findall(r"^CLEAT_API ([^;{]*);", text, re.MULTILINE):
            function = re.search(r"\b(cleat_\w+)\)?\s*\(", declaration)
            names.add(function[1] if function else declaration.split()[-1].strip("*").split("[")[0])
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--include", type=pathlib.Path, required=True)
    parser.add_argument("shared")
    parser.add_argument("static")
    options = parser.parse_args()

    tap = Tap()
    exported = defined_names("-D", options.shared)
    declared = declared_names(options.include)
    dynamic = output_of("readelf", "-d", "-W", options.shared)
    needed = re.findall(r"\(NEEDED\).*\[(.*)\]", dynamic)

    foreign = sorted(name for name in exported if not name.startswith("cleat_"))
    tap.case("the shared library exports only names that begin with cleat_", "\n".join(foreign))
    tap.case("it exports what the headers declare", "\n".join(sorted(declared - exported)))
    tap.case("it exports nothing that the headers do not declare", "\n".join(sorted(exported - declared - set(foreign))))
    foreign = sorted(name for name in defined_names("-g", options.static) if not name.startswith("cleat_"))
    tap.case("the static library defines only names that begin with cleat_", "\n".join(foreign))
    soname = re.findall(r"\(SONAME\).*\[(.*)\]", dynamic)
    tap.case("its soname is libcleat.so.0", "" if soname == ["libcleat.so.0"] else f"it is {soname}")
    tap.case("it needs libc and pthreads and nothing else",
             "\n".join(name for name in needed if not ALLOWED_LIBRARIES.match(name)))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
