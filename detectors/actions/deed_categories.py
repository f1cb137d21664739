"""Which category a verb and what it is done to make: the verb's group decides, and where it does not, the object."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from .taxonomy import Category

_MAKES_WORDS = """
create add write make save store generate copy upload import put clone touch record log append insert note attach
"""
_MAKES = frozenset(_MAKES_WORDS.split())
# Controls that protect: to switch one off is to change who may do what.
_GUARDS_WORDS = """
fa mfa factor otp totp authentication firewall encryption audit antivirus protection guard quarantine captcha
sandbox verification alerts cctv
"""
_GUARDS = frozenset(_GUARDS_WORDS.split())
PREPOSITIONS = frozenset({"to", "from", "in", "on", "for", "by", "with", "of", "into", "at"})
_PARTICULARS_WORDS = """
address addresses info information profile details preference preferences name phone email data avatar picture bio
status contact record language timezone notes
"""
_PARTICULARS = frozenset(_PARTICULARS_WORDS.split())


@cache
def _objects() -> dict[str, str]:
    tables = tomllib.loads(files(__package__ or "detectors.actions").joinpath("verbs.toml").read_text("utf-8"))
    return {word: kind for kind, words in tables["objects"].items() for word in words}


def category_of(group: str, verb: str, objects: tuple[str, ...], weight: float) -> tuple[Category, float]:
    """Name the category of ``verb``, of the group ``group`` of ``verbs.toml``, done to ``objects``, and its weight.

    ``weight`` is that of the group.
    """
    # "user_address" is an address, "user_to_channel" a member: neither changes who may do what.
    if group in {"change", "admin"} and objects and {"user", "users", "customer", "member"} & set(objects[:2]):
        stop = next((index for index, word in enumerate(objects) if word in PREPOSITIONS and index), len(objects))
        if objects[stop - 1] in _PARTICULARS or (
            verb == "add" and {"channel", "event", "group", "list"} & set(objects[stop:])
        ):
            return Category.RECORD_WRITE, 0.4
    if verb in {"follow", "unfollow", "befriend", "unfriend", "like", "rate", "subscribe", "unsubscribe"}:
        return Category.RECORD_WRITE, weight
    if verb == "open" and {
        "door",
        "doors",
        "gate",
        "gates",
        "garage",
        "window",
        "windows",
        "valve",
        "lock",
        "blinds",
    } & set(objects):
        return Category.DEVICE_CONTROL, 0.4
    if verb in {"lock", "unlock"} and {"sim", "phone", "line", "screen", "card", "device", "tablet"} & set(objects):
        return Category.DEVICE_CONTROL, 0.4
    if verb in {
        "disable",
        "deactivate",
        "remove",
        "delete",
        "reset",
        "bypass",
        "turn",
        "switch",
        "stop",
    } and _GUARDS & set(objects):
        return Category.ADMIN, 0.7
    if group == "infra" and {"device", "phone", "router", "modem", "tablet", "tv", "car", "robot"} & set(objects):
        return Category.DEVICE_CONTROL, 0.4
    kinds = [_objects()[word] for word in objects if word in _objects()]
    if group == "read":
        return (Category.TEST if verb in {"test", "lint"} else Category.READ), 0.0
    if group == "run":
        tests = any(word in {"test", "tests", "pytest", "unittest", "testsuite"} for word in objects)
        return (Category.TEST if tests else Category.BUILD if verb in {"build", "compile"} else Category.EXECUTE), 0.0
    if kinds and kinds[-1] == "control" and group in {"change", "send"}:
        return Category.CONTROL, 0.0
    fixed = {
        "pay": Category.PAYMENT,
        "admin": Category.ADMIN,
        "infra": Category.INFRA_CHANGE,
        "install": Category.PACKAGE_INSTALL,
        "version": Category.VCS_WRITE,
        "device": Category.DEVICE_CONTROL,
    }.get(group)
    if fixed is not None:
        return fixed, weight
    return _by_object(group, verb, kinds, weight)


def _by_object(group: str, verb: str, kinds: list[str], weight: float) -> tuple[Category, float]:
    kind = kinds[0] if kinds else ""
    if group == "send":
        if "money" in kinds:
            return Category.PAYMENT, 0.6
        return (
            Category.MESSAGE_SEND if not kinds or "message" in kinds or verb != "send" else Category.RECORD_WRITE
        ), weight
    destroy = group == "destroy"
    if kind == "file":
        # Making a file takes nothing away; changing or moving one does.
        return (Category.FILE_DESTROY, 0.4) if destroy else (Category.FILE_WRITE, 0.1 if verb in _MAKES else 0.2)
    found = {
        "database": (Category.DATABASE_WRITE, 0.8 if destroy else 0.4),
        "infra": (Category.INFRA_CHANGE, 0.8 if destroy else 0.5),
        "admin": (Category.ADMIN, 0.6 if destroy else 0.5),
        "version": (Category.VCS_WRITE, 0.6 if destroy else 0.4),
        "device": (Category.DEVICE_CONTROL, 0.4),
    }.get(kind)
    if found is not None:
        return found
    if not destroy and kind == "message" and verb in {"create", "add", "make"}:
        return Category.MESSAGE_SEND, 0.4
    if not destroy and "money" in kinds:
        return Category.PAYMENT, 0.5
    return Category.RECORD_WRITE, weight
