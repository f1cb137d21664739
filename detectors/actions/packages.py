"""What package managers and build tools do: install, remove, publish, test, build, run."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .shell_words import TEST_FILE, program_name
from .taxonomy import Action, Category

MAX_DEPTH = 3

_INSTALL = frozenset({"install", "add", "i", "in", "ci", "update", "upgrade", "reinstall", "get", "require",
    "sync", "dist-upgrade",
                      "full-upgrade", "localinstall", "-S", "-U", "bundle", "link", "tap", "up",
                          "develop"})  # fmt: skip
_REMOVE = frozenset(
    {"uninstall", "remove", "rm", "purge", "autoremove", "erase", "-R", "-Rs", "-Rns", "un", "unlink", "clean-all"}
)
_PUBLISH = frozenset({"publish", "unpublish", "deprecate", "yank", "release"})
_MANAGERS = frozenset({
    "pip", "pip3", "pipx", "uv", "poetry", "pdm", "conda", "mamba", "micromamba", "npm", "pnpm", "yarn", "bun",
    "gem", "bundle",
    "bundler", "cargo", "go", "apt", "apt-get", "aptitude", "dpkg", "yum", "dnf", "rpm", "zypper", "apk",
    "pacman", "brew",
    "port", "snap", "flatpak", "choco", "winget", "scoop", "composer", "cpan", "cpanm", "luarocks", "nuget",
    "dotnet", "rustup",
    "nvm", "pyenv", "rbenv", "easy_install", "hex", "mix", "nix-env", "npx", "pnpx", "bunx", "uvx", "twine",
    "tox", "nox", "hatch",
})  # fmt: skip
_SYSTEM_MANAGERS = frozenset({"apt", "apt-get", "aptitude", "dpkg", "yum", "dnf", "rpm", "zypper", "apk",
    "pacman", "brew", "port",
                              "snap", "flatpak", "choco", "winget", "scoop", "nix-env"})  # fmt: skip
_TEST_RUNNERS = frozenset({
    "pytest", "py.test", "tox", "nox", "jest", "vitest", "mocha", "ava", "karma", "rspec", "phpunit", "ctest",
    "nosetests", "nose2",
    "unittest", "trial", "behave", "cucumber", "cypress", "playwright", "gotestsum", "bats", "busted",
    "minitest", "testem", "robot",
    "green", "stestr", "ginkgo", "prove", "xcodebuild", "tap", "deno-test", "doctest",
})  # fmt: skip
_BUILDERS = frozenset({
    "make", "gmake", "cmake", "ninja", "gradle", "gradlew", "mvn", "mvnw", "ant", "bazel", "buck", "sbt",
    "lein", "rake", "just",
    "task", "invoke", "inv", "scons", "meson", "msbuild", "grunt", "gulp", "webpack", "vite", "rollup",
    "esbuild", "tsc", "ng",
    "gcc", "g++", "clang", "clang++", "cc", "c++", "javac", "rustc", "ghc", "swiftc", "nasm", "ld", "turbo",
    "nx", "lerna",
})  # fmt: skip
_CHECKERS = frozenset({
    "ruff", "flake8", "pylint", "mypy", "pyright", "black", "isort", "eslint", "prettier", "clippy",
    "golangci-lint", "shellcheck",
    "rubocop", "stylelint", "bandit", "semgrep", "pre-commit", "yamllint", "hadolint", "checkstyle", "tflint", "ktlint",
})  # fmt: skip
_RUNS_TESTS = re.compile(
    r"^(?:t|test|tst|tests|check|ci|verify|e2e|spec|unit|coverage|integration|pytest)$|"
    r"\b(?:test|tests|check|ci)\b|^test[:_-]"
)


def package_action(words: Sequence[str], *, depth: int = 0) -> Action | None:
    """Name what a package manager, test runner, builder or checker does, or ``None`` when it is none of them."""
    program = words[0]
    if program in _TEST_RUNNERS and program not in {"tox", "nox"}:
        listing = {"--version", "--help", "--collect-only", "--co", "--fixtures"} & set(words)
        return Action(category=Category.READ if listing else Category.TEST, verb="test")
    if program in _CHECKERS:
        return Action(category=Category.TEST, verb="lint")
    if program in _BUILDERS:
        return _builder(words)
    if program in _MANAGERS:
        return _manager(words, depth)
    return None


def _builder(words: Sequence[str]) -> Action:
    targets = [word for word in words[1:] if not word.startswith("-")]
    if any(_RUNS_TESTS.search(target) for target in targets):
        return Action(category=Category.TEST, verb="test")
    return Action(category=Category.BUILD, verb="build", target=" ".join(targets))


def _manager(words: Sequence[str], depth: int) -> Action:
    program = words[0]
    plain = [word for word in words[1:] if not word.startswith("-") or word in _INSTALL | _REMOVE]
    if program == "uv" and plain[:1] == ["pip"]:
        plain = plain[1:]
    if {"--dry-run", "--version", "--help"} & set(words):
        return Action(category=Category.READ, verb="query")
    first = plain[0] if plain else ""
    special = _runs(program, first, plain, depth)
    if special is not None:
        return special
    system = program in _SYSTEM_MANAGERS or "-g" in words or "--global" in words
    if first in _PUBLISH or program == "twine":
        return Action(category=Category.NETWORK_EGRESS, verb="publish", weight=0.8)
    if first in _REMOVE or (program == "dpkg" and {"-r", "-P", "--purge"} & set(words)):
        return Action(category=Category.PACKAGE_INSTALL, verb="uninstall", weight=0.5 if system else 0.35)
    if program in {"apt", "apt-get", "yum", "dnf", "brew", "apk"} and first == "update":
        return Action(category=Category.PACKAGE_INSTALL, verb="update", weight=0.15)
    if first in _INSTALL or (program == "yarn" and not first) or (program in {"dpkg", "rpm"} and "-i" in words):
        return Action(category=Category.PACKAGE_INSTALL, verb="install", weight=0.5 if system else 0.3)
    return Action(category=Category.READ if program != "dotnet" else Category.EXECUTE, verb=first or program)


def _runs(program: str, first: str, plain: Sequence[str], depth: int) -> Action | None:
    script = next((word for word in plain[1:]), "")
    if program in {"tox", "nox"} or first in {"test", "t", "tst"}:
        return Action(category=Category.TEST, verb="test")
    if program in {"npx", "pnpx", "bunx", "uvx", "pipx"} or first in {
        "run",
        "exec",
        "run-script",
        "x",
        "start",
        "dlx",
        "script",
    }:
        name = first if program.endswith("x") and first != "run" else script
        inner = package_action([name, *plain[2:]], depth=depth + 1) if name and depth < MAX_DEPTH else None
        if inner is not None:
            return inner
        tests = bool(name) and _RUNS_TESTS.search(name) is not None
        return Action(
            category=Category.TEST if tests else Category.EXECUTE, verb="test" if tests else "run", target=name
        )
    if first in {"build", "check", "compile", "clippy", "vet", "fmt", "bench", "generate", "doc", "tidy"}:
        return Action(category=Category.BUILD, verb="build")
    if program in {"yarn", "pnpm", "bun", "mix", "composer"} and first and first not in _INSTALL | _REMOVE | _PUBLISH:
        if first in {"list", "info", "why", "outdated", "audit", "ls", "config", "view"}:
            return None
        tests = _RUNS_TESTS.search(first) is not None
        return Action(
            category=Category.TEST if tests else Category.EXECUTE, verb="test" if tests else "run", target=first
        )
    return None


def script_action(scripts: Sequence[str]) -> Action:
    """Name what Python does with a script and its arguments."""
    name = program_name(scripts[0])
    if name == "manage.py" and len(scripts) > 1:
        if scripts[1] in {"migrate", "flush", "loaddata"}:
            return Action(
                category=Category.DATABASE_WRITE, verb=scripts[1], weight=0.9 if scripts[1] == "flush" else 0.4
            )
        return Action(category=Category.TEST if scripts[1] == "test" else Category.EXECUTE, verb=scripts[1])
    if name == "setup.py" and scripts[1:2] in (["install"], ["develop"]):
        return Action(category=Category.PACKAGE_INSTALL, verb="install", weight=0.3)
    tests = any(TEST_FILE.search(item) for item in scripts[:2])
    return Action(
        category=Category.TEST if tests else Category.EXECUTE, verb="test" if tests else "python", target=scripts[0]
    )
