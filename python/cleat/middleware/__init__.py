"""Middlewares that bind what belongs to a request: `cleat.middleware.asgi` and `cleat.middleware.wsgi`."""
