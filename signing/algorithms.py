"""The allow-lists of SECURITY 1.3: what is not written here is refused."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

EXC_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
C14N11 = "http://www.w3.org/2006/12/xml-c14n11"
ENVELOPED = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"

CANONICALIZATIONS = frozenset({EXC_C14N, C14N, C14N11})
"""For SignedInfo; none of them `#WithComments`."""

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_PSS = "http://www.w3.org/2007/05/xmldsig-more#"

SIGNATURE_METHODS = frozenset(
    {_MORE + f"{kind}-sha{bits}" for kind in ("rsa", "ecdsa") for bits in (256, 384, 512)}
    | {_PSS + f"sha{bits}-rsa-MGF1" for bits in (256, 384, 512)}
)

DIGEST_SIZES: Mapping[str, int] = MappingProxyType(
    {
        "http://www.w3.org/2001/04/xmlenc#sha256": 32,
        "http://www.w3.org/2001/04/xmldsig-more#sha384": 48,
        "http://www.w3.org/2001/04/xmlenc#sha512": 64,
    }
)
"""Digest methods of references, with the bytes their values have."""

WEAK_SIGNATURE_METHODS = frozenset({"http://www.w3.org/2000/09/xmldsig#rsa-sha1"})
WEAK_DIGEST_SIZES: Mapping[str, int] = MappingProxyType({"http://www.w3.org/2000/09/xmldsig#sha1": 20})
"""What the field signs with (edXML section 8): for listed systems until a date, see `signing.weak`."""

MISSPELT_EXC_C14N = "http://www.w3.org/TR/xml-exc-c14n#"
"""How the field's samples name exclusive canonicalisation; no library knows it (decision 0018)."""

WHOLE_TRANSFORMS = ((ENVELOPED,), (ENVELOPED, EXC_C14N), (ENVELOPED, C14N))
"""Profile W: exactly one of these lists, in this order."""

WEAK_WHOLE_TRANSFORMS = ((ENVELOPED, MISSPELT_EXC_C14N),)
"""Profile W of a system that may sign weakly, besides."""

PART_TRANSFORMS = ((EXC_C14N,),)
"""Profile P."""

PROPERTY_TRANSFORMS = ((), (EXC_C14N,), (C14N11,))
"""The references that XAdES adds: SignedProperties and KeyInfo. None at all means c14n 1.0 (XML-DSig 4.4.3.2)."""

MAX_PREFIXES = 16
"""Prefixes an InclusiveNamespaces may list."""
