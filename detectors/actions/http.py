"""What an HTTP request does, from its method and address; curl, wget and httpie command lines."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .taxonomy import Action, Category

_LOCAL = re.compile(
    r"^(?:https?://)?(?:localhost|127\.\d+\.\d+\.\d+|0\.0\.0\.0|\[::1\]|host\.docker\.internal)(?=[:/]|$)",
    re.IGNORECASE,
)
# POST is also how many services take a query.
_QUERY_PATH = re.compile(
    r"/(?:_?search|query|graphql|find|lookup|_msearch|sparql|rpc/read|completions|embeddings)\b", re.IGNORECASE
)
_WEIGHTS = {"POST": 0.6, "PUT": 0.6, "PATCH": 0.6, "DELETE": 0.7}
_CURL_DATA = re.compile(r"^(?:-d|--data(?:-\w+)?|-F|--form(?:-\w+)?|--json|-T|--upload-file)(?:=|$)|^-(?:d|F|T)\S")
_CURL_METHOD = re.compile(r"^(?:-X|--request)=?(\w*)$")
_ADDRESS = re.compile(r"^(?:https?://|ftp://)|^[\w.-]+\.[a-z]{2,}(?:[/:]|$)|^localhost", re.IGNORECASE)
READ_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def request_action(method: str, address: str, *, uploads: bool = False) -> Action:
    """Judge one request; ``uploads`` says that a file or a form goes with it."""
    method = method.upper()
    local = _LOCAL.match(address) is not None
    if method in READ_METHODS or (method == "POST" and not uploads and _QUERY_PATH.search(address)):
        return Action(category=Category.READ, verb="fetch", target=address)
    weight = _WEIGHTS.get(method, 0.5)
    return Action(
        category=Category.NETWORK_EGRESS,
        verb="delete" if method == "DELETE" else "post",
        weight=0.15 if local else weight,
        target=address,
        scratch=local,
    )


def curl_action(words: Sequence[str]) -> Action:
    """Judge a ``curl`` command line."""
    method, data, uploads, get = "", False, False, False
    for index, word in enumerate(words[1:], 1):
        following = words[index + 1] if index + 1 < len(words) else ""
        explicit = _CURL_METHOD.match(word)
        if explicit is not None:
            method = (explicit.group(1) or following).upper()
        elif re.match(r"^-[a-zA-Z]*X[A-Z]+$", word):
            method = word.rsplit("X", 1)[1]
        elif _CURL_DATA.match(word):
            data = True
            body = following if "=" not in word and len(word) <= len("--data-urlencode") else word
            uploads = uploads or word.startswith(("-T", "--upload-file", "-F", "--form")) or "@" in body
        elif word in {"-G", "--get", "-I", "--head"}:
            get = True
    method = method or ("GET" if get or not data else "POST")
    address = next((word for word in words[1:] if _ADDRESS.match(word)), "")
    return request_action("GET" if get else method, address, uploads=uploads)


def wget_action(words: Sequence[str]) -> Action:
    """Judge a ``wget`` command line."""
    sends = [word for word in words if word.startswith(("--post-data", "--post-file", "--body-data", "--body-file"))]
    method = next((word.split("=", 1)[1] for word in words if word.startswith("--method=")), "POST" if sends else "GET")
    address = next((word for word in words[1:] if _ADDRESS.match(word)), "")
    return request_action(method, address, uploads=any("file" in word for word in sends))


def httpie_action(words: Sequence[str]) -> Action:
    """Judge a ``http``/``https``/``xh`` command line: data items without a method make it a POST."""
    plain = [word for word in words[1:] if not word.startswith("-")]
    method = plain[0] if plain and plain[0].isupper() and plain[0].isalpha() else ""
    rest = plain[1:] if method else plain
    address = rest[0] if rest else ""
    body = any(re.match(r"^[\w.-]+(?::=|=(?!=)|@)", item) for item in rest[1:])
    return request_action(method or ("POST" if body else "GET"), address, uploads=any("@" in item for item in rest[1:]))
