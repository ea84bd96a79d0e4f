"""Writes docs/access.md from the table: `python -m tests.access`"""

from pathlib import Path

from tests.access.document import PATH, text

if __name__ == "__main__":
    Path(PATH).write_text(text())
