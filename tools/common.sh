# shellcheck shell=bash
# common.sh - what the scripts of this folder share. Sourced, not run.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# The environment's own tools, when tools/setup had to make one, come first.
if [ -x .venv/bin/python3 ]; then
    PATH="$PWD/.venv/bin:$PATH"
fi

# Colours only for a person at a terminal who did not ask for none.
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
    bold='' red='' plain=''
fi

say() {
    printf '%s%s%s\n' "$bold" "$*" "$plain"
}

fail() {
    printf '%s%s: %s%s\n' "$red" "$(basename "$0")" "$*" "$plain" >&2
    exit 1
}
