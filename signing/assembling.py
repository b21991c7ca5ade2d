"""Step 12 of the gate: the octets that were signed become the parts that the application reads, and a name."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from lxml import etree

from envelopes.parts import Parts
from signing import coverage, xades
from signing import gate_rules as rules
from signing.algorithms import EXC_C14N
from signing.elements import PATH
from signing.weak import Tolerance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signing.coverage import Profile
    from signing.proving import Signed
    from signing.signed_info import SignedInfo
    from signing.xades import Properties


def content_of(info: SignedInfo, signed: Sequence[Signed]) -> tuple[Signed, ...]:
    """What was signed of the message, in the order of the references."""
    pairs = zip(info.references, signed, strict=True)
    return tuple(one for reference, one in pairs if reference.role == "content")


def assemble(claimed: Parts, content: Sequence[Signed]) -> Parts:
    """Profile P's parts, each the tree of its own reference; the order was checked in step 9."""
    trees = dict(zip(coverage.covered_parts(claimed), (one.tree for one in content), strict=True))
    for element, tree in trees.items():
        if tree.tag != element.tag or tree.get("Id") != element.get("Id"):
            rules.ALTERED.refuse(PATH, part=str(element.tag))
    return Parts(
        header=trees[claimed.header],
        business=None if claimed.business is None else trees[claimed.business],
        manifest=None if claimed.manifest is None else trees[claimed.manifest],
        traces=claimed.traces,
        attachments=claimed.attachments,
        signature=claimed.signature,
    )


def check_properties(info: SignedInfo, signed: Sequence[Signed], der: bytes) -> Properties | None:
    """What was signed about the signature, which names the certificate (DER) that verified; None for a plain one."""
    for reference, one in zip(info.references, signed, strict=True):
        if reference.role == "properties":
            properties = xades.read_properties(one.tree, Tolerance(weak=bool(info.weak)))
            if properties != info.properties:
                rules.ALTERED.refuse(PATH, part="SignedProperties")
            if not properties.names(der):
                rules.CERTIFICATE_DIFFERS.refuse(f"{PATH}/Object", hashlib.sha256(der).hexdigest())
            return properties
    return None


def identity_of(profile: Profile, info: SignedInfo, content: Sequence[Signed]) -> bytes:
    """The digest of what was signed, in one canonical form, so that no choice of algorithms makes it another.

    XAdES's own references do not count: the same letter signed a minute later, or in the plain form, is the same.
    """
    total = hashlib.sha256(f"{profile}\n".encode())
    for reference, one in zip(info.content, content, strict=True):
        canonical = EXC_C14N in reference.transforms and not reference.prefixes
        plain = one.data if canonical else etree.tostring(one.tree, method="c14n", exclusive=True, with_comments=False)
        total.update(f"{reference.uri}\n{hashlib.sha256(plain).hexdigest()}\n".encode())
    return total.digest()
