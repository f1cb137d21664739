"""Judgement: an AgentTrace in, an Assessment out. Pure: knows nothing of OpenTelemetry."""
