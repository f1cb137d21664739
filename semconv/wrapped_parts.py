"""Message parts that are named by their only key instead of a ``type``, as Bedrock and Gemini write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_CALLS: Final = frozenset({"toolUse", "function_call", "functionCall"})
_RESULTS: Final = frozenset({"toolResult", "function_response", "functionResponse"})
# Content that is not text.
_OTHER: Final = frozenset(
    {"image", "document", "video", "audio", "cachePoint", "inline_data", "inlineData", "file_data", "fileData"}
)


def unwrapped(part: Mapping[str, object]) -> Mapping[str, object]:
    """Return a part such as ``{"toolUse": {...}}`` with its ``type`` and its fields side by side.

    Any other part is returned as it is. Sources: Bedrock Converse ``ContentBlock``, Gemini ``Part``.
    """
    if "type" in part:
        return part
    if part.get("thought") is True:
        return {"type": "reasoning", **part}
    for key, inner in part.items():
        # Gemini parts can carry a signature or a null field beside.
        if not isinstance(inner, Mapping):
            continue
        fields: Mapping[str, object] = inner  # pyright: ignore[reportUnknownVariableType]  # a foreign mapping
        if key in _CALLS:
            return {"type": "tool_call", "id": fields.get("toolUseId"), **fields}
        if key in _RESULTS:
            return {"type": "tool_result", "id": fields.get("toolUseId"), **fields}
        if key in _OTHER:
            return {"type": "file"}
        if key == "reasoningContent":
            text = fields.get("reasoningText")
            return {"type": "reasoning", **(text if isinstance(text, Mapping) else {})}  # pyright: ignore[reportUnknownVariableType]  # a foreign mapping
    return part
