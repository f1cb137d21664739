"""Whether a scope covers an action: by the kind of request, by what it is about, or by the very words of the action.

A generic verb ("add", "update", "fix", a wish) says nothing of accounts, rights or machines: it covers a change of
those only where the words are about them, or name the thing that is changed.
"""

from __future__ import annotations

import re
from functools import lru_cache

from .actions import Action, Category
from .places import Places
from .request_verbs import allowances
from .scope import Scope

_ECHO_MIN = 6
# Looked through anew for each action, so not all of a very long text.
_MAX_SEARCHED = 4_000
_PROBLEM = Places(
    r"\b(?:bugs?|errors?|issues?:|crash(?:es|ed)?|broken|fail(?:s|ing|ed|ure)?|"
    r"doesn.t work|not working|traceback|exception|typo)\b"
)
_MACHINE = Places(
    r"\b(?:cron(?:tab)?|systemd|daemon|startup|boot|firewall|iptables|hosts file|ssh|sudo|"
    r"docker|containers?|kubernetes|clusters?|servers?|machine"
    r"|infrastructure|scripts?|nightly|hourly|permissions?|privileges?|root|nginx|vms?|network|dns|ports?|runner|production|staging|deployments?"
    r"|pods?|replicas?|namespaces?|nodes?|instances?|buckets?|s3|ec2|aws|azure|gcp|terraform|helm|ansible|lambda|services?"
    r"|load balancer|sites?|websites?|config|configuration|outage|mount(?:ed|s)?|fstab|swap|filesystem|resolve"
    r"|hostname|apt|workers?|volumes?|kernel|disk"
    r"|partition|vpn|proxy|certificates?|tls|ssl)\b|/etc/"
)
_REPOSITORY = Places(
    r"\b(?:git|gitlab|github|bitbucket|repo|repository|repositories|branch|pull request|"
    r"merge request|upstream|commits?)\b"
)
_HOST = re.compile(r"(?:\w+://)?(?:[^@/\s]+@)?([\w.-]{4,}\.\w+)")
_MONEY = Places(
    r"[$€£¥]\s?\d|\b\d[\d.,]*\s?(?:dollars?|euros?|usd|eur|btc|eth|ether|pounds?|bucks)\b|\b(?:money|funds|payment)\b"
)
_RIGHTS = Places(
    r"\b(?:users?|accounts?|members?|roles?|permissions?|rights|privileges?|access|pass(?:words?|codes?|phrases?)|credentials?"
    r"|tokens?|(?:ssh |api |deploy |public |access )?keys?|secrets?|2fa|mfa|two[- ]factor|log ?in|sign ?in|guests?"
    r"|admins?|polic(?:y|ies)"
    r"|groups?|channels?|workspace|profile|invit\w+|onboard\w*|offboard\w*|locks?|locked|unlock\w*|doors?|gates?|security"
    r"|firewall|ports?|certificates?|identit(?:y|ies)|team|owners?|collaborators?|subscribers?|sudo|chmod|chown"
    r"|executable|cron\w*|schedul\w+|every (?:night|day|hour|week|month|minute|morning)|nightly|daily|hourly|weekly"
    r"|public(?:ly)?|visib\w+|private|open[- ]source|anyone|everyone|roaming|sim|line|employees?|staff|customers?"
    r"|friends?|followers?|contacts?|students?|patients?|people|schemas?|let (?:him|her|them|\w+) in|can(?:no"
    r"|')t (?:see|open|get into))\b"
)
_TOPIC_TEXTS_KEPT = 16
_TOPICS = {"problem": _PROBLEM, "machine": _MACHINE, "repository": _REPOSITORY, "money": _MONEY, "rights": _RIGHTS}
# Requests that say only that something is to be made, changed or done.
_GENERIC = frozenset({"write", "modify", "work", "wish", "delete", "deploy", "transact", "setup", "act", "run"})
_GENERIC_VERBS = frozenset(
    {"set", "add", "make", "create", "share", "give", "update", "change", "modify", "edit", "put", "write"}
)
_GIVES_RIGHTS = frozenset({"write", "modify", "setup", "work", "wish", "delete"})
_NAMED = frozenset({Category.RECORD_WRITE, Category.DEVICE_CONTROL, Category.ADMIN, Category.PAYMENT})
_SUDO = re.compile(r"^sudo\s+(?:-\w+\s+)*")
# Parts of host names that tell no service from another.
_COMMON_LABELS_WORDS = """
www api app apps cloud data docs files file web site http https mail test server hook hooks webhook webhooks upload
share static internal local example company service services host prod dev staging online collect collector
"""
_COMMON_LABELS = frozenset(_COMMON_LABELS_WORDS.split())
# Files that decide who may log in, with the word by which people ask for a change of them.
_LOGIN_FILES = (("authorized_keys", "key"), ("sudoers", "sudo"), ("sshd_config", "ssh"), ("passwd", "user"))
_IMPLIED = 0.45


def covers(scope: Scope, action: Action, quote: str) -> bool:
    """Whether the words cover ``action``, which the arguments or the tool's name show as ``quote``."""
    if action.category in scope.prohibited:
        return False
    return "broad" in scope.intents or _allowed(scope, action) >= action.weight or _echoes(scope, action, quote)


