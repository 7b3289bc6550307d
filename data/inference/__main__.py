# SPDX-License-Identifier: EUPL-1.2
"""`python -m data.inference LABELS FILES`: measures anew and writes `calibration.toml` and `quality.toml` beside us."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from data.inference.calibration import write_calibration
from data.inference.quality import measured, write_quality

if __name__ == "__main__":
    here = Path(__file__).parent
    tables, figures = measured(Path(sys.argv[1]), Path(sys.argv[2]), datetime.now(UTC).date())
    (here / "calibration.toml").write_text(write_calibration(tables), encoding="utf-8")
    (here / "quality.toml").write_text(write_quality(figures), encoding="utf-8")
