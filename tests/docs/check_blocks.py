#!/usr/bin/env python3
"""Builds every C and C++ block of the documentation, and says how Python blocks are run; README.md here says more.

Writes TAP. Python blocks are run by tests/python/test_documents.py, where the package is.
"""

import argparse
import ast
import dataclasses
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from tap import Tap  # noqa: E402
WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
FRAGMENT_WARNINGS = ["-Wno-unused", "-Wno-unused-parameter", "-Wno-return-type"]
STANDARD = {"c": "-std=c11", "cpp": "-std=c++17"}
SUFFIX = {"c": ".c", "cpp": ".cpp"}
LANGUAGES = {*STANDARD, "python"}
WORDS = {"file", "continues", "norun", "expect", "libuv"}
PATIENCE = 60  # seconds, for a program


@dataclasses.dataclass
class Block:
    name: str
    language: str
    words: set
    lines: list
    expected: str | None = None

    def is_program(self):
        return any(re.search(r"\bint main\b", line) for line in self.lines)


def fenced_blocks(path, label):
    """Yields (line number, info words, lines) of each fenced block of a document."""
    fence = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        opening = re.match(r"^( {0,3})(`{3,})\s*(.*?)\s*$", line)
        if fence is None and opening:
            fence, indent, words, start, lines = opening[2], len(opening[1]), opening[3].split(), number, []
        elif fence is not None and line.strip().startswith(fence) and not line.strip().strip("`"):
            yield start, words, lines
            fence = None
        elif fence is not None:
            lines.append(line[indent:] if not line[:indent].strip() else line)
    if fence is not None:
        raise SystemExit(f"{label}:{start}: the code block has no end")


def blocks_of(path, label):
    blocks = []
    awaits_output = None
    for number, words, lines in fenced_blocks(path, label):
        language = words[0] if words else ""
        if awaits_output is not None and language == "text":
            awaits_output.expected = "\n".join(lines)
        awaits_output = None
        if language not in LANGUAGES:
            continue
        unknown = set(words[1:]) - WORDS
        if unknown:
            raise SystemExit(f"{label}:{number}: unknown word behind the fence: {', '.join(sorted(unknown))}")
        if "continues" in words:
            if not blocks:
                raise SystemExit(f"{label}:{number}: there is no block before it to continue")
            blocks[-1].lines += ["", *lines]
            blocks[-1].words |= set(words[1:]) - {"continues"}
        else:
            blocks.append(Block(f"{label}:{number}", language, set(words[1:]), list(lines)))
        if "expect" in words:
            awaits_output = blocks[-1]
    return blocks


def all_blocks(root, documents=()):
    """Those of some documents, or of all."""
    documents = documents or [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    return [block for path in documents for block in blocks_of(path, path.relative_to(root))]


def source_of(block):
    if block.is_program():
        return "\n".join(block.lines) + "\n"
    if "file" in block.words:
        return '#include "prelude.h"\n' + "\n".join(block.lines) + "\n"
    includes = [line for line in block.lines if line.startswith("#include")]
    body = [line for line in block.lines if not line.startswith("#include")]
    return "\n".join(
        [*includes, '#include "prelude.h"', "int fragment(FRAGMENT_PARAMETERS);",
         "int fragment(FRAGMENT_PARAMETERS)", "{", "    {", *body, "    }", "    return 0;", "}", ""]
    )


def same_output(printed, expected):
    def plain(text):
        lines = [line.rstrip() for line in text.strip().splitlines()]
        return re.sub(r"\d+", "0", "\n".join(lines))

    return plain(printed) == plain(expected)


def check(block, options, directory):
    """Returns what went wrong, or an empty string."""
    source = directory / ("block" + SUFFIX[block.language])
    source.write_text(source_of(block), encoding="utf-8")
    compiler = shlex.split(options.cc if block.language == "c" else options.cxx)
    flags = [STANDARD[block.language], "-D_GNU_SOURCE", *WARNINGS, *(f"-I{d}" for d in options.include), f"-I{HERE}"]
    libraries = [options.library, "-pthread"]
    if "libuv" in block.words:
        flags += shlex.split(options.uv_cflags)
        libraries += shlex.split(options.uv_libs)
    if not block.is_program():
        command = [*compiler, *flags, *FRAGMENT_WARNINGS, "-c", source, "-o", directory / "block.o"]
    else:
        command = [*compiler, *flags, source, "-o", directory / "block", *libraries]
    built = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if built.returncode != 0:
        return built.stdout
    if not block.is_program() or "norun" in block.words:
        return ""
    run_in = directory / "run"
    run_in.mkdir()
    printed, problem = run_program([directory / "block"], run_in)
    return problem or problem_of_output(block, printed)


def run_program(command, directory):
    """Returns what a program printed, and what went wrong."""
    try:
        ran = subprocess.run(command, cwd=directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired:
        return "", f"it ran for more than {PATIENCE} seconds"
    printed = ran.stdout.decode("utf-8", "replace")
    return printed, f"it ended with {ran.returncode}\n{printed}" if ran.returncode else ""


def problem_of_output(block, printed):
    if "expect" in block.words and block.expected is None:
        return "no `text` block with its output stands behind it"
    if block.expected is not None and not same_output(printed, block.expected):
        return f"it printed\n{printed}\nbut the document shows\n{block.expected}"
    return ""


def imports_of_cleat(source):
    """The import statements of a block, wherever they are in it, that are about the package."""
    statements = [node for node in ast.walk(ast.parse(source)) if isinstance(node, (ast.Import, ast.ImportFrom))]
    return "\n".join(line for line in map(ast.unparse, statements) if " cleat" in line) + "\n"


def check_python(block, python, directory):
    """Returns what went wrong with a Python block, or an empty string."""
    source = "\n".join(block.lines) + "\n"
    try:
        ast.parse(source)
    except SyntaxError as error:
        return str(error)
    (directory / "block.py").write_text(imports_of_cleat(source) if "norun" in block.words else source, encoding="utf-8")
    printed, problem = run_program([python, "block.py"], directory)
    return problem or problem_of_output(block, printed)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cc", default="cc")
    parser.add_argument("--cxx", default="c++")
    parser.add_argument("--include", action="append", default=[])
    parser.add_argument("--library", required=True)
    parser.add_argument("--uv-cflags", default="")
    parser.add_argument("--uv-libs", default="", help="empty: blocks marked libuv are left out")
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("documents", type=pathlib.Path, nargs="*")
    options = parser.parse_args()

    blocks = [block for block in all_blocks(options.root, options.documents) if block.language in STANDARD]
    tap = Tap()
    for block in blocks:
        if "libuv" in block.words and not options.uv_libs:
            tap.case(block.name, skip="libuv is not installed")
            continue
        with tempfile.TemporaryDirectory() as directory:
            tap.case(block.name, check(block, options, pathlib.Path(directory)))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
