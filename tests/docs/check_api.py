#!/usr/bin/env python3
"""Checks the words against the headers.

1. Every public function and function-like macro in include/cleat/ has a doc comment with what the project asks
   of it: every parameter by its name, Safe:, Example:, Owns: where a pointer comes back, Errors: where an int
   result does.
2. docs/api.md names everything public, and no page or comment names a function, macro or type that does not exist.
3. Every relative link in README.md and docs/ leads somewhere.

A note that holds for a whole header stands in its first comment, as "Safe, for all that ...: ...".
"""

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HEADERS = sorted((ROOT / "include" / "cleat").glob("*.h"))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

# Macros that hold the headers together. A program has no use for them.
PLUMBING = {"CLEAT_BEGIN_DECLS", "CLEAT_END_DECLS", "CLEAT_API", "CLEAT_PRINTF", "CLEAT_UNLIKELY"}

# Words that look like names of the library but are field names on a line, file names, or variables of a build.
NOT_NAMES = {"cleat_cut", "cleat_error", "CLEAT_HEAVY"}

# int results that are an answer and not 0-or-negative.
ANSWERS = {"cleat_get_level", "cleat_event_level"}



@dataclass
class Declared:
    """One public name and what stands above it."""

    name: str
    kind: str  # function, macro, constant, type
    header: str
    line: int
    comment: str
    parameters: list[str] = field(default_factory=list)
    result: str = ""


def is_public(name: str) -> bool:
    return name.lower().startswith("cleat_") and not name.lower().startswith("cleat__") and name not in PLUMBING


def split_parameters(text: str) -> list[str]:
    """The names of the parameters in a parameter list."""
    parts, depth, current = [], 0, ""
    for character in text:
        depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(character, 0)
        if character == "," and depth == 0:
            parts.append(current)
            current = ""
        else:
            current += character
    parts.append(current)
    names = []
    for part in parts:
        pointer = re.search(r"\(\*(\w+)\)", part)
        plain = re.search(r"(\w+)\s*(\[[^]]*\])?\s*$", part)
        if part.strip() in ("void", "...", ""):
            continue
        names.append(pointer.group(1) if pointer else plain.group(1))
    return names


def inside_parentheses(text: str, start: int) -> str:
    depth = 0
    for position in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[position], 0)
        if depth == 0:
            return text[start + 1 : position]
    raise ValueError(f"unbalanced: {text}")


def from_statement(text: str, header: str, line: int, comment: str) -> list[Declared]:
    """The public names that a declaration outside of any comment declares."""
    found = []
    if text.startswith(("CLEAT_API", "static inline")):
        match = re.search(r"(\w+)\s*\(", text.replace("CLEAT_API ", "", 1))
        if match and is_public(match.group(1)):
            name = match.group(1)
            start = text.index("(", text.index(name))
            found.append(
                Declared(
                    name, "function", header, line, comment,
                    split_parameters(inside_parentheses(text, start)),
                    re.sub(r"CLEAT_API|static inline", "", text[: text.index(name)]).strip(),
                )
            )
        return found
    if text.startswith("typedef"):
        names = re.findall(r"\(\*(\w+)\)\(", text.split("{")[0]) or re.findall(r"(\w+)\s*;\s*$", text)
        found += [Declared(name, "type", header, line, comment) for name in names if is_public(name)]
    if re.match(r"(typedef )?enum", text):
        body = re.sub(r"/\*.*?\*/", "", text[text.index("{") :], flags=re.S)
        found += [
            Declared(name, "constant", header, line, comment)
            for name in re.findall(r"\b(CLEAT_\w+)\b\s*(?:=|,|\n|\})", body) if is_public(name)
        ]
    return found


