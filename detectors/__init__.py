"""Judgement: an AgentTrace in, an Assessment out. Pure: knows nothing of OpenTelemetry."""

# Tells this package from another of the same name in the public index; checked by otel_safety.
DISTRIBUTION = "otel-safety"
