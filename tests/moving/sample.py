"""A real export, if there is one: named by the environment, or in the folder beside the project."""

import os
from pathlib import Path

NAME = "kuaituantuan-export-sample.xlsx"


def _find() -> Path | None:
    beside = Path(__file__).resolve().parents[3] / "shared" / "data" / NAME
    wanted = os.environ.get("GROUPBUY_SAMPLE_WORKBOOK")
    path = Path(wanted) if wanted else beside
    return path if path.is_file() else None


SAMPLE = _find()
