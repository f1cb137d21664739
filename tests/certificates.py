"""Certificates made for a test: two authorities, a server of the first, a client of each."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Certificates:
    """``ca``, ``other_ca``, ``server`` and ``client`` of ``ca``, ``stranger``: each a ``.pem`` and a ``.key``."""

    directory: Path

    def path(self, name: str) -> str:
        return str(self.directory / name)

    def read(self, name: str) -> bytes:
        return (self.directory / name).read_bytes()


def make_certificates(directory: Path) -> Certificates:
    """Make them with the openssl command; skips the test without it."""
    if shutil.which("openssl") is None:
        pytest.skip("needs the openssl command to make certificates")
    curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    for authority in ("ca", "other_ca"):
        _openssl(
            directory, "req", "-x509", *curve, "-days", "2", "-subj", f"/CN=test {authority}",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign",
            "-keyout", f"{authority}.key", "-out", f"{authority}.pem",
        )  # fmt: skip
    # Python 3.13 checks certificates strictly: they name their authority's key and an authority says what it may sign.
    keys = "authorityKeyIdentifier=keyid\nsubjectKeyIdentifier=hash\n"
    (directory / "server.ext").write_text(f"{keys}subjectAltName=DNS:collector.test,DNS:localhost,IP:127.0.0.1\n")
    (directory / "client.ext").write_text(f"{keys}extendedKeyUsage=clientAuth\n")
    for name, authority, extension in (
        ("server", "ca", "server"),
        ("client", "ca", "client"),
        ("stranger", "other_ca", "client"),
    ):
        _openssl(
            directory, "req", "-new", *curve, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr"
        )  # fmt: skip
        _openssl(
            directory, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key",
            "-CAcreateserial", "-days", "2", "-extfile", f"{extension}.ext", "-out", f"{name}.pem",
        )  # fmt: skip
    return Certificates(directory)


def _openssl(directory: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)