def read_header(path: Path) -> tuple[list[Declared], str]:
    """All public names of a header, and its first comment."""
    lines = path.read_text().splitlines()
    found: list[Declared] = []
    first_comment, comment = "", ""
    at = 0
    while at < len(lines):
        line, begin = lines[at], at
        if line.startswith("/*"):
            while "*/" not in lines[at]:
                at += 1
            comment = "\n".join(lines[begin : at + 1])
            first_comment = first_comment or comment
        elif line.startswith("#"):
            while lines[at].endswith("\\"):
                at += 1
            match = re.match(r"#\s*define\s+(\w+)(\(([^)]*)\))?", line)
            if match and is_public(match.group(1)) and not match.group(1).endswith("_H"):
                kind = "macro" if match.group(2) else "constant"
                found.append(Declared(match.group(1), kind, path.name, begin + 1, comment,
                                      split_parameters(match.group(3) or "")))
        elif not line.strip():
            comment = ""
        elif not line.startswith((" ", "}")):
            has_body = "{" in line and not line.rstrip().endswith((";", "}"))
            ends = (lambda text: text.startswith("}")) if has_body or line.startswith("static inline") else (
                lambda text: text.rstrip().endswith(";"))
            while not (ends(lines[at]) or (at == begin and re.search(r"\{.*\}\s*;?$", line))):
                if line.startswith("CLEAT_") and "(" not in line and ";" not in line:
                    break  # CLEAT_BEGIN_DECLS
                at += 1
            found += from_statement("\n".join(lines[begin : at + 1]), path.name, begin + 1, comment)
        at += 1
    return found, first_comment


def comment_faults(declared: Declared, header_notes: str) -> list[str]:
    """What the doc comment of a function or function-like macro lacks."""
    comment = declared.comment
    if not comment:
        return ["has no doc comment"]
    wanted = ["Safe", "Example"]
    if declared.kind == "function":
        if "*" in declared.result:
            wanted.append("Owns")
        if declared.result == "int" and declared.name not in ANSWERS:
            wanted.append("Errors")
    faults = [f"lacks {note}:" for note in wanted
              if f"{note}:" not in comment and not re.search(rf"{note}, for all", header_notes)]
    if declared.kind == "function":
        faults += [f"does not say what {name} is" for name in declared.parameters
                   if not re.search(rf"\b{name}\b", comment)]
    return faults


def unknown_names(text: str, known: set[str]) -> list[str]:
    """Names that a text uses and no header declares. One with an underscore at its end is a prefix, not a name."""
    names = set(re.findall(r"\b(?:cleat|CLEAT)_(?!_)\w*[a-zA-Z0-9]\b(?![/.]\w|[*…])", text))
    return sorted(names - known - NOT_NAMES - PLUMBING)


def page_faults(page: Path, known: set[str]) -> list[str]:
    """Names on a page that do not exist, and links that lead nowhere."""
    text = page.read_text()
    shown = page.relative_to(ROOT)
    faults = [f"{shown}: names {name}, which no header declares" for name in unknown_names(text, known)]
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text):
        if "://" not in target and not (page.parent / target).exists():
            faults.append(f"{shown}: links to {target}, which is not there")
    return faults


def main() -> int:
    faults, declared, count = [], [], 0
    for path in HEADERS:
        found, first_comment = read_header(path)
        declared += found
        for one in found:
            if one.kind in ("function", "macro"):
                count += 1
                faults += [f"include/cleat/{one.header}:{one.line}: {one.name} {fault}"
                           for fault in comment_faults(one, first_comment)]
    known = {one.name for one in declared}
    index = ROOT / "docs" / "api.md"
    indexed = set(re.findall(r"`(\w+)", index.read_text())) if index.exists() else set()
    faults += [f"docs/api.md: {name} is missing" for name in sorted(known - indexed)]
    for path in HEADERS:
        comments = "\n".join(re.findall(r"/\*.*?\*/", path.read_text(), re.S))
        faults += [f"include/cleat/{path.name}: a comment names {name}, which no header declares"
                   for name in unknown_names(comments, known)]
    for page in PAGES:
        if page.exists():
            faults += page_faults(page, known)
        else:
            faults.append(f"{page.relative_to(ROOT)} is missing")
    for fault in faults:
        print(fault)
    print(f"check_api: {count} functions and macros, {len(known)} public names, {len(PAGES)} pages, {len(faults)} faults")
    return 1 if faults or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
