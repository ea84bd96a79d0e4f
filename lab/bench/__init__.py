"""Measures how fast ToGo is, beside others: bin/bench.

A section is a module with `run(*, quick: bool) -> list[str]`, the lines of its report. It runs in a process of its own,
with Django set up on an empty database of its own; `lab/bench/sections.py` is the table of them.
"""
