"""otel-safety: OTLP in, OTLP out, and on the way every agent run is judged."""

__version__ = "0.1.0"
