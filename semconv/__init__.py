"""Vocabulary: what GenAI spans say (dialects), and what otel-safety emits. Pure: no I/O, no protobuf."""

# Tells this package from another of the same name in the public index; checked by otel_safety.
DISTRIBUTION = "otel-safety"
