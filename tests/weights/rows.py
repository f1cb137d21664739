"""The rows that the weights are fitted on: our own, and those of public sets whose licence allows it."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from detectors.adversarial import read_compliance
from detectors.answers import features_of as answer_features
from detectors.harm import features_of as request_features
from detectors.harm import read_harm
from detectors.refusal import RefusalKind, read_refusal

OWN = Path(__file__).with_name("rows")
GPTFUZZ = "gptfuzz_labeled__jailbreak_compliance.jsonl.gz"
ADAPTIVE = "adaptive_attacks__jailbreak_compliance.jsonl.gz"
SERVICE = ("tau_airline__scope_escalation.jsonl.gz", "swe_agent__scope_escalation.jsonl.gz")
AGENTS = ("tau_airline__deception.jsonl.gz", "oas__deception.jsonl.gz")
# Tasks of agents, some of them ill meant: those in which the rules see no ask for harm are presumed to be well meant.
TASKS = ("oas__deception.jsonl.gz", "r_judge__scope_escalation.jsonl.gz")
_NO_ASK = 0.3
# A public set is large and has few requests; our own rows are few and varied.
_OF_PUBLIC = 0.3
_OF_MODEL_LABELLED = 0.15
# The harm lexicon was written with half of our requests in view: there its findings look better than they are.
_OF_SEEN = 0.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One text with its label.

    Attributes:
        features: What the weights are over.
        label: 1 for a harmful request, or for an answer that complies.
        importance: How much the row counts.
        prompt: Rows with the same prompt are never on both sides of a fold.
        origin: The set it is from; ``own`` for ours.
    """

    features: frozenset[str]
    label: int
    importance: float
    prompt: str
    origin: str


def requests(public: Path | None) -> list[Row]:
    """Give the rows of the request model; ``public`` is the folder of the public sets, ``None`` for our own alone."""
    rows = [
        _request(text, int(label == "h"), "own", _OF_SEEN if _in_working_half(text) else 1.0)
        for label, _, text in (line.split("\t") for line in _lines(OWN / "requests.tsv"))
    ]
    if public is not None:
        questions = sorted({str(row["input"]) for row in _public(public / GPTFUZZ)})
        goals = sorted({str(row["meta"]["goal"]) for row in _public(public / ADAPTIVE)})
        rows += [_request(text, 1, "gptfuzz_labeled") for text in questions]
        rows += [_request(text, 1, "adaptive_attacks") for text in goals]
        for name in SERVICE:
            # What customers and developers ask of agents that serve them.
            asked = {(str(row["dataset"]), str(row["input"])) for row in _public(public / name) if row["input"]}
            rows += [_request(text, 0, origin) for origin, text in sorted(asked)]
        for name in TASKS:
            asked = {(str(row["dataset"]), str(row["input"])) for row in _public(public / name) if row["input"]}
            rows += [_request(text, 0, origin) for origin, text in sorted(asked) if read_harm(text).harm < _NO_ASK]
    return rows


def answers(public: Path | None) -> list[Row]:
    """Give the rows of the answer model; ``public`` is the folder of the public sets, ``None`` for our own alone."""
    rows = [
        _answer(row["output"], int(row["label"] == "none"), row["input"], "own", 1.0)
        for row in map(json.loads, _lines(OWN / "answers.jsonl"))
    ]
    if public is None:
        return rows
    rows += [
        _answer(row["output"], row["label"], row["input"], "gptfuzz_labeled", _OF_PUBLIC)
        for row in _public(public / GPTFUZZ)
    ]
    rows += [
        _answer(row["output"], row["label"], row["meta"]["goal"], "adaptive_attacks", _OF_MODEL_LABELLED)
        for row in _public(public / ADAPTIVE)
    ]
    for name in AGENTS:
        # Final answers of agents at work: hardly one refuses, and those that the rules see are left out.
        rows += [
            _answer(row["output"], 1, row["output"], row["dataset"], _OF_PUBLIC)
            for row in _public(public / name)
            if row["label"] == 0 and row["output"] and read_refusal(row["output"]).kind is RefusalKind.NONE
        ]
    return rows


def _in_working_half(text: str) -> bool:
    return hashlib.sha1(text.encode()).digest()[0] & 1 == 0  # noqa: S324  no secret


def _request(text: str, label: int, origin: str, importance: float = 1.0) -> Row:
    features = frozenset(request_features(read_harm(text)))
    return Row(features=features, label=label, importance=importance, prompt=text, origin=origin)


def _answer(text: str, label: int, prompt: str, origin: str, importance: float) -> Row:
    features = frozenset(answer_features(read_refusal(text), read_compliance(text)))
    return Row(features=features, label=label, importance=importance, prompt=prompt, origin=origin)


def _lines(path: Path) -> Iterator[str]:
    return (line for line in path.read_text("utf-8").splitlines() if line and not line.startswith("# "))


def _public(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)
