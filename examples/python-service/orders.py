"""Orders: three things are asked at once, each in another way of Python's to do so."""

from __future__ import annotations

import asyncio

from replies import refuse, reply
from starlette.requests import Request
from starlette.responses import Response

from cleat import structlog

ITEMS = ["teapot", "kettle", "cup", "saucer"]

log = structlog.get_logger()


async def show(request: Request) -> Response:
    text = request.path_params["number"]
    if not text.isdecimal() or len(text) > 9:
        return refuse(404, "no such order")
    number = int(text)
    log.info("order looked up", order_id=number)
    item, stock, cents = await asyncio.gather(
        asyncio.to_thread(read_order, number),  # Python's own way takes the context along
        asyncio.get_running_loop().run_in_executor(None, count_stock, number),  # cleat.propagate(): see application.py
        ask_price(number),  # a task of its own
    )
    log.info("order shown", order_id=number, cents=cents)
    return reply({"order": number, "item": item, "stock": stock, "cents": cents})


def read_order(number: int) -> str:
    """In a thread: the database."""
    item = ITEMS[number % len(ITEMS)]
    log.info("order read", order_id=number, item=item)
    return item


def count_stock(number: int) -> int:
    """In a thread: the warehouse."""
    stock = number % 7
    log.info("stock counted", order_id=number, stock=stock)
    return stock


async def ask_price(number: int) -> int:
    """In a task: another service."""
    with structlog.contextvars.bound_contextvars(currency="EUR"):  # on this task's lines only
        await asyncio.sleep(0)
        cents = 100 + number * 37 % 9900
        log.info("price asked", order_id=number, cents=cents)
    return cents
