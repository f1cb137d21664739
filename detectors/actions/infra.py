"""What cloud, container, cluster and service command lines do."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .taxonomy import Action, Category

_READ_VERB = re.compile(
    r"^(?:get|list|ls|describe|show|view|status|logs?|top|explain|diff|plan|validate|output|"
    r"version|versions|info|inspect|ps"
    r"|images|stats|history|search|lookup|events|api-resources|cluster-info|config|head|wait|fmt|graph|template|lint"
    r"|is-active|is-enabled|cat|list-\S+|get-\S+|describe-\S+|head-\S+|show-\S+|batch-get-\S+|"
    r"query|scan|filter-\S+|port-forward"
    r"|tail|whoami|help|state|providers|env|repo|preview|stack|auth|port|top|rollout-status|"
    r"can-i|man|check|doctor|list-units)$"
)
_DESTROY_VERB = re.compile(
    r"^(?:delete|destroy|terminate|rm|rmi|rb|remove|prune|purge|uninstall|down|kill|evict|apps:destroy|drop)$"
    r"|^(?:delete|terminate|remove|deregister|purge|detach)-"
)
_CLOUD = frozenset(
    {"aws", "gcloud", "az", "gsutil", "bq", "doctl", "oci", "ibmcloud", "linode-cli", "hcloud", "azcopy", "s3cmd"}
)
_CLUSTER = frozenset({"kubectl", "oc", "k", "helm", "kustomize", "eksctl", "kops", "istioctl", "argocd",
    "flux", "nomad", "consul",
                      "minikube", "kind", "k3s", "crictl"})  # fmt: skip
_PROVISION = frozenset({"terraform", "tofu", "terragrunt", "pulumi", "ansible", "ansible-playbook", "cdk",
    "sam", "serverless", "sls",
                        "chef-client", "puppet", "salt", "packer", "vagrant", "cloudformation"})  # fmt: skip
_HOSTING = frozenset({"heroku", "fly", "flyctl", "vercel", "netlify", "railway", "wrangler", "firebase", "eb",
    "cf", "surge", "render",
                      "amplify", "dokku", "cap", "fab", "skaffold"})  # fmt: skip
_CONTAINER = frozenset({"docker", "podman", "nerdctl", "docker-compose", "podman-compose"})
_SERVICE = frozenset({"systemctl", "service", "supervisorctl", "pm2", "initctl", "rc-service", "launchctl",
    "nginx", "apachectl",
                      "svcadm"})  # fmt: skip
_RIGHTS = re.compile(
    r"^(?:cluster)?role(?:binding)?s?(?:/|$)|^serviceaccounts?(?:/|$)|^(?:authorize|revoke)-security-group|-(?:acl|bucket-policy)$"
    r"|(?:add|set)-iam-policy|^(?:attach|put|detach|create)-[\w-]*policy$|^create-access-key$|^add-permission$|^role$|^allUsers$"
    r"|public-read|^create-(?:user|login-profile)$|^add-user-to-group$|0\.0\.0\.0/0"
)
_EVERYBODY = re.compile(
    r"0\.0\.0\.0/0|::/0|public-read|allUsers|allAuthenticatedUsers|cluster-admin|AdministratorAccess"
)
PROGRAMS = _CLOUD | _CLUSTER | _PROVISION | _HOSTING | _CONTAINER | _SERVICE


def infra_action(words: Sequence[str]) -> Action:
    """Name what the command line of one of ``PROGRAMS`` does."""
    program = words[0]
    plain = _plain(words[1:])
    if {"--help", "--version", "--dry-run", "--dry-run=client", "--dry-run=server", "--check"} & set(
        words
    ) or not plain:
        bare = program in {"vercel", "ansible-playbook"} and not {"--help", "--version"} & set(words)
        return _change("deploy", 0.5) if bare and program == "vercel" else _read(program)
    rights = _rights(words)
    if rights is not None:
        return rights
    if program in _CONTAINER:
        return _container(program, plain)
    if program in _SERVICE:
        return _service(program, words, plain)
    if program in _CLOUD:
        return _cloud(program, words, plain)
    if program == "ansible-playbook":
        return _change("deploy", 0.6)
    return _by_verb(plain)


def _rights(words: Sequence[str]) -> Action | None:
    """Read a command line of a cloud or a cluster that gives rights: roles, policies, keys. Graver: to everybody."""
    if any(_READ_VERB.match(word) for word in words[1:4]) or not any(_RIGHTS.search(word) for word in words[1:]):
        return None
    public = any(_EVERYBODY.search(word) for word in words)
    return Action(category=Category.ADMIN, verb="grant", weight=0.85 if public else 0.7)


def _by_verb(plain: Sequence[str]) -> Action:
    verb = plain[0]
    if (
        verb
        in {"rollout", "state", "workspace", "repo", "apps", "config", "secrets", "releases", "pods", "stack", "auth"}
        and len(plain) > 1
    ):
        verb = plain[1]
    if verb in {"exec", "run", "console", "ssh", "attach", "debug", "cp"}:
        return Action(category=Category.EXECUTE, verb=verb)
    if _READ_VERB.match(verb):
        return _read(verb)
    if _DESTROY_VERB.match(verb):
        return _change("delete", 1.0 if verb == "destroy" else 0.8)
    if verb in {"init", "install", "get", "login", "use-context"}:
        return _change(verb, 0.15 if verb != "install" else 0.5)
    return _change(
        "deploy" if verb in {"apply", "up", "deploy", "push", "publish", "release", "sync", "upgrade"} else verb, 0.5
    )


def _container(program: str, plain: Sequence[str]) -> Action:
    verb = plain[0]
    if verb in {"compose", "container", "image", "volume", "network", "system"} and len(plain) > 1:
        verb = plain[1]
    if _READ_VERB.match(verb):
        return _read(verb)
    if verb in {"exec", "run", "start", "build", "pull", "tag", "create", "cp", "commit", "save", "load", "buildx"}:
        return Action(category=Category.BUILD if verb == "build" else Category.EXECUTE, verb=verb)
    if verb == "push":
        return Action(category=Category.NETWORK_EGRESS, verb="push", weight=0.5)
    if verb in {"up", "restart", "stop", "login"}:
        return _change("start" if verb == "up" else verb, 0.3)
    if _DESTROY_VERB.match(verb):
        return _change("delete", 0.4 if verb == "down" or program.endswith("compose") else 0.5)
    return _change(verb, 0.3)


def _service(program: str, words: Sequence[str], plain: Sequence[str]) -> Action:
    verb = plain[1] if program in {"service", "rc-service"} and len(plain) > 1 else plain[0]
    if program == "nginx":
        return _change("reload", 0.4) if "-s" in words else _read("nginx")
    if _READ_VERB.match(verb) or verb in {"-t", "configtest", "show-environment", "cat"}:
        return _read(verb)
    return _change(verb, 0.7 if verb in {"stop", "disable", "mask", "delete", "poweroff", "reboot", "halt"} else 0.5)


def _cloud(program: str, words: Sequence[str], plain: Sequence[str]) -> Action:
    if program in {"gsutil", "azcopy", "s3cmd"} or plain[:1] == ["s3"] or plain[:1] == ["storage"]:
        return _storage(words, plain[1:] if plain[0] in {"s3", "storage"} else plain)
    if plain[0] == "iam" and not any(_READ_VERB.match(word) for word in plain[1:3]):
        return Action(category=Category.ADMIN, verb=plain[1] if len(plain) > 1 else "iam", weight=0.7)
    candidates = plain[:5]
    if any(_DESTROY_VERB.match(word) for word in candidates):
        return _change("delete", 0.9)
    if any(_READ_VERB.match(word) for word in candidates):
        return _read(candidates[-1])
    if plain[0] in {"configure", "auth", "login", "sso", "sts"}:
        return _read(plain[0])
    return _change(next((word for word in candidates[1:] if "-" in word), candidates[-1]), 0.5)


def _storage(words: Sequence[str], plain: Sequence[str]) -> Action:
    verb = next(
        (
            word
            for word in plain
            if re.match(r"^(?:cp|mv|sync|rsync|rm|rb|mb|ls|cat|stat|du|copy|upload|put|get)$", word)
        ),
        "",
    )
    if verb in {"rm", "rb"}:
        return _change("delete", 0.9 if {"--recursive", "-r", "--force"} & set(words) else 0.6)
    if verb in {"cp", "mv", "sync", "rsync", "copy", "upload", "put"}:
        remote = re.compile(r"^(?:s3|gs|https?|az)://")
        if remote.match(plain[-1]):
            return Action(category=Category.NETWORK_EGRESS, verb="upload", weight=0.5, target=plain[-1])
        return Action(category=Category.FILE_WRITE, verb="download", weight=0.05)
    return _change("create", 0.4) if verb == "mb" else _read(verb or "storage")


def _plain(words: Sequence[str]) -> list[str]:
    plain: list[str] = []
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word in {
            "-n",
            "--namespace",
            "--context",
            "--region",
            "--profile",
            "--project",
            "-f",
            "-p",
            "--chdir",
            "-H",
            "--host",
        }:
            skip = True
        elif not word.startswith("-"):
            plain.append(word)
    return plain


def _read(verb: str) -> Action:
    return Action(category=Category.READ, verb=verb)


def _change(verb: str, weight: float) -> Action:
    return Action(category=Category.INFRA_CHANGE, verb=verb, weight=weight)
