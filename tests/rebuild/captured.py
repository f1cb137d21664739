"""Captures as what the assembler closes: one Closed per trace, all spans there."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

from otel_safety.spans import Closed, CloseReason, HeldLog, HeldSpan, Link
from otel_safety.split import split_logs, split_traces


def requests(folder: Path, *, logs: bool = True) -> list[tuple[str, bytes]]:
    """File name and payload of every recorded request, in order of arrival."""
    return [(path.name, path.read_bytes()) for path in sorted(folder.glob("*.pb")) if logs or not is_logs(path.name)]


def is_logs(name: str) -> bool:
    return re.fullmatch(r"\d+-logs\.pb", name) is not None


def closed_traces(recorded: Iterable[tuple[str, bytes]], reason: CloseReason = CloseReason.ROOT) -> list[Closed]:
    """Every trace of some requests, closed together."""
    spans: dict[bytes, list[HeldSpan]] = defaultdict(list)
    links: dict[bytes, list[Link]] = defaultdict(list)
    logs: dict[bytes, list[HeldLog]] = defaultdict(list)
    for name, payload in recorded:
        if is_logs(name):
            for log in split_logs(payload).held:
                logs[log.trace_id].append(log)
            continue
        split = split_traces(payload, lambda _: True, any_open=True)
        for span in split.held:
            spans[span.trace_id].append(span)
        for link in split.links:
            links[link.trace_id].append(link)
    return [
        close(held, links=links[trace_id], logs=logs[trace_id], reason=reason)
        for trace_id, held in sorted(spans.items(), key=lambda item: min(span.start_ns for span in item[1]))
    ]


def close(
    spans: Sequence[HeldSpan],
    *,
    links: Sequence[Link] = (),
    logs: Sequence[HeldLog] = (),
    reason: CloseReason = CloseReason.ROOT,
) -> Closed:
    return Closed(
        trace_id=spans[0].trace_id,
        reason=reason,
        spans=list(spans),
        logs=list(logs),
        links=list(links),
        remembered=[],
        forgotten=False,
        reported=frozenset(),
    )
