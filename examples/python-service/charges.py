"""Charges: a pool of one's own, and work that goes on when the answer has been sent."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import parse_qs

import orders
from replies import refuse, reply
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response

import cleat
from cleat import structlog

LIMIT = 1_000_000

# The bank takes a few calls at a time. What is submitted here runs in its submitter's context.
BANK = cleat.propagate(ThreadPoolExecutor(2, thread_name_prefix="bank"))

log = structlog.get_logger()


async def charge(request: Request) -> Response:
    form = parse_qs((await request.body()).decode("utf-8", "replace"))
    try:
        number, cents = int(form["order"][0]), int(form["cents"][0])
    except (KeyError, ValueError):
        return refuse(422, "order and cents are to be numbers")
    log.info("charge accepted", order_id=number, cents=cents)
    await asyncio.to_thread(orders.read_order, number)
    with structlog.contextvars.bound_contextvars(attempt=1):
        accepted = await asyncio.get_running_loop().run_in_executor(BANK, ask_bank, number, cents)
    if not accepted:
        return refuse(402, "the bank says no")
    return reply({"order": number, "charged": cents}, 201, BackgroundTask(mail_receipt, number))


def ask_bank(number: int, cents: int) -> bool:
    """In a thread of the bank's pool."""
    accepted = cents < LIMIT
    log.info("bank answered", order_id=number, accepted=accepted)
    return accepted


async def mail_receipt(number: int) -> None:
    """After the answer: still the request's."""
    await asyncio.sleep(0)
    log.info("receipt mailed", order_id=number)
