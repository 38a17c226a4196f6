#!/usr/bin/env python3
"""make_console_picture.py - runs a program on a pseudo-terminal and draws what it printed as an SVG.

    tools/make_console_picture.py build/examples/quick-start --shown ./quick-start > docs/console.svg

What stands in the picture is what the program wrote, colours included; nothing is drawn by hand.
"""

import argparse
import fcntl
import html
import os
import pty
import re
import struct
import subprocess
import sys
import termios

COLUMNS, ROWS = 132, 50
FONT_SIZE, ADVANCE, LINE_HEIGHT, MARGIN = 13, 7.83, 18, 14
BACKGROUND, FOREGROUND = "#161b22", "#e6edf3"
NORMAL = ["#484f58", "#ff7b72", "#3fb950", "#d29922", "#58a6ff", "#bc8cff", "#39c5cf", "#b1bac4"]
BRIGHT = ["#6e7681", "#ffa198", "#56d364", "#e3b341", "#79c0ff", "#d2a8ff", "#56d4dd", "#ffffff"]


def run_on_terminal(command):
    """The bytes that a command writes to a terminal."""
    controller, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "FORCE_COLOR")}
    environment["TERM"] = "xterm-256color"
    with subprocess.Popen(command, stdin=terminal, stdout=terminal, stderr=terminal, env=environment) as process:
        os.close(terminal)
        written = b""
        while True:
            try:
                part = os.read(controller, 65536)
            except OSError:  # EIO: the other side has been closed
                break
            if not part:
                break
            written += part
    os.close(controller)
    if process.returncode != 0:
        raise SystemExit(f"{command[0]} ended with {process.returncode}")
    return written.decode("utf-8")


def change_style(style, codes):
    """The style after an SGR sequence."""
    style = dict(style)
    for code in codes:
        if code == 0:
            style = {}
        elif code in (1, 2, 3, 4):
            style[{1: "bold", 2: "dim", 3: "italic", 4: "underline"}[code]] = True
        elif 30 <= code <= 37:
            style["colour"] = NORMAL[code - 30]
        elif 90 <= code <= 97:
            style["colour"] = BRIGHT[code - 90]
        elif 40 <= code <= 47:
            style["ground"] = NORMAL[code - 40]
        elif 100 <= code <= 107:
            style["ground"] = BRIGHT[code - 100]
        elif code == 22:
            style.pop("bold", None)
            style.pop("dim", None)
        elif code in (39, 49):
            style.pop("colour" if code == 39 else "ground", None)
        else:
            raise SystemExit(f"no way to draw SGR {code}; add it to change_style()")
    return style


def styled_runs(line, style):
    """Splits a line into runs of one style; gives them and the style at the end."""
    runs = []
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        if part.startswith("\x1b["):
            style = change_style(style, [int(code or 0) for code in part[2:-1].split(";")])
        elif part:
            runs.append((part, style))
    return runs, style


def draw_run(text, style, x, y):
    """SVG for one run, and the x behind it."""
    end = x + len(text) * ADVANCE
    drawn = ""
    if "ground" in style:
        drawn += f'<rect x="{x:.1f}" y="{y - 13}" width="{end - x:.1f}" height="{LINE_HEIGHT}" fill="{style["ground"]}"/>'
    attributes = f'fill="{style.get("colour", FOREGROUND)}"'
    attributes += ' font-weight="bold"' if "bold" in style else ""
    attributes += ' opacity="0.65"' if "dim" in style else ""
    attributes += ' font-style="italic"' if "italic" in style else ""
    attributes += ' text-decoration="underline"' if "underline" in style else ""
    if text.strip():
        drawn += (f'<text x="{x:.1f}" y="{y}" textLength="{end - x:.1f}" lengthAdjust="spacingAndGlyphs" '
                  f'xml:space="preserve" {attributes}>{html.escape(text)}</text>')
    return drawn, end


def draw(lines):
    body, style, widest = [], {}, 0.0
    for number, line in enumerate(lines):
        x, y = float(MARGIN), MARGIN + 13 + number * LINE_HEIGHT
        runs, style = styled_runs(line, style)
        for text, run_style in runs:
            drawn, x = draw_run(text, run_style, x, y)
            body += [drawn] if drawn else []
        widest = max(widest, x)
    width, height = int(widest) + MARGIN, 2 * MARGIN + len(lines) * LINE_HEIGHT
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="ui-monospace, \'DejaVu Sans Mono\', Menlo, Consolas, monospace" font-size="{FONT_SIZE}">',
        f'<rect width="100%" height="100%" rx="6" fill="{BACKGROUND}"/>', *body, "</svg>", ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shown", help="the command as the picture's first line shows it")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args()
    lines = run_on_terminal(options.command).replace("\r\n", "\n").rstrip("\n").split("\n")
    prompt = [f"$ {options.shown}"] if options.shown else []
    sys.stdout.write(draw(prompt + lines))


if __name__ == "__main__":
    main()
