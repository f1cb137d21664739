"""What the assembler knows of one trace: what is held, and the facts that later spans are judged with."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from otel_safety.assemble.deadlines import Timed
from otel_safety.assemble.limits import FACT_OVERHEAD, NODE_OVERHEAD, TRACE_OVERHEAD
from otel_safety.assemble.tree import Component, TraceTree
from otel_safety.spans import Closed, CloseReason, HeldLog, HeldSpan, Link, RememberedSpan
from semconv.operation import ContentGap


class TraceState(Timed):
    """One trace.

    Attributes:
        tree: Its components.
        rooted: Components with held spans whose root has been seen, by order of opening.
        rootless: Components with held spans whose root has not been seen.
        held_spans: Number of held spans.
        held_bytes: Their wire bytes.
        last_arrival: Last arrival of anything.
        last_activity: Last arrival or closing.
        closings: How often held spans have left.
        last_closing: When they last did.
        forgotten: Facts were dropped for lack of memory.
        without_content: Held spans that carry no content and for which no log record has come; instrumentations that
            write content in log records export them on a clock of their own.
        charged: What of ``cost`` the memory of all traces accounts for.
    """

    __slots__ = (
        "_fact_bytes",
        "_links",
        "_logs",
        "_remembered",
        "_reported",
        "charged",
        "closings",
        "forgotten",
        "held_bytes",
        "held_spans",
        "last_activity",
        "last_arrival",
        "last_closing",
        "rooted",
        "rootless",
        "trace_id",
        "tree",
        "without_content",
    )

    def __init__(self, trace_id: bytes) -> None:
        super().__init__()
        self.trace_id = trace_id
        self.tree = TraceTree(trace_id)
        self.rooted: dict[Component, None] = {}
        self.rootless: dict[Component, None] = {}
        self.held_spans = 0
        self.held_bytes = 0
        self.last_arrival = -math.inf
        self.last_activity = -math.inf
        self.closings = 0
        self.last_closing = -math.inf
        self.forgotten = False
        self.without_content: set[bytes] = set()
        self.charged = 0
        self._links: list[Link] = []
        self._remembered: list[RememberedSpan] = []
        self._logs: dict[bytes, list[HeldLog]] = {}
        self._reported: dict[str, None] = {}
        self._fact_bytes = 0

    @property
    def cost(self) -> int:
        """Bytes that the trace counts for among the remembered facts."""
        return TRACE_OVERHEAD + NODE_OVERHEAD * len(self.tree) + self._fact_bytes

    @property
    def has_facts(self) -> bool:
        """True while there is something that ``forget`` would free."""
        return bool(self._links or self._remembered or self._logs or (not self.held_spans and len(self.tree)))

    @property
    def held_since(self) -> float:
        """Arrival of the first held span, infinite without any. Linear in the open components."""
        return min((component.held_since for component in self.components()), default=math.inf)

    @property
    def reported(self) -> frozenset[str]:
        """Keys of the findings that the trace has earned."""
        return frozenset(self._reported)

    def components(self) -> list[Component]:
        """Components with held spans."""
        return [*self.rooted, *self.rootless]

    def hold(self, span: HeldSpan, now: float) -> None:
        """Hold a span."""
        self.tree.hold(span, now)
        self.held_spans += 1
        self.held_bytes += span.size
        if ContentGap.MISSING in span.operation.gaps and span.span_id not in self._logs:
            self.without_content.add(span.span_id)
        self.last_arrival = self.last_activity = now

    def add_link(self, link: Link, now: float, most: int) -> None:
        """Remember the place of a span that is not held, unless facts would exceed ``most`` bytes."""
        self.last_arrival = self.last_activity = now
        if self._afford(FACT_OVERHEAD, most):
            self._links.append(link)
            self.tree.link(link, now)

    def add_log(self, log: HeldLog, now: float, most: int) -> None:
        """Keep the content of a log record, unless facts would exceed ``most`` bytes."""
        self.last_arrival = self.last_activity = now
        self.tree.touch(log.span_id, now)
        self.without_content.discard(log.span_id)
        if self._afford(log.size + FACT_OVERHEAD, most):
            self._logs.setdefault(log.span_id, []).append(log)

    def report(self, keys: Iterable[str], most: int) -> None:
        """Remember the keys of findings, unless facts would exceed ``most`` bytes."""
        for key in keys:
            if key not in self._reported and self._afford(len(key) + FACT_OVERHEAD, most):
                self._reported[key] = None

    def release(self, components: Sequence[Component], reason: CloseReason, now: float, most: int) -> Closed:
        """Let the held spans of ``components`` go; they are remembered from now on.

        The result is the same for every order in which its parts arrived.
        """
        spans = [span for component in components for span in component.held]
        spans.sort(key=lambda span: (span.start_ns, span.span_id, span.raw))
        closed = Closed(
            trace_id=self.trace_id,
            reason=reason,
            spans=spans,
            logs=self._logs_of({span.span_id for span in (*spans, *self._remembered)}),
            links=sorted(self._links, key=_place),
            remembered=sorted(self._remembered, key=_place),
            forgotten=self.forgotten,
            reported=self.reported,
            held_since=min((component.held_since for component in components), default=math.inf),
        )
        for component in components:
            component.held = []
            component.held_since = math.inf
            component.judged = component.judged or component.rooted
            self.rooted.pop(component, None)
            self.rootless.pop(component, None)
        self.closings += 1
        self.last_activity = self.last_closing = now
        for span in spans:
            self.held_spans -= 1
            self.held_bytes -= span.size
            self.without_content.discard(span.span_id)
            self._remember(span, most)
        return closed

    def forget(self) -> None:
        """Drop the facts, all but the keys of the findings; held spans stay."""
        self.forgotten = True
        self._links = []
        self._remembered = []
        self._logs = {}
        self._fact_bytes = sum(len(key) + FACT_OVERHEAD for key in self._reported)
        if not self.held_spans:
            self.tree = TraceTree(self.trace_id)

    def _logs_of(self, span_ids: set[bytes]) -> list[HeldLog]:
        if len(span_ids) > len(self._logs):
            span_ids &= self._logs.keys()
        logs = [log for span_id in sorted(span_ids) for log in self._logs.get(span_id, ())]
        # Stable: records of one span that bear the same time keep their order of arrival.
        logs.sort(key=lambda log: (log.span_id, log.content.sequence))
        return logs

    def _remember(self, span: HeldSpan, most: int) -> None:
        # The operation holds texts decoded from the span: its wire size is a fair bound for them.
        if self._afford(len(span.raw) + FACT_OVERHEAD, most):
            self._remembered.append(
                RememberedSpan(
                    trace_id=span.trace_id,
                    span_id=span.span_id,
                    parent_id=span.parent_id,
                    local_root=span.local_root,
                    start_ns=span.start_ns,
                    end_ns=span.end_ns,
                    service=span.envelope.service,
                    operation=span.operation,
                )
            )

    def _afford(self, cost: int, most: int) -> bool:
        """Charge ``cost`` bytes of facts, or note that a fact is lost."""
        if self.cost + cost > most:
            self.forgotten = True
            return False
        self._fact_bytes += cost
        return True


def _place(link: Link) -> tuple[int, bytes, bytes]:
    return link.start_ns, link.span_id, link.parent_id
