"""conversations: what earlier runs of a conversation did and said, known when a later one is judged. Pure."""

from otel_safety.conversations.memory import ConversationMemory

__all__ = ["ConversationMemory"]
