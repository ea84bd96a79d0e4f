"""bin/sbom writes the packages that ToGo is installed with, in the format of CycloneDX."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from lab.processes import ROOT


def test_the_bill_of_materials_names_every_locked_package_with_its_hashes(tmp_path: Path) -> None:
    file = tmp_path / "togo.cdx.json"
    environment = {**os.environ, "TOGO_VENV": sys.prefix}
    subprocess.run([sys.executable, "bin/sbom", str(file)], cwd=ROOT, env=environment, check=True)

    bill = json.loads(file.read_text())

    locked = re.findall(
        r"^([a-z0-9._-]+)(?:\[[^]]*\])?==([^ ;]+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE
    )
    assert bill["bomFormat"] == "CycloneDX"
    assert bill["metadata"]["component"]["name"] == "togo"
    assert {(one["name"].lower(), one["version"]) for one in bill["components"]} == set(locked)
    assert all(one["purl"].startswith("pkg:pypi/") for one in bill["components"])
    assert all(reference.get("hashes") for one in bill["components"] for reference in one["externalReferences"])
