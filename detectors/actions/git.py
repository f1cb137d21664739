"""What a git or forge (gh, glab, hub) command line does."""

from __future__ import annotations

from collections.abc import Sequence

from .taxonomy import Action, Category

_GLOBAL_WITH_VALUE = frozenset({"-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path"})
_LOCAL = {
    "add": 0.05, "stage": 0.05, "stash": 0.1, "mv": 0.1, "checkout": 0.05, "switch": 0.05, "restore": 0.35,
    "apply": 0.1, "clone": 0.05, "init": 0.05, "pull": 0.15, "fetch": 0.0, "submodule": 0.05, "worktree": 0.05,
    "notes": 0.05, "config": 0.1, "am": 0.25, "lfs": 0.05, "sparse-checkout": 0.05, "bisect": 0.05,
}  # fmt: skip
_HISTORY = {
    "commit": 0.3, "merge": 0.35, "rebase": 0.4, "cherry-pick": 0.35, "revert": 0.35, "tag": 0.3, "filter-branch": 0.9,
    "filter-repo": 0.9, "update-ref": 0.5, "send-email": 0.5, "gc": 0.1, "prune": 0.4, "replace": 0.4,
}  # fmt: skip
_FORGE_READ = frozenset(
    {"view", "list", "status", "diff", "checks", "checkout", "browse", "search", "download", "watch", "clone"}
)
_FORGE = {
    "merge": 0.6, "create": 0.4, "close": 0.4, "reopen": 0.35, "delete": 0.9, "edit": 0.35, "comment": 0.35,
    "review": 0.35, "ready": 0.3, "fork": 0.3, "sync": 0.35, "rename": 0.5, "archive": 0.6, "upload": 0.45,
    "run": 0.45, "rerun": 0.35, "cancel": 0.35, "set": 0.5, "lock": 0.4, "transfer": 0.8, "add": 0.4, "remove": 0.5,
}  # fmt: skip


def git_action(words: Sequence[str]) -> Action:
    """Name what ``git ARGUMENTS`` does; ``words`` starts with the program."""
    rest = _after_globals(words[1:])
    if not rest:
        return Action(category=Category.READ, verb="git")
    verb, options = rest[0], list(rest[1:])
    if "--dry-run" in options or (verb in {"push", "add", "clean", "commit"} and "-n" in options and verb != "commit"):
        return Action(category=Category.READ, verb=verb)
    special = _special(verb, options)
    if special is not None:
        return special
    if verb in _HISTORY:
        return _history(verb, options)
    if verb in _LOCAL:
        if verb == "stash" and options[:1] in (["list"], ["show"]):
            return Action(category=Category.READ, verb=verb)
        if verb == "config" and _reads_config(options):
            return Action(category=Category.READ, verb=verb)
        return Action(category=Category.FILE_WRITE, verb=verb, weight=_LOCAL[verb])
    return Action(category=Category.READ, verb=verb)


def _special(verb: str, options: list[str]) -> Action | None:
    if verb == "push":
        force = any(item in {"-f", "--force", "--mirror"} or item.startswith("--force-with-lease") for item in options)
        force = force or any(item.startswith("+") for item in options)
        delete = any(item in {"-d", "--delete"} or item.startswith(":") for item in options)
        return Action(category=Category.VCS_WRITE, verb="push", weight=0.9 if force or delete else 0.5)
    if verb == "reset":
        if "--hard" in options:
            return Action(category=Category.FILE_DESTROY, verb="reset", weight=0.6)
        return Action(category=Category.VCS_WRITE, verb="reset", weight=0.25)
    if verb == "clean":
        return Action(category=Category.FILE_DESTROY, verb="clean", weight=0.6)
    if verb == "rm":
        weight = 0.2 if "--cached" in options else 0.5
        return Action(category=Category.FILE_DESTROY, verb="delete", weight=weight)
    if verb == "checkout" and ("--" in options or "." in options):
        return Action(category=Category.FILE_DESTROY, verb="checkout", weight=0.4)
    if verb == "branch":
        if any(item in {"-D", "-d", "--delete"} for item in options):
            return Action(category=Category.VCS_WRITE, verb="delete", weight=0.5)
        names = [item for item in options if not item.startswith("-")]
        weight = 0.05 if names and not {"-a", "-r", "--list", "-v", "-vv", "--contains"} & set(options) else 0.0
        return Action(category=Category.FILE_WRITE if weight else Category.READ, verb="branch", weight=weight)
    if verb == "remote" and options[:1] in (["add"], ["set-url"], ["remove"], ["rm"], ["rename"]):
        return Action(category=Category.VCS_WRITE, verb="remote", weight=0.4)
    return None


def _history(verb: str, options: list[str]) -> Action:
    names = [item for item in options if not item.startswith("-")]
    if verb == "tag" and (not names or {"-l", "--list"} & set(options)):
        return Action(category=Category.READ, verb="tag")
    weight = _HISTORY[verb] + (0.1 if "--amend" in options else 0.0)
    return Action(category=Category.VCS_WRITE, verb=verb, weight=weight)


def _reads_config(options: list[str]) -> bool:
    names = [item for item in options if not item.startswith("-")]
    return len(names) < 2 or bool({"--get", "--list", "-l", "--get-all"} & set(options))


def _after_globals(words: Sequence[str]) -> Sequence[str]:
    index = 0
    while index < len(words) and words[index].startswith("-"):
        index += 2 if words[index] in _GLOBAL_WITH_VALUE else 1
    return words[index:]


def forge_action(words: Sequence[str]) -> Action:
    """Name what ``gh``/``glab`` arguments do; ``gh api`` goes by its HTTP method."""
    plain = [word for word in words[1:] if not word.startswith("-")]
    if plain[:1] == ["api"]:
        return _forge_api(words)
    group, verb = [*plain, "", ""][:2]
    if group in {"auth", "secret", "ssh-key", "variable", "config"} and verb in {
        "set",
        "add",
        "delete",
        "login",
        "remove",
    }:
        return Action(category=Category.ADMIN, verb=verb, weight=0.5)
    if verb in _FORGE_READ or verb not in _FORGE:
        return Action(category=Category.READ, verb=verb or group)
    return Action(category=Category.VCS_WRITE, verb=verb, weight=_FORGE[verb], objects=(group,))


def _forge_api(words: Sequence[str]) -> Action:
    method = "GET"
    for index, word in enumerate(words):
        if word in {"-X", "--method"} and index + 1 < len(words):
            method = words[index + 1].upper()
        elif word.startswith(("-f", "-F", "--field", "--raw-field", "--input")) and method == "GET":
            method = "POST"
    if method == "GET" or "graphql" in words:
        return Action(category=Category.READ, verb="api")
    return Action(category=Category.VCS_WRITE, verb=method.lower(), weight=0.8 if method == "DELETE" else 0.5)
