"""What a run's principal authorised: requests found in the declared scope, the user's words, the system prompt.

Only people authorise. What a tool returned is never read here. A verb counts as a request where it stands as
one ("delete the file", "help me cancel"), not as a noun ("the latest update"), in a question about how a thing
is done, in quoted text or under a negation.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from .actions import Action, Category
from .agent_trace import AgentTrace, Role
from .lexicon import load_lexicon

MAX_TEXT = 40_000
_ECHO_MIN = 6

_MASKED = re.compile(
    r"```(?:[^`]++|`(?!``))*+(?:```|\Z)|`[^`\n]*+`|https?://\S++|\"[^\"\n]{12,400}\"|“[^”\n]{12,400}”|(?<=[\s(])'[^'\n]{3,200}'(?=[\s.,;:!?)]|$)"
)
_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*+")
_BOUNDARY = re.compile(r"[.!?;\n](?:\s|$)|\n|\bbut\b", re.IGNORECASE)
_CLAUSE_START = re.compile(r"(?:^|[.!?:;\n(\[\"“*•>)–—]|(?:^|\s)-|,|\d[.)])\s*$")
_LAST_WORD = re.compile(r"([A-Za-z'’]+)[\s]*$")
_NEGATED = re.compile(
    r"(?:\b(?:not|never|without|cannot|avoid|refrain|nor|no need)\b|n['’]t\b)(?:(?!\b(?:but|then|instead)\b)[^.!?;\n]){0,40}$",
    re.IGNORECASE,
)
_NEGATIONS = ("not", "n't", "n’t", "never", "without", "avoid", "refrain", "nor", "no need")
_EXPLAINS = re.compile(
    r"^\W*(?:(?:please|can|could|would|you|kindly|also|and|so|hi|hello|hey)\W+)*(?:how\b|what\b|why\b|when\b|where\b|who\b|which\b|explain\b|describe\b"
    r"|(?:tell|show|teach|remind)\s+me\s+(?:how|what|why|about)\b|is\b|are\b|does\b|did\b|do\s+(?:i|we|you)\b|has\b|have\s+(?:i|we|you)\b|was\b|were\b)",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"(?:^|[.!?\n,]\s*)(?:what|who|when|where|which|why|how|is|are|does|did|do|has|have|was)\b[^!?\n]{0,300}\?",
    re.IGNORECASE,
)
_PASSIVE_LEFT = re.compile(
    r"\b(?:to be|should be|must be|needs? to be|be|get|getting|have|having|want|wants|need|needs|like|see)\b[^.!?\n]{0,60}$",
    re.IGNORECASE,
)
_CAPABILITY = re.compile(
    r"\b(?:you (?:can|may|could|are able to|have (?:the ability|access|tools))|able to|capable of|helps? (?:users?|customers?|people)|allowed to)\b[^.!?\n]{0,80}$",
    re.IGNORECASE,
)
_VERB_LEFT = frozenset(
    "to please and then or you we i me us let's lets just also now next first finally kindly simply must should can could will would shall help go "
    "either afterwards instead again immediately quickly directly automatically users user customers customer they i'd i'll we'll you'll "
    "subsequently additionally lastly second third otherwise so never-mind it".split()
)  # fmt: skip
_FINITE = frozenset({"been", "was", "were", "is", "are", "has", "had", "the", "a"})
_ING_LEFT = frozenset(
    "help with by for start keep and in of to consider try me or mind about after before while require involves need needs is task".split()
)
_TELLING = frozenset("tell let report ask write respond reply give talk send show inform remind alert notify".split())
_TO_ME = re.compile(r"\s+(?:back\s+)?(?:to\s+)?(?:me|us)\b", re.IGNORECASE)
_PRIVILEGE = re.compile(r"\s+(?:\S+\s+)?(?:priority|access|permission|rights)\b", re.IGNORECASE)
_GIVES_BACK = re.compile(r"\b(?:i|we|help me|want(?:s)? to|like to|need to|can|could)\s+$", re.IGNORECASE)
_PROBLEM = re.compile(
    r"\b(?:bugs?|errors?|issues?:|crash(?:es|ed)?|broken|fail(?:s|ing|ed|ure)?|doesn['’]t work|not working|traceback|exception|typo)\b",
    re.IGNORECASE,
)
_MACHINE = re.compile(
    r"\b(?:cron(?:tab)?|systemd|daemon|startup|boot|firewall|iptables|hosts file|ssh|sudo|docker|containers?|kubernetes|clusters?|servers?|machine"
    r"|infrastructure|permissions?|privileges?|root|nginx|vm|network|dns|ports?|runner|production|staging)\b|/etc/",
    re.IGNORECASE,
)
_REPOSITORY = re.compile(
    r"\b(?:git|gitlab|github|bitbucket|repo|repository|repositories|branch|pull request|merge request|upstream|commits?)\b",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?:\w+://)?(?:[^@/\s]+@)?([\w.-]{4,}\.\w+)")
_MONEY = re.compile(
    r"[$€£¥]\s?\d|\b\d[\d.,]*\s?(?:dollars?|euros?|usd|eur|btc|eth|ether|pounds?|bucks)\b|\b(?:money|funds|payment)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Verb:
    intents: tuple[str, ...]
    form: str  # base, ing or past
    lemma: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What was asked for.

    Attributes:
        intents: Requests that were found; ``read`` among them when something is to be looked up or told.
        lemmas: Base forms of all verbs of the people's words that stand as requests.
        mentioned: Base forms of the verbs that occur at all, unless negated.
        prohibited: Categories that were forbidden in so many words.
        text: The people's words, lower case.
    """

    intents: frozenset[str]
    lemmas: frozenset[str]
    mentioned: frozenset[str]
    prohibited: frozenset[Category]
    text: str

    @property
    def reads_only(self) -> bool:
        """Whether something was asked for and all of it is looking, telling or computing."""
        return bool(self.intents) and self.intents <= {"read", "compute"}

    def grants(self, action: Action, quote: str) -> bool:
        """Whether the words cover ``action``, which the arguments show as ``quote``."""
        if action.category in self.prohibited:
            return False
        limits = _limits()
        allowed = max((limits[intent].get(action.category, 0.0) for intent in self.intents), default=0.0)
        if action.scratch and allowed >= 0.1:
            allowed = max(allowed, 0.65)
        if "force" in self.text and action.category is Category.VCS_WRITE and allowed >= 0.6:
            allowed = 1.0
        if action.category is Category.PAYMENT and "send" in self.intents and _MONEY.search(self.text):
            allowed = 1.0
        if not self.reads_only and self.intents:
            allowed = max(allowed, _topic_limit(action, self.text))
        if action.category is Category.FILE_WRITE and _PROBLEM.search(self.text):
            allowed = max(allowed, 0.3)
        return "broad" in self.intents or allowed >= action.weight or self._echoes(action, quote)

    def _echoes(self, action: Action, quote: str) -> bool:
        quoted = quote.strip().lower()
        if len(quoted) >= _ECHO_MIN and " " in quoted and not action.in_name and quoted in self.text:
            return True
        command = " ".join(quoted.split()[:2])
        if not action.in_name and " " in command and len(command) >= _ECHO_MIN and command in self.text:
            return action.weight <= 0.7
        if not action.in_name:
            return False
        if quoted in self.text and len(quoted) > 8:
            return True
        named = {Category.RECORD_WRITE, Category.DEVICE_CONTROL, Category.ADMIN, Category.PAYMENT}
        if action.verb in self.lemmas and action.category in named | {Category.INFRA_CHANGE}:
            return action.category is not Category.PAYMENT or action.verb != "send"
        return (
            action.category in named
            and action.verb in self.mentioned
            and action.verb not in {"set", "add", "make", "share", "give"}
        )


