"""Diagnosis: per service and agent, what its telemetry shows, what it lacks and what to set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from detectors.assessment import Detector
from otel_safety import __version__
from otel_safety.doctor.advice import Advice, advice_for
from otel_safety.doctor.missing import MEANING, Missing
from otel_safety.doctor.observation import Instrumentation, Observation, observe
from otel_safety.otlp.span_view import parse_surroundings
from otel_safety.otlp.wire import RECORDS, envelope
from otel_safety.pipeline import PipelineCounts
from otel_safety.runs import Verdict
from otel_safety.spans import Closed, Signal
from otel_safety.split.markers import scopes

# Further agents are put together under this name: who makes up names must not fill the memory.
OTHERS: Final = "(others)"
_MAX_AGENTS: Final = 1000
_MAX_INSTRUMENTATIONS: Final = 100
_JUDGED: Final = frozenset({"finding", "clean"})


@dataclass(slots=True)
class Lack:
    """How often one thing lacked.

    Attributes:
        runs: Runs that lacked it.
        stopped: Per detector, the runs that it could not judge because of it.
        instrumentations: Who could have written it.
        example: Trace id of one such run. 16 bytes.
    """

    runs: int = 0
    stopped: Counter[str] = field(default_factory=Counter[str])
    instrumentations: set[Instrumentation] = field(default_factory=set[Instrumentation])
    example: bytes = b""

    def advice(self, what: Missing) -> list[Advice]:
        """The settings that mend it, one per instrumentation that has its own."""
        found = (advice_for(item, what) for item in sorted(self.instrumentations))
        return list(dict.fromkeys(item for item in found if item is not None))


@dataclass(slots=True)
class AgentTelemetry:
    """What was seen of one agent of one service. ``agent`` is None when the runs name none."""

    service: str
    agent: str | None
    runs: int = 0
    spans: Counter[Instrumentation] = field(default_factory=Counter[Instrumentation])
    answers: dict[str, Counter[str]] = field(default_factory=dict[str, Counter[str]])
    """Per detector, runs by ``finding``, ``clean`` or the reason for not assessed."""
    missing: dict[Missing, Lack] = field(default_factory=dict[Missing, Lack])

    def add(self, seen: Observation) -> None:
        """Count a run, or late spans of one."""
        for item, spans in seen.spans.items():
            known = item in self.spans or len(self.spans) < _MAX_INSTRUMENTATIONS
            self.spans[item if known else Instrumentation(item.dialect, OTHERS, "")] += spans
        if not seen.begun:
            return
        self.runs += 1
        for detector, answer in seen.answers.items():
            self.answers.setdefault(detector, Counter())[answer] += 1
        for what, instrumentations in seen.missing.items():
            lack = self.missing.setdefault(what, Lack(example=seen.trace_id))
            lack.runs += 1
            lack.stopped.update(seen.stopped.get(what, ()))
            lack.instrumentations.update(item for item in instrumentations if item in self.spans)

    def judged(self, detector: str) -> int:
        """How many runs a detector judged."""
        return sum(runs for answer, runs in self.answers.get(detector, Counter()).items() if answer in _JUDGED)

    @property
    def idle(self) -> list[str]:
        """The detectors that judged no run at all."""
        return [detector for detector in self.answers if not self.judged(detector)]

    @property
    def stopping(self) -> list[Missing]:
        """What lacks and kept a detector from judging a run, in the order of ``Missing``."""
        return [what for what in Missing if what in self.missing and self.missing[what].stopped]

    @property
    def healthy(self) -> bool:
        """True when every detector can work on this agent's telemetry."""
        return not self.stopping and not self.idle


