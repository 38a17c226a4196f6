"""What each request of the load must leave in this service's log: the same choice of requests as in demo/load.lua.

The numbers in these fields reached the line as arguments of functions, the request id through the context.
"""

ORDER_ITEMS = ["teapot", "kettle", "cup", "saucer"]


def expected_lines(n):
    """(method, path, [fields of each line, in order]) of request n."""
    if n % 10 == 0:
        target, body = f"/charge?n={n}", f"order={n}&cents={100 + n}"
        return (
            "POST",
            "/charge",
            [
                {"event": "request received", "target": target, "bytes": len(body)},
                {"event": "charge accepted", "order_id": n, "cents": 100 + n},
                {"event": "order read", "order_id": n, "item": ORDER_ITEMS[n % 4]},
                {"event": "bank answered", "order_id": n, "accepted": True, "attempt": 1},
                {"event": "request completed", "target": target, "status": 201},
            ],
        )
    if n % 25 == 1:
        target = f"/healthz?n={n}"
        return (
            "GET",
            "/healthz",
            [
                {"event": "request received", "target": target, "bytes": 0},
                {"event": "request completed", "target": target, "status": 200},
            ],
        )
    target = f"/orders/{n}?n={n}"
    return (
        "GET",
        f"/orders/{n}",
        [
            {"event": "request received", "target": target, "bytes": 0},
            {"event": "order looked up", "order_id": n},
            {"event": "order read", "order_id": n, "item": ORDER_ITEMS[n % 4]},
            {"event": "order shown", "order_id": n, "cents": 100 + n * 37 % 9900},
            {"event": "request completed", "target": target, "status": 200},
        ],
    )