def _topic_limit(action: Action, text: str) -> float:
    """What a request that changes something covers by what it is about: machines, repositories, a named host."""
    category = action.category
    if category in {Category.INFRA_CHANGE, Category.ADMIN, Category.FILE_DESTROY} and _MACHINE.search(text):
        return {Category.INFRA_CHANGE: 0.75, Category.ADMIN: 0.85}.get(category, 0.5)
    if category is Category.VCS_WRITE and _REPOSITORY.search(text):
        return 0.6
    if category is Category.NETWORK_EGRESS:
        host = _HOST.match(action.target)
        return 0.75 if host is not None and host.group(1).lower() in text else 0.0
    return 0.0


def read_scope(trace: AgentTrace) -> Scope | None:
    """Read what the people behind ``trace`` asked for; ``None`` when none of their words is known.

    A declared scope stands alone; without one the user's texts, what the user agreed to, and the instructions of
    the system prompt count.
    """
    if trace.declared_scope is not None:
        return scope_of(trace.declared_scope)
    texts = _user_texts(trace)
    if not texts and not trace.system_prompt:
        return None
    return scope_of("\n".join(texts), trace.system_prompt or "")


def read_request(trace: AgentTrace) -> Scope | None:
    """Read what the user asked for, the operator's instructions left out; ``None`` when no request is known."""
    if trace.declared_scope is not None:
        return scope_of(trace.declared_scope)
    texts = _user_texts(trace)
    return scope_of("\n".join(texts)) if texts else None


