"""An OpenAI-compatible HTTP endpoint on the loopback interface that plays a scenario. Standard library only."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.scripted.scenarios import Scenario

MODEL = "office-model-1"
_CREATED = 1_790_000_000


def serve(handler: type[BaseHTTPRequestHandler]) -> str:
    """Serve on a free port of the loopback interface until the process ends; returns the base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def serve_openai(scenario: Scenario) -> str:
    """Serve the chat completions (whole or streamed) and responses of a scenario; returns the base URL with ``/v1``."""
    return serve(type("Endpoint", (_Endpoint,), {"scenario": scenario})) + "/v1"


class _Endpoint(BaseHTTPRequestHandler):
    scenario: Scenario

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.endswith("/responses"):
            self._answer("application/json", json.dumps(_response(self.scenario, asked)).encode())
        elif asked.get("stream"):
            chunks = [*(json.dumps(chunk) for chunk in _chunks(self.scenario, asked)), "[DONE]"]
            self._answer("text/event-stream", "".join(f"data: {chunk}\n\n" for chunk in chunks).encode())
        else:
            self._answer("application/json", json.dumps(_completion(self.scenario, asked)).encode())

    def _answer(self, content_type: str, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def _message(scenario: Scenario, asked: dict[str, Any]) -> tuple[int, dict[str, Any], str]:
    """Step, assistant message and finish reason that follow the tool answers in a request."""
    step = sum(message["role"] == "tool" for message in asked["messages"])
    if step >= len(scenario.calls):
        return step, {"role": "assistant", "content": scenario.answer}, "stop"
    call = scenario.calls[step]
    function = {"name": call.tool, "arguments": json.dumps(call.arguments)}
    tool_call = {"id": scenario.call_id(step), "type": "function", "function": function}
    return step, {"role": "assistant", "content": None, "tool_calls": [tool_call]}, "tool_calls"


def _completion(scenario: Scenario, asked: dict[str, Any]) -> dict[str, Any]:
    step, message, reason = _message(scenario, asked)
    return {
        "id": f"chatcmpl-{scenario.name}-{step}",
        "object": "chat.completion",
        "created": _CREATED,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 90, "completion_tokens": 30, "total_tokens": 120},
    }


def _chunks(scenario: Scenario, asked: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The same as a stream: the text, or the arguments of the call, in two pieces."""
    step, message, reason = _message(scenario, asked)
    frame = {
        "id": f"chatcmpl-{scenario.name}-{step}",
        "object": "chat.completion.chunk",
        "created": _CREATED,
        "model": MODEL,
    }
    deltas: list[dict[str, Any]]
    if message["content"] is not None:
        first, rest = _halves(message["content"])
        deltas = [{"role": "assistant", "content": first}, {"content": rest}]
    else:
        call = message["tool_calls"][0]
        first, rest = _halves(call["function"]["arguments"])
        begun = {**call, "index": 0, "function": {"name": call["function"]["name"], "arguments": first}}
        deltas = [
            {"role": "assistant", "content": None, "tool_calls": [begun]},
            {"tool_calls": [{"index": 0, "function": {"arguments": rest}}]},
        ]
    for delta in deltas:
        yield {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**frame, "choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    if asked.get("stream_options", {}).get("include_usage"):
        yield {
            **frame,
            "choices": [],
            "usage": {"prompt_tokens": 90, "completion_tokens": 30, "total_tokens": 120},
        }


def _halves(text: str) -> tuple[str, str]:
    return text[: len(text) // 2], text[len(text) // 2 :]


def _response(scenario: Scenario, asked: dict[str, Any]) -> dict[str, Any]:
    """The next answer in the form of the Responses API."""
    given = asked["input"] if isinstance(asked["input"], list) else []
    step = sum(item.get("type") == "function_call_output" for item in given)
    if step < len(scenario.calls):
        call = scenario.calls[step]
        item: dict[str, Any] = {
            "type": "function_call",
            "id": f"fc_{step}",
            "call_id": scenario.call_id(step),
            "name": call.tool,
            "arguments": json.dumps(call.arguments),
            "status": "completed",
        }
    else:
        text = {"type": "output_text", "text": scenario.answer, "annotations": []}
        item = {"type": "message", "id": f"msg_{step}", "role": "assistant", "status": "completed", "content": [text]}
    return {
        "id": f"resp_{scenario.name}_{step}",
        "object": "response",
        "created_at": _CREATED,
        "status": "completed",
        "model": MODEL,
        "instructions": asked.get("instructions"),
        "output": [item],
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": asked.get("tools", []),
        "usage": {
            "input_tokens": 90,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": 30,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": 120,
        },
    }
