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

WHOLE_TRANSFORMS = ((ENVELOPED,), (ENVELOPED, EXC_C14N), (ENVELOPED, C14N))
"""Profile W: exactly one of these lists, in this order."""

PART_TRANSFORMS = ((EXC_C14N,),)
"""Profile P."""

MAX_PREFIXES = 16
"""Prefixes an InclusiveNamespaces may list."""
