"""Compares ToGo's speed with that of other services: bin/bench.

A section is a module with `run(*, quick: bool) -> list[str]`, which returns the lines of its report. It runs in a
process of its own, with Django set up on an empty database of its own; `lab/bench/sections.py` lists the sections.
"""
