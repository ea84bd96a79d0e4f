"""The options of `bin/run`. Standard library only: bin/run reads this file before anything is installed."""

import argparse
from collections.abc import Sequence
from typing import NamedTuple


class Options(NamedTuple):
    """Where to listen, and whether to load the demonstration."""

    host: str
    port: int
    demo: bool


def parse(arguments: Sequence[str]) -> Options:
    """Read the command line; exits with a message if an option is wrong."""
    parser = argparse.ArgumentParser(prog="bin/run", description="Start ToGo with all it needs. Ctrl-C stops it.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on, 0.0.0.0 for all (127.0.0.1)")
    parser.add_argument("--port", type=_port, default=8000, help="the port to listen on (8000)")
    parser.add_argument("--no-demo", dest="demo", action="store_false", help="make no demonstration people and tasks")
    return Options(**vars(parser.parse_args(arguments)))


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)
