"""python -m lab.prove.sum FILE…: prints the report of several campaigns from the files that --json wrote."""

import json
import sys
from pathlib import Path

from lab.prove import report

if __name__ == "__main__":
    print(report.text_of_all([json.loads(Path(name).read_text()) for name in sys.argv[1:]]), end="")
