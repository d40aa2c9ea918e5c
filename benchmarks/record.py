"""One result file: figures with the command, commit and machine they come from; parts measured apart are merged."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def record(name: str, figures: Mapping[str, object], part: str = "") -> Path:
    """Merges `figures` into benchmarks/results/NAME.json; `measured` says for each part when and by what."""
    path = ROOT / "benchmarks" / "results" / f"{name}.json"
    before = json.loads(path.read_text()) if path.is_file() else {}
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    origin = {
        "command": " ".join(["python", *sys.argv]),
        "commit": commit.stdout.strip(),
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    measured = {**before.get("measured", {}), part or name: origin}
    merged = {**origin, "measured": measured, "figures": {**before.get("figures", {}), **figures}}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(merged, indent=2) + "\n")
    return path
