"""What operators change without code: settings per agent, suppressions, words and patterns of their own."""

from otel_safety.tuning.agent_settings import AgentSettings, AgentTuning
from otel_safety.tuning.suppressions import Suppression, Suppressions
from otel_safety.tuning.user_lexicons import UserLexicons, read_user_lexicons

__all__ = [
    "AgentSettings",
    "AgentTuning",
    "Suppression",
    "Suppressions",
    "UserLexicons",
    "read_user_lexicons",
]
