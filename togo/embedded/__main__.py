"""`python -m togo.embedded`: `bin/run` replaces itself with this program."""

import sys

from togo.embedded.options import parse
from togo.embedded.supervisor import run

if __name__ == "__main__":
    run(parse(sys.argv[1:]))
