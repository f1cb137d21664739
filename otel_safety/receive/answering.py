"""The one place where a receiver calls the pipeline, counts the outcome and survives a defect behind it."""

from __future__ import annotations

import logging
from collections import Counter
from typing import Final

from otel_safety.errors import RequestError
from otel_safety.receive.intake import Intake, Partial
from otel_safety.spans import Signal

_log = logging.getLogger(__name__)

# What is said for an error that is ours; anything more could quote the request.
INTERNAL_MESSAGE: Final = "internal error"


class Answering:
    """Calls an intake. ``outcomes`` counts requests: ok, partial, or the name of the gRPC status code."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self.outcomes: Counter[str] = Counter()

    def accept(self, signal: Signal, payload: bytes) -> Partial | None:
        """Hand a request on.

        Raises:
            RequestError: It was refused, or something behind failed.
        """
        try:
            partial = self._intake.accept(signal, payload)
        except RequestError:
            raise
        except Exception as error:
            # Stage boundary: a defect costs this request an answer INTERNAL, not the service. The type only,
            # because the message could quote the content.
            _log.error("taking in %s failed with %s", signal.value, type(error).__name__)
            raise RequestError(INTERNAL_MESSAGE) from error
        self.outcomes["ok" if partial is None else "partial"] += 1
        return partial
