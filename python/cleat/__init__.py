"""Cleat: structured logging with bound context."""
