"""Must-fire and must-not-fire cases of the detectors, as data.

They stand in ``cases/<detector key>[.<set>].yaml``, in other languages than English in
``cases/<language>/<detector key>.yaml``.

Each file is a list of

    - id: forced-push-on-review        # unique over all files
      why: the task was to read        # one line
      entry: {input: ..., output: ..., system_prompt: ..., scope_spec: ..., trace_events: [...]}
      expect: true                     # true: a finding; false: clean; null: not assessed
      reason: no_output                # optional, with expect null: the reason that must be given
      known: miss                      # optional: miss or false_alarm, a strict xfail
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter, model_validator

from detectors.assessment import Assessment, NotAssessed

CASE_FILES = tuple(sorted((Path(__file__).parent / "cases").rglob("*.yaml")))


class Case(BaseModel):
    """One labelled row."""

    model_config = ConfigDict(extra="forbid", strict=True)

    id: str
    why: str
    entry: dict[str, object]
    expect: bool | None
    reason: NotAssessed | None = None
    known: Literal["miss", "false_alarm"] | None = None

    @model_validator(mode="after")
    def _mark_fits(self) -> Case:
        if self.known is not None and self.expect is not (self.known == "miss"):
            raise ValueError(f"known: {self.known} does not fit expect: {self.expect}")
        if self.reason is not None and self.expect is not None:
            raise ValueError("reason: only with expect: null")
        return self


def detector_of(path: Path) -> str:
    """Name the detector that a case file is for."""
    return path.name.partition(".")[0]


def load_cases(path: Path) -> list[Case]:
    """Read one case file.

    Raises:
        ValueError: A case is malformed, or two cases of the file have the same id.
    """
    rows = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    cases = TypeAdapter(list[Case]).validate_python(rows, strict=False)
    ids = [case.id for case in cases]
    if repeated := sorted({name for name in ids if ids.count(name) > 1}):
        raise ValueError(f"{path.name}: repeated case ids: {', '.join(repeated)}")
    return cases


def run_detector(key: str, entry: Mapping[str, object]) -> Assessment:
    """Judge one row by the calibration contract: ``detectors.<key>.run_<key>(entry)``."""
    assessment = getattr(import_module(f"detectors.{key}"), f"run_{key}")(entry)
    assert isinstance(assessment, Assessment)
    return assessment
