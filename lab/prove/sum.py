"""python -m lab.prove.sum FILE…: the report of several campaigns, of what --json has kept of each."""

import json
import sys
from pathlib import Path

from lab.prove import report

if __name__ == "__main__":
    print(report.text_of_all([json.loads(Path(name).read_text()) for name in sys.argv[1:]]), end="")