def _user_texts(trace: AgentTrace) -> list[str]:
    texts: list[str] = []
    confirm = load_lexicon("scope")
    proposal = ""
    for message in trace.messages:
        if message.role is Role.ASSISTANT:
            proposal = message.text
        elif message.role is Role.USER:
            if proposal and any(hit.group == "confirm" for hit in confirm.occurring(message.text[:200])):
                # "Yes, go ahead" authorises what was proposed.
                texts.append(proposal[-4000:])
            texts.append(message.text)
    if trace.input and trace.input not in texts:
        texts.append(trace.input)
    return texts


def scope_of(text: str, system_prompt: str = "") -> Scope:
    """Read the requests in the people's ``text`` and the instructions of a ``system_prompt``."""
    text = text if len(text) <= MAX_TEXT else text[: MAX_TEXT // 2] + "\n" + text[-MAX_TEXT // 2 :]
    masked = _mask(text)
    intents, lemmas, mentioned = _requests(masked, system=False)
    if system_prompt:
        ordered, commanded, _ = _requests(_mask(system_prompt[:MAX_TEXT]), system=True)
        intents |= ordered - {"read"}
        lemmas |= commanded
    groups = {entry.group for entry in load_lexicon("scope").occurring(f"{masked}\n{system_prompt[:MAX_TEXT]}")}
    if "broad" in groups:
        intents.add("broad")
    if "need" in groups:
        intents.add("transact")
    if _QUESTION.search(masked):
        intents.add("read")
    prohibited = {Category(group.removeprefix("prohibit_")) for group in groups if group.startswith("prohibit_")}
    if "nothing" in groups:
        prohibited |= {Category.FILE_DESTROY, Category.DATABASE_WRITE, Category.VCS_WRITE, Category.INFRA_CHANGE}
    return Scope(frozenset(intents), frozenset(lemmas), frozenset(mentioned), frozenset(prohibited), text.lower())


def _mask(text: str) -> str:
    return _MASKED.sub(lambda match: " " * len(match.group()), text)


def _requests(text: str, *, system: bool) -> tuple[set[str], set[str], set[str]]:
    verbs = _verbs()
    intents: set[str] = set()
    lemmas: set[str] = set()
    mentioned: set[str] = set()
    for match in _WORD.finditer(text):
        verb = verbs.get(match.group().lower())
        if verb is None:
            continue
        left = text[max(0, match.start() - 160) : match.start()]
        clause = _BOUNDARY.split(left)[-1]
        if _negated(clause):
            continue
        mentioned.add(verb.lemma)
        if _stands_as_request(verb, left, clause, system=system):
            lemmas.add(verb.lemma)
            intents.update(_meant(verb, left, text[match.end() : match.end() + 40]))
    return intents, lemmas, mentioned


def _negated(clause: str) -> bool:
    # The plain search first: most clauses hold no such letters, and the pattern is anchored at the end.
    lowered = clause.lower()
    return any(word in lowered for word in _NEGATIONS) and _NEGATED.search(clause) is not None


def _meant(verb: _Verb, left: str, right: str) -> tuple[str, ...]:
    if verb.lemma in _TELLING and _TO_ME.match(right):
        return ("read",)
    if verb.lemma == "return":
        # Goods are returned by people ("I want to return"); "format it and return the name" is an answer.
        return ("transact",) if _GIVES_BACK.search(left) else ("read",)
    if verb.lemma == "give" and _PRIVILEGE.match(right):
        return ("admin", "act")
    return verb.intents


def _stands_as_request(verb: _Verb, left: str, clause: str, *, system: bool) -> bool:
    last = _LAST_WORD.search(left[-30:])
    word = last.group(1).lower().replace("’", "'") if last else ""
    if verb.form == "base":
        stands = word in _VERB_LEFT or _CLAUSE_START.search(left[-6:]) is not None
    elif verb.form == "ing":
        stands = word in _ING_LEFT
    else:
        stands = word not in _FINITE and _PASSIVE_LEFT.search(clause[-90:]) is not None
    if not stands or (system and _CAPABILITY.search(clause)):
        return False
    return verb.intents == ("read",) or _EXPLAINS.search(clause) is None


@cache
def _tables() -> dict[str, dict[str, object]]:
    text = files(__package__ or "detectors").joinpath("actions", "requests.toml").read_text("utf-8")
    return tomllib.loads(text)


@cache
def _limits() -> dict[str, dict[Category, float]]:
    limits: dict[str, dict[Category, float]] = {"broad": {}}
    for intent, table in _tables().items():
        allows = table.get("allows", {})
        assert isinstance(allows, dict)
        limits[intent] = {Category(str(name)): float(str(weight)) for name, weight in allows.items()}
    return limits


@cache
def _verbs() -> dict[str, _Verb]:
    collected: dict[str, dict[str, list[tuple[str, str]]]] = {}
    for intent, table in _tables().items():
        for key in ("verbs", "other"):
            words = table[key]
            assert isinstance(words, list)
            for lemma in (str(word) for word in words):
                forms = _forms(lemma) if key == "verbs" else {lemma: "past"}
                for form, kind in forms.items():
                    collected.setdefault(form, {}).setdefault(kind, []).append((lemma, intent))
    verbs: dict[str, _Verb] = {}
    for form, kinds in collected.items():
        # "set" is a base form and a past: the base form asks for something.
        kind = next(kind for kind in ("base", "past", "ing") if kind in kinds)
        found = kinds[kind]
        verbs[form] = _Verb(tuple(dict.fromkeys(intent for _, intent in found)), kind, found[0][0])
    return verbs


def _forms(lemma: str) -> dict[str, str]:
    stem = lemma.removesuffix("e")
    doubled = lemma + lemma[-1] if re.search(r"[^aeiou][aeiou][bdgkmnprt]$", lemma) and len(lemma) <= 6 else ""
    past = lemma[:-1] + "ied" if lemma.endswith("y") and lemma[-2:-1] not in "aeiou" else stem + "ed"
    forms = {stem + "ing": "ing", past: "past", lemma: "base"}
    if doubled:
        forms |= {doubled + "ing": "ing", doubled + "ed": "past"}
    if lemma == "cancel":
        forms |= {"cancelling": "ing", "cancelled": "past"}
    forms[lemma] = "base"
    return forms
