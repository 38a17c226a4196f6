"""What each request of the load must leave in this service's log: the same choice of requests as in demo/load.lua.

The numbers in these fields reached the line as arguments of functions, the request id through the context. Lines in a
list come from work that runs at the same time.
"""

ORDER_ITEMS = ["teapot", "kettle", "cup", "saucer"]


def expected_lines(n):
    """(method, path, [fields of each line, in order]) of request n."""
    if n % 10 == 0:
        return (
            "POST",
            "/charge",
            [
                {"event": "charge accepted", "order_id": n, "cents": 100 + n},
                {"event": "order read", "order_id": n, "item": ORDER_ITEMS[n % 4]},
                {"event": "bank answered", "order_id": n, "accepted": True, "attempt": 1},
                {"event": "request completed", "target": f"/charge?n={n}", "status": 201},
                {"event": "receipt mailed", "order_id": n},
            ],
        )
    if n % 25 == 1:
        return (
            "GET",
            "/healthz",
            [
                {"event": "health asked", "n": str(n)},
                {"event": "request completed", "target": f"/healthz?n={n}", "status": 200},
            ],
        )
    cents = 100 + n * 37 % 9900
    return (
        "GET",
        f"/orders/{n}",
        [
            {"event": "order looked up", "order_id": n},
            [
                {"event": "order read", "order_id": n, "item": ORDER_ITEMS[n % 4]},
                {"event": "stock counted", "order_id": n, "stock": n % 7},
                {"event": "price asked", "order_id": n, "cents": cents, "currency": "EUR"},
            ],
            {"event": "order shown", "order_id": n, "cents": cents},
            {"event": "request completed", "target": f"/orders/{n}?n={n}", "status": 200},
        ],
    )
