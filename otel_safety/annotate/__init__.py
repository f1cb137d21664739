"""annotate: writes findings onto the original spans, by appending to their bytes."""

from otel_safety.annotate.annotate import Annotated, annotate
from otel_safety.annotate.options import EmitOptions

__all__ = ["Annotated", "EmitOptions", "annotate"]
