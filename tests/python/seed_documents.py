"""The documents in ../shared/seeds that Cleat was made from, and the examples in them.

The documents were taken from web pages and lost their markup, so code is found by its looks: after a prompt, or as the
most lines from an import on that Python can read.
"""

from __future__ import annotations

import ast
import dataclasses
import re
from pathlib import Path

SEEDS = Path(__file__).resolve().parents[3] / "shared" / "seeds"

# What an example in these documents can print. What stands below an example and is none of that is prose.
PRINTED = re.compile(r"(?:True|False|<.+>|WrappedDict-[\w-]+|(?:\w+=\S+ )*event='[^']*')$")
PROMPT = re.compile(r"\s*(?:>>>|\.\.\.)(?: |$)")


@dataclasses.dataclass
class Example:
    """A statement after a prompt, as printed, and the lines that the document says it prints."""

    source: str
    promised: list[str] = dataclasses.field(default_factory=list)


def read(prefix: str) -> str:
    """The document whose file name begins so."""
    [path] = SEEDS.glob(f"{prefix}_*.txt")
    return path.read_text(encoding="utf-8")


def prompted_examples(document: str) -> list[Example]:
    """What stands after `>>>` and `...`, in order."""
    examples: list[Example] = []
    in_example = False
    for line in document.splitlines():
        text = line.strip()
        if PROMPT.match(line):
            code = PROMPT.sub("", line.rstrip(), count=1)
            if text.startswith(">>>"):
                examples.append(Example(code))
            else:
                lost_indent = examples[-1].source.endswith(":") and not code.startswith(" ")
                examples[-1].source += "\n" + "    " * lost_indent + code
            in_example = True
        elif in_example and PRINTED.match(text):
            examples[-1].promised.append(text)
        else:
            in_example = False
    return [dataclasses.replace(example, source=example.source.rstrip("\n")) for example in examples]


def code_blocks(document: str) -> list[str]:
    """Code without prompts: from an import on, the most lines that are Python."""
    lines = document.splitlines()
    blocks = []
    first = 0
    while first < len(lines):
        past = past_code(lines, first) if re.match(r"(?:import|from) \w", lines[first]) else first
        if past > first:
            blocks.append("\n".join(lines[first:past]).strip("\n") + "\n")
        first = max(past, first + 1)
    return blocks


def past_code(lines: list[str], first: int) -> int:
    """The line behind the most lines from `first` on that Python can read."""
    past = first
    for end in range(first + 1, len(lines) + 1):
        if lines[end - 1].strip() and is_python("\n".join(lines[first:end])):
            past = end
    return past


def is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def expected_output(document: str) -> list[list[str]]:
    """What stands below each "Expected Output:", up to a line without text."""
    return [part.strip("\n").split("\n\n")[0].splitlines() for part in document.split("Expected Output:")[1:]]


def documented_signatures(document: str) -> dict[str, list[str]]:
    """The parameters' names of each function of structlog.threadlocal that the document has an entry for."""
    found = re.findall(r"^- structlog\.threadlocal\.(\w+)\(([^)]*)\)", document, re.MULTILINE)
    return {name: [part.strip() for part in parameters.split(",") if part.strip()] for name, parameters in found}
