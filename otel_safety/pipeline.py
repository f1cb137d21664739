"""The data path between receivers and destinations: split, assemble, rebuild, judge, annotate, offer.

One owner, one event loop, no lock: every method runs to its end before another starts. ``accept`` does what must be
done before a request is answered; closed runs are judged between requests by ``release``.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from otel_safety.annotate import Annotated, EmitOptions, annotate
from otel_safety.assemble import Assembler
from otel_safety.clock import Clock
from otel_safety.conversations import ConversationMemory
from otel_safety.earlier_requests import EarlierRequests
from otel_safety.errors import OverloadedError
from otel_safety.export import Destination
from otel_safety.judge import Judge
from otel_safety.otlp.wire import WireLimits, check_structure
from otel_safety.rebuild import rebuild
from otel_safety.receive import Partial
from otel_safety.runs import Verdict
from otel_safety.spans import Batch, Closed, HeldSpan, RememberedSpan, Signal
from otel_safety.split import split_logs, split_traces

_log = logging.getLogger(__name__)

# Closed runs may wait this long for their verdict beyond the time that no span waits beyond; then they leave unjudged.
_JUDGING_SLACK_S = 1.0
# Senders are asked to wait this long when the queue of a destination is full.
_RETRY_AFTER_S = 2.0


@dataclass(slots=True)
class PipelineCounts:
    """What went through, as plain numbers; telemetry reads them."""

    accepted: Counter[str] = field(default_factory=Counter[str])
    """Spans, log records and data points taken in, by signal."""
    refused_requests: int = 0
    rejected_spans: int = 0
    unreadable_spans: int = 0
    stripped_attributes: int = 0
    genai_spans: int = 0
    closed: Counter[str] = field(default_factory=Counter[str])
    """Closings by reason."""
    findings: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    """Findings by (detector, severity)."""
    suppressed: Counter[str] = field(default_factory=Counter[str])
    """Suppressed findings by detector."""
    finding_spans: int = 0
    """New child spans sent for findings whose span had left."""
    unjudged_spans: int = 0
    """Spans forwarded without judgement: judging them failed, or could not be done in time."""


class Pipeline:
    """Takes requests from the receivers and offers what leaves to every destination."""

    def __init__(
        self,
        *,
        assembler: Assembler,
        judge: Judge,
        destinations: Sequence[Destination],
        options: EmitOptions,
        clock: Clock,
        conversations: ConversationMemory | None = None,
        on_verdict: Callable[[Verdict], None] | None = None,
        on_judged: Callable[[Closed, Sequence[Verdict]], None] | None = None,
    ) -> None:
        self.assembler = assembler
        self.judge = judge
        self.conversations = ConversationMemory() if conversations is None else conversations
        self.counts = PipelineCounts()
        self._destinations = tuple(destinations)
        self._options = options
        self._clock = clock
        self._on_verdict = on_verdict
        self._on_judged = on_judged
        self._closed: deque[Closed] = deque()
        self._closed_bytes = 0
        self._earlier = EarlierRequests()

    @property
    def in_flight_bytes(self) -> int:
        """Bytes taken in and not yet offered to the destinations."""
        return self.assembler.held_bytes + self._closed_bytes

    @property
    def pending(self) -> int:
        """Closed runs that wait for their verdict."""
        return len(self._closed)

    def accept(self, signal: Signal, payload: bytes) -> Partial | None:
        """Take in one request.

        Returns:
            None when all of it was taken; else how many items were not, and why.

        Raises:
            BadRequestError: The bytes are not an OTLP request.
            OverloadedError: The queue of a destination is full.
        """
        if any(destination.full for destination in self._destinations):
            self.counts.refused_requests += 1
            raise OverloadedError("the sending queue is full", retry_after_s=_RETRY_AFTER_S)
        if signal is Signal.TRACES:
            return self._accept_traces(payload)
        if signal is Signal.LOGS:
            split = split_logs(payload)
            if split.held:
                self._close(self.assembler.add_logs(split.held, self._clock.monotonic()))
            self._forward(Batch(signal, payload, split.items))
        else:
            self._forward(Batch(signal, payload, check_structure(payload, signal, WireLimits())))
        return None

    def tick(self) -> None:
        """Let the assembler close what is due now, and forget what is old."""
        now = self._clock.monotonic()
        self.conversations.expire(now)
        self._close(self.assembler.tick(now))

    def release(self, *, judge: bool = True) -> bool:
        """Send off the oldest closed run; False when none waits.

        Args:
            judge: False lets it go as it is. So does the pipeline itself when the spans have waited too long, because
                more comes in than can be judged.
        """
        if not self._closed:
            return False
        closed = self._closed.popleft()
        self._closed_bytes -= sum(span.size for span in closed.spans)
        in_time = self._clock.monotonic() < closed.held_since + self.assembler.hold_s + _JUDGING_SLACK_S
        annotated = self._annotated(closed) if judge and in_time else self._unjudged(closed)
        for batch in (annotated.traces, annotated.logs):
            if batch is not None:
                self._offer(batch)
        return True

    def close_all(self) -> None:
        """Close every open run: the service is about to stop."""
        self._close(self.assembler.shutdown(self._clock.monotonic()))

    def _accept_traces(self, payload: bytes) -> Partial | None:
        assembler = self.assembler
        split = split_traces(payload, assembler.is_open, assembler.any_open)
        counts = self.counts
        counts.stripped_attributes += split.stripped
        counts.unreadable_spans += split.unreadable
        counts.rejected_spans += split.rejected
        counts.genai_spans += len(split.held)
        counts.accepted[Signal.TRACES] += len(split.held)
        if split.held or split.links:
            self._close(assembler.add_spans(split.held, split.links, self._clock.monotonic()))
        if split.forward is not None:
            self._forward(split.forward)
        return Partial(split.rejected, split.message) if split.rejected else None

    def _forward(self, batch: Batch) -> None:
        self.counts.accepted[batch.signal] += batch.items
        if batch.items:
            self._offer(batch)

    def _offer(self, batch: Batch) -> None:
        for destination in self._destinations:
            destination.offer(batch)

    def _close(self, closings: Sequence[Closed]) -> None:
        # Of a conversation whose runs close together the earlier run is judged first: the later one may speak of it.
        for closed in sorted(closings, key=lambda item: min(span.start_ns for span in item.spans)):
            self.counts.closed[closed.reason.value] += 1
            self._closed_bytes += sum(span.size for span in closed.spans)
            self._closed.append(closed)

    def _annotated(self, closed: Closed) -> Annotated:
        now_ns = self._clock.time_ns()
        try:
            verdicts = self._verdicts(closed)
            annotated = annotate(closed, verdicts, self._options, now_ns)
        except Exception as error:  # noqa: BLE001  fail open: whatever breaks in judging, the spans go out
            # The type only: the message could quote the content.
            _log.error("judging a run failed with %s; its spans leave unjudged", type(error).__name__)
            return self._unjudged(closed)
        self.counts.finding_spans += annotated.child_spans
        if self._on_judged is not None:
            self._on_judged(closed, verdicts)
        return annotated

    def _unjudged(self, closed: Closed) -> Annotated:
        self.counts.unjudged_spans += len(closed.spans)
        return annotate(closed, (), self._options, self._clock.time_ns())

    def _verdicts(self, closed: Closed) -> list[Verdict]:
        told: list[HeldSpan | RememberedSpan] = [*closed.spans, *closed.remembered]
        response_ids = {span.span_id: span.operation.response_id for span in told if span.operation.response_id}
        reported = set(self.assembler.reported(closed.trace_id))
        verdicts: list[Verdict] = []
        for run in rebuild(self._earlier.complete(closed)):
            now = self._clock.monotonic()
            verdict = self.judge.judge(self.conversations.recall(run, now), response_ids, reported)
            self.conversations.remember(run, now)
            verdicts.append(verdict)
            keys = [finding.key for finding in verdict.findings]
            for item in verdict.suppressed:
                # Remembered apart: the finding counts once, and is still to be reported if the suppression expires.
                key = f"suppressed:{item.finding.key}"
                if key not in reported:
                    self.counts.suppressed[item.finding.assessment.detector] += 1
                    keys.append(key)
            reported.update(keys)
            self.assembler.remember_findings(closed.trace_id, keys, self._clock.monotonic())
            for finding in verdict.findings:
                self.counts.findings[finding.assessment.detector, finding.assessment.severity.value] += 1
            if self._on_verdict is not None:
                self._on_verdict(verdict)
        self._earlier.remember(closed, self._clock.monotonic())
        return verdicts
