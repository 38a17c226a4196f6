"""Random programs through structlog and through Cleat: what each of their calls does has to be the same.

A program is data (programs.py): a set-up, and operations on loggers and contexts. Its values, processors and output are
Python expressions, so that a program that fails can be read, and is made anew for each side. interpreter.py runs it and
writes down what each operation gave back, raised and wrote, and what processors saw. What differs on purpose is in
purpose.py, and in docs/coming-from-structlog.md.
"""
