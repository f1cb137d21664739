"""Names of everything that this project puts on telemetry: the public contract.

Each constant is described in ``registry/`` beside this module, from which ``docs/attributes.md`` is
generated; a test keeps both sides equal.
"""

from __future__ import annotations

from typing import Final

# Own namespace. Incoming attributes with this prefix are stripped: nobody forges a verdict.
PREFIX: Final = "otel_safety."

# On a span with findings.
FLAGGED: Final = PREFIX + "flagged"
SEVERITY: Final = PREFIX + "severity"
DETECTORS: Final = PREFIX + "detectors"
SUMMARY: Final = PREFIX + "summary"
SUMMARY_MAX_LENGTH: Final = 255

# On the root of a judged run.
RUN_FLAGGED: Final = PREFIX + "run.flagged"
RUN_FINDINGS: Final = PREFIX + "run.findings"
RUN_SEVERITY: Final = PREFIX + "run.severity"
RUN_DETECTORS: Final = PREFIX + "run.detectors"
RUN_COMPLETENESS: Final = PREFIX + "run.completeness"
RUN_NOT_ASSESSED: Final = PREFIX + "run.not_assessed"
VERSION: Final = PREFIX + "version"

# The event of one finding, by the OpenTelemetry GenAI convention, and our own attributes on it.
EVALUATION_EVENT: Final = "gen_ai.evaluation.result"
EVALUATION_NAME: Final = "gen_ai.evaluation.name"
EVALUATION_SCORE_VALUE: Final = "gen_ai.evaluation.score.value"
EVALUATION_SCORE_LABEL: Final = "gen_ai.evaluation.score.label"
EVALUATION_EXPLANATION: Final = "gen_ai.evaluation.explanation"
RESPONSE_ID: Final = "gen_ai.response.id"
RULE: Final = PREFIX + "rule"
EVIDENCE: Final = PREFIX + "evidence"
EVIDENCE_SPAN_ID: Final = PREFIX + "evidence.span_id"
REMEDIATION: Final = PREFIX + "remediation"

# The one value of ``gen_ai.evaluation.score.label`` that a finding carries.
LABEL_FAIL: Final = "fail"

# A finding whose span has already left goes out as a new child span of it, in this scope.
SCOPE_NAME: Final = "otel_safety"
FINDING_SPAN: Final = "otel_safety.finding"

# Optional OpenInference rendering on the span itself: ``evaluations.<n>.evaluation.<field>``.
OPENINFERENCE_EVALUATIONS: Final = "evaluations"


def score_key(detector: str) -> str:
    """Name the attribute that holds one detector's score, a scalar because Jaeger cannot search in arrays."""
    return f"{PREFIX}{detector}.score"


def openinference_key(index: int, field: str) -> str:
    """Name one field (name, score, label, explanation, ...) of the OpenInference evaluation ``index``."""
    return f"{OPENINFERENCE_EVALUATIONS}.{index}.evaluation.{field}"
