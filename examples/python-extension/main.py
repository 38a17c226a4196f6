"""Calls the extension from tasks and threads, each with a request_id of its own. Lines of C go to stderr, of Python to stdout."""

import asyncio
import threading

import cleat.structlog as structlog
import payments  # links libcleat.so, which the line above has loaded
from cleat.structlog.contextvars import bind_contextvars, bound_contextvars

log = structlog.get_logger()


def charge_in_all_ways(amount: int) -> None:
    payments.charge(amount)
    payments.charge_without_lock(amount + 1)
    payments.charge_on_thread(amount + 2)
    payments.charge_all(amount + 3, 2)
    payments.attempt(amount + 5, lambda: log.info("called back", amount=amount + 5))
    log.info("after the attempt", amount=amount + 6)


async def handle(request_id: str, amount: int) -> None:
    """A task: what it binds stays with it, however often the tasks take turns."""
    bind_contextvars(request_id=request_id)
    for step in range(10):
        charge_in_all_ways(amount + 10 * step)
        await asyncio.sleep(0)
    await asyncio.to_thread(payments.charge, amount + 100)


def run_thread(request_id: str, amount: int) -> None:
    with bound_contextvars(request_id=request_id):
        for step in range(10):
            charge_in_all_ways(amount + 10 * step)


async def handle_two() -> None:
    await asyncio.gather(handle("task-1000", 1000), handle("task-2000", 2000))


def main() -> None:
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.JSONRenderer()],
        logger_factory=structlog.PrintLoggerFactory(),
    )
    threads = [threading.Thread(target=run_thread, args=(f"thread-{amount}", amount)) for amount in (3000, 4000)]
    for thread in threads:
        thread.start()
    asyncio.run(handle_two())
    for thread in threads:
        thread.join()
    payments.charge(0)  # outside of all: no request_id


if __name__ == "__main__":
    main()
