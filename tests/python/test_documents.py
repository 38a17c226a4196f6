"""Every Python block of the documentation runs as printed; tests/docs/README.md says how."""

from __future__ import annotations

import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "docs"))

import check_blocks  # noqa: E402

BLOCKS = [block for block in check_blocks.all_blocks(ROOT) if block.language == "python"]


@pytest.mark.parametrize("block", BLOCKS, ids=[block.name for block in BLOCKS])
def test_block(block, tmp_path):
    problem = check_blocks.check_python(block, sys.executable, tmp_path)
    assert not problem, f"{block.name}: {problem}"
