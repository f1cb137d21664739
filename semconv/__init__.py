"""Vocabulary: what GenAI spans say (dialects), and what otel-safety emits. Pure: no I/O, no protobuf."""
