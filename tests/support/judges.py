"""Two judges that share no code with us: Debian's xmlsec1, and the verifier of a Java development kit."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from envelopes.limits import NS, XADES

if TYPE_CHECKING:
    from collections.abc import Sequence

XMLSEC = shutil.which("xmlsec1")
JAVA = shutil.which("java") if shutil.which("javac") else None
"""Only a development kit runs source files; a runtime alone is no judge."""

needs_xmlsec = pytest.mark.skipif(XMLSEC is None, reason="xmlsec1 is not installed (Debian package xmlsec1)")
needs_java = pytest.mark.skipif(JAVA is None, reason="no Java development kit (Debian: openjdk-17-jdk-headless)")

IDENTIFIED = (
    *(f"{NS}:{name}" for name in ("MessageHeader", "Bussiness", "edXMLManifest")),
    f"{XADES}:SignedProperties",
)
"""Elements whose `Id` a reference may name: xmlsec1 knows of none unless told."""

IDENTIFIERS = [argument for name in IDENTIFIED for argument in ("--id-attr:Id", name)]
JUDGE = Path(__file__).with_name("Judge.java")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exhibit:
    """A signed file, and the certificate (PEM) whose key is to have signed it."""

    name: str
    file: bytes
    certificate: bytes


def ask_xmlsec(exhibits: Sequence[Exhibit], folder: Path) -> dict[str, bool]:
    """Which of these xmlsec1 calls valid."""
    assert XMLSEC is not None
    verdicts = {}
    for exhibit, file, certificate in _laid_out(exhibits, folder):
        key = ["--enabled-key-data", "key-name", "--pubkey-cert-pem", str(certificate)]
        command = [XMLSEC, "--verify", *key, *IDENTIFIERS, str(file)]
        done = subprocess.run(command, capture_output=True, check=False, timeout=30)
        verdicts[exhibit.name] = done.returncode == 0
    return verdicts


def ask_java(exhibits: Sequence[Exhibit], folder: Path) -> dict[str, bool]:
    """Which of these the JDK calls valid; one start of it for all, because that takes a second."""
    assert JAVA is not None
    laid_out = _laid_out(exhibits, folder)
    lines = "".join(f"{file}\t{certificate}\n" for _, file, certificate in laid_out)
    command = [JAVA, "-Xshare:auto", str(JUDGE)]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=True, timeout=100)
    said = done.stdout.splitlines()
    return {exhibit.name: verdict == "valid" for (exhibit, _, _), verdict in zip(laid_out, said, strict=True)}


def _laid_out(exhibits: Sequence[Exhibit], folder: Path) -> list[tuple[Exhibit, Path, Path]]:
    found = []
    for n, exhibit in enumerate(exhibits):
        file, certificate = folder / f"{n}.xml", folder / f"{n}.pem"
        file.write_bytes(exhibit.file)
        certificate.write_bytes(exhibit.certificate)
        found.append((exhibit, file, certificate))
    return found
