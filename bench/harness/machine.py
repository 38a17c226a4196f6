"""What a measure is worth nothing without: on which machine, with what."""

from __future__ import annotations

import datetime
import json
import os
import pathlib
import platform
import re
import shlex
import subprocess


def processor() -> str:
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    found = re.search(r"^(?:model name|Model|Hardware)\s*:\s*(.+)$", text, re.MULTILINE)
    return found.group(1).strip() if found else platform.machine()


def compilers(build: pathlib.Path) -> dict[str, str]:
    """The C and the C++ compiler that the build folder was made with, each in its own words."""
    path = build / "compile_commands.json"
    found = {}
    for entry in json.loads(path.read_text(encoding="utf-8")) if path.exists() else []:
        language = {".c": "C", ".cc": "C++"}.get(pathlib.Path(entry["file"]).suffix)
        if language and language not in found:
            command = shlex.split(entry["command"])[0]
            words = subprocess.run([command, "--version"], capture_output=True, text=True, check=False).stdout
            found[language] = words.split("\n", 1)[0]
    return found


def describe(build: pathlib.Path) -> dict:
    return {"processor": processor(), "cores": len(os.sched_getaffinity(0)), "kernel": platform.release(),
            "system": platform.freedesktop_os_release().get("PRETTY_NAME", "") if has_os_release() else "",
            "compilers": compilers(build),
            "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")}


def has_os_release() -> bool:
    return hasattr(platform, "freedesktop_os_release") and pathlib.Path("/etc/os-release").exists()
