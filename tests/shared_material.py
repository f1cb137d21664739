"""Material that lies beside a development checkout and is not part of the project."""

import os
from pathlib import Path

import pytest

SHARED = Path(__file__).resolve().parents[2] / "shared"


def shared_path(relative: str) -> Path:
    """Path of shared material; skips the test when it is not there, fails it where it is required."""
    path = SHARED / relative
    if not path.exists():
        reason = f"needs ../shared/{relative}, which is not part of the project"
        if os.environ.get("OTEL_SAFETY_REQUIRE_SHARED") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return path