class Diagnosis:
    """Gathers what judged runs show of their telemetry."""

    def __init__(self, detectors: Sequence[Detector]) -> None:
        self.detectors = tuple(detectors)
        self.counts = PipelineCounts()
        """What went through the pipeline; whoever feeds the diagnosis sets it."""
        self.unreadable: tuple[str, ...] = ()
        """Sentences about the files of a directory that are no OTLP."""
        self.scopes: Counter[str] = Counter()
        """Spans by the name of their scope, those that are not GenAI included."""
        self._agents: dict[tuple[str, str | None], AgentTelemetry] = {}

    def count_scopes(self, signal: Signal, payload: bytes) -> None:
        """Count the spans of a request by scope; the request's structure has been checked before."""
        if signal is not Signal.TRACES:
            return
        for start, end in scopes(payload):
            around, spans = envelope(payload, start, end, RECORDS)
            name = parse_surroundings(b"", around).scope_name
            known = name in self.scopes or len(self.scopes) < _MAX_INSTRUMENTATIONS
            self.scopes[name if known else OTHERS] += len(spans)

    def add(self, closed: Closed, verdicts: Sequence[Verdict]) -> None:
        """Take in a closing with its verdicts."""
        for seen in observe(closed, verdicts, self.detectors):
            key = (seen.service, seen.agent)
            if key not in self._agents and len(self._agents) >= _MAX_AGENTS:
                key = (OTHERS, OTHERS)
            self._agents.setdefault(key, AgentTelemetry(*key)).add(seen)

    @property
    def agents(self) -> list[AgentTelemetry]:
        """The agents seen, by service and name."""
        return sorted(self._agents.values(), key=lambda item: (item.service, item.agent or ""))

    @property
    def runs(self) -> int:
        """The runs seen."""
        return sum(agent.runs for agent in self._agents.values())

    @property
    def healthy(self) -> bool:
        """True when there was a run to judge and every detector can work on every agent's telemetry."""
        return self.runs > 0 and all(agent.healthy for agent in self._agents.values())

    def as_json(self) -> dict[str, Any]:
        """Shape the diagnosis for programs; the shape is documented in docs/doctor.md."""
        return {
            "version": __version__,
            "healthy": self.healthy,
            "spans": self.counts.accepted[Signal.TRACES],
            "genai_spans": self.counts.genai_spans,
            "log_records": self.counts.accepted[Signal.LOGS],
            "unjudged_spans": self.counts.unjudged_spans,
            "scopes": dict(sorted(self.scopes.items())),
            "runs": self.runs,
            "agents": [_agent_json(agent) for agent in self.agents],
            "unreadable": list(self.unreadable),
        }


def _agent_json(agent: AgentTelemetry) -> dict[str, Any]:
    return {
        "service": agent.service,
        "agent": agent.agent,
        "healthy": agent.healthy,
        "runs": agent.runs,
        "spans": agent.spans.total(),
        "instrumentations": [{**_source_json(item), "spans": spans} for item, spans in sorted(agent.spans.items())],
        "detectors": {
            detector: {
                "judged": agent.judged(detector),
                "not_assessed": {answer: runs for answer, runs in sorted(answers.items()) if answer not in _JUDGED},
            }
            for detector, answers in sorted(agent.answers.items())
        },
        "missing": [_lack_json(what, agent.missing[what]) for what in _in_order(agent.missing)],
    }


def _lack_json(what: Missing, lack: Lack) -> dict[str, Any]:
    return {
        "what": what.value,
        "meaning": MEANING[what],
        "runs": lack.runs,
        "stops": dict(sorted(lack.stopped.items())),
        "instrumentations": [_source_json(item) for item in sorted(lack.instrumentations)],
        "example_trace_id": lack.example.hex(),
        "advice": [
            {
                "instrumentation": item.instrumentation,
                "setting": item.setting,
                "note": item.note,
                "source": item.source,
            }
            for item in lack.advice(what)
        ],
    }


def _source_json(item: Instrumentation) -> dict[str, str]:
    return {"dialect": item.dialect, "scope": item.scope, "version": item.version}


def _in_order(missing: Iterable[Missing]) -> list[Missing]:
    present = set(missing)
    return [what for what in Missing if what in present]
