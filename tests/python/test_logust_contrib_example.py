"""examples/logust-service does what it says."""

from __future__ import annotations

import importlib.util
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from servers import fetch, uvicorn_serving

from cleat.logust import logger

MAIN = Path(__file__).resolve().parents[2] / "examples" / "logust-service" / "main.py"


@pytest.fixture
def example() -> ModuleType:
    spec = importlib.util.spec_from_file_location("logust_service", MAIN)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    root = logging.getLogger()
    before = root.handlers, root.level
    yield
    logger.remove()
    root.handlers = before[0]
    root.setLevel(before[1])  # which makes loggers forget what they know of levels


@pytest.mark.parametrize("sample_rate", [0.0, 1.0])
def test_lines_of_its_requests(example, tmp_path, capfd, sample_rate):
    path = tmp_path / "requests.log"
    example.configure(str(path))
    with uvicorn_serving(example.make_application(sample_rate)) as port:
        assert fetch(port, "/health").body == b'"ok"'
        assert fetch(port, "/orders/7", X_Request_ID="r-7").body == b'{"order":7,"cents":700}'
        assert fetch(port, "/orders/13", X_Request_ID="r-13").status == 200
        assert fetch(port, "/orders/none", X_Request_ID="r-none").status == 500
    logger.complete()
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    of_requests = {line["extra"]["request_id"]: line for line in lines if line["message"] == "http.request"}
    assert set(of_requests) == {"r-13", "r-none"} | ({"r-7"} if sample_rate else set())
    slow, failed = of_requests["r-13"]["extra"], of_requests["r-none"]
    assert slow["order_id"] == 13 and slow["duration_ms"] >= 200 and slow["route"] == "/orders/{number}"
    assert (failed["level"], failed["extra"]["error.type"]) == ("ERROR", "ValueError")
    (read,) = [line for line in lines if line["message"] == "read order 7"]
    assert read["name"] == "database" and read["extra"] == {"request_id": "r-7", "path": "/orders/7"}
    assert "database: read order 13 {'request_id': 'r-13'" in capfd.readouterr().err