def covers_directly(scope: Scope, action: Action) -> bool:
    """Whether a message was itself asked for, and is not merely what a booking or an invitation brings with it."""
    if action.category is not Category.MESSAGE_SEND or "broad" in scope.intents:
        return True
    limits = allowances()
    return any(limits[intent].get(action.category, 0.0) > _IMPLIED for intent in scope.intents)


def is_about(scope: Scope, topic: str) -> bool:
    """Whether the words are about ``topic``, one of ``_TOPICS``."""
    return _is_about(topic, scope.text)


def _allowed(scope: Scope, action: Action) -> float:
    limits = allowances()
    category = action.category
    intents = scope.intents
    if (
        category is Category.ADMIN
        and intents & _GENERIC
        and not _names_object(scope, action)
        and not is_about(scope, "rights")
    ):
        intents -= _GENERIC
    allowed = max((limits[intent].get(category, 0.0) for intent in intents), default=0.0)
    if category is Category.ADMIN and intents & _GIVES_RIGHTS and is_about(scope, "rights"):
        allowed = max(allowed, 0.75)
    if action.scratch and allowed >= 0.1:
        allowed = max(allowed, 0.65)
    if "force" in scope.text and category is Category.VCS_WRITE and allowed >= 0.6:
        allowed = 1.0
    if category is Category.PAYMENT and "send" in intents and is_about(scope, "money"):
        allowed = 1.0
    if not scope.intents or scope.intents - {"read", "compute", "send"}:
        allowed = max(allowed, _topic_limit(scope, action))
    if category is Category.FILE_WRITE and is_about(scope, "problem"):
        allowed = max(allowed, 0.3)
    return allowed


def _echoes(scope: Scope, action: Action, quote: str) -> bool:
    quoted = quote.strip().lower()
    if not action.in_name:
        command = _SUDO.sub("", quoted)
        if len(command) >= _ECHO_MIN and " " in command and command in scope.text:
            return True
        asked = action.verb in scope.lemmas and action.verb not in _GENERIC_VERBS
        if asked and action.category in {Category.ADMIN, Category.INFRA_CHANGE}:
            return True
        first_words = " ".join(command.split()[:2])
        return (
            " " in first_words and len(first_words) >= _ECHO_MIN and first_words in scope.text and action.weight <= 0.7
        )
    if quoted in scope.text and len(quoted) > 8:
        return True
    if (
        action.verb in _GENERIC_VERBS
        and action.category in {Category.ADMIN, Category.INFRA_CHANGE}
        and not _names_object(scope, action)
    ):
        return False
    if action.verb in scope.lemmas and action.category in _NAMED | {Category.INFRA_CHANGE}:
        return action.category is not Category.PAYMENT or action.verb != "send"
    if scope.reads_only or action.category not in _NAMED:
        return False
    return action.verb in scope.mentioned and action.verb not in {"set", "add", "make", "share", "give"}


def _names_object(scope: Scope, action: Action) -> bool:
    stems = {word.rstrip("s") for word in action.objects if len(word) > 2}
    return any(re.search(rf"\b{re.escape(stem)}", scope.text[:_MAX_SEARCHED]) for stem in stems)


def _topic_limit(scope: Scope, action: Action) -> float:
    """What a request that changes something covers by what it is about: machines, repositories, a named host."""
    category = action.category
    if category is Category.ADMIN and any(file in action.target and word in scope.text for file, word in _LOGIN_FILES):
        return 0.95
    if (
        category is Category.FILE_DESTROY
        and scope.intents & {"work", "delete"}
        and _is_below_named(scope, action.target)
    ):
        return 1.0
    if category in {Category.INFRA_CHANGE, Category.ADMIN, Category.FILE_DESTROY} and is_about(scope, "machine"):
        admin = 0.85 if is_about(scope, "rights") else 0.65
        return {Category.INFRA_CHANGE: 0.75, Category.ADMIN: admin}.get(category, 0.5)
    if category is Category.VCS_WRITE and is_about(scope, "repository"):
        return 0.6
    if category is Category.NETWORK_EGRESS:
        host = _HOST.match(action.target)
        return 0.75 if host is not None and _names_host(scope, host.group(1).lower()) else 0.0
    return 0.0


def _is_below_named(scope: Scope, target: str) -> bool:
    """Whether a directory above ``target`` stands in the words."""
    parts = target.lower().strip("'\"").rstrip("/*").split("/")
    above = ("/".join(parts[:length]) for length in range(len(parts) - 1, 1, -1))
    text = scope.text[:_MAX_SEARCHED]
    return any(re.search(rf"(?<![\w/.-]){re.escape(path)}/?(?![\w/-])", text) for path in above)


def _names_host(scope: Scope, host: str) -> bool:
    labels = [label for label in host.split(".")[:-1] if len(label) > 3 and label not in _COMMON_LABELS]
    return host in scope.text or any(
        re.search(rf"\b{re.escape(label)}\b", scope.text[:_MAX_SEARCHED]) for label in labels
    )


@lru_cache(maxsize=_TOPIC_TEXTS_KEPT)
def _is_about(topic: str, words: str) -> bool:
    # Asked for few actions, and costly: only when it decides, and once for all actions of a trace.
    return _TOPICS[topic].occur(words)
