"""The public key infrastructure of the certificate table (SECURITY 4): a root, authorities below it, one leaf a row.

`python -m tests.signing.pki FOLDER` writes it as PEM files, to be looked at with other tools.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID as Purpose

from signing.authority import Authority
from signing.certificates import Trust
from tests.signing.odd_certificates import certificate, purpose, usage, weakly_signed
from tests.signing.people import NOW

GOOD, HELD = "good", "held"

DAY = timedelta(days=1)
UNKNOWN_EXTENSION = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
SIGNS_CERTIFICATES = usage(key_cert_sign=True, crl_sign=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One certificate with its key, and what must become of it.

    `registered` is the code that registration refuses it with, None when it takes it; `verdict` is that of a
    verification: `GOOD`, `HELD` or a code. `lists` names the revocation lists it is judged by.
    """

    what: str
    key: Any
    der: bytes
    verdict: str
    registered: str | None
    lists: str = "in force"

    @property
    def pem(self) -> bytes:
        """The certificate as other tools want it."""
        return x509.load_der_x509_certificate(self.der).public_bytes(Encoding.PEM)


class Pki:
    """The root with its authorities, made anew each time; `rows` is the table, `trust` what to judge it by."""

    def __init__(self) -> None:
        self.root = Authority.make("Gốc của bảng", now=NOW - 30 * DAY)
        self.authorities: dict[str, Authority] = {}
        self.revoked: list[bytes] = []
        self.rows: list[Row] = []
        self._add_good()
        self._add_bad_leaves()
        self._add_bad_chains()
        self._add_revocation()

    def trust(self, lists: str, **named: Any) -> Trust:
        """The roots, the authorities below, and their revocation lists: `in force`, `none`, `stale` or `foreign`."""
        issuers = [self.root, *self.authorities.values()]
        other = Authority.make("Gốc khác", now=NOW - 30 * DAY)
        crls = {
            "in force": [one.crl(now=NOW, revoked=self.revoked) for one in issuers],
            "none": [],
            "stale": [one.crl(1, now=NOW - 2 * DAY) for one in issuers],
            "foreign": [other.crl(now=NOW)],
        }[lists]
        links = [one.certificate.public_bytes(Encoding.DER) for one in self.authorities.values()]
        return Trust(1, [self.root.certificate.public_bytes(Encoding.DER)], crls, links, **named)

    def save(self, folder: Path) -> None:
        """Write every certificate as PEM, `NN-what.pem`, beside the root and the authorities."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "root.pem").write_bytes(self.root.root_pem)
        for name, authority in self.authorities.items():
            (folder / f"authority-{name.replace(' ', '-')}.pem").write_bytes(authority.root_pem)
        for n, row in enumerate(self.rows):
            (folder / f"{n:02}-{row.what.replace(' ', '-')}-{row.verdict}.pem").write_bytes(row.pem)

    def _authority(self, name: str, above: Authority | None = None, **named: Any) -> Authority:
        """An authority below the root, or below another one, with something changed."""
        key = named.pop("key", None) or ec.generate_private_key(ec.SECP256R1())
        above, weak = above or self.root, named.pop("weak", False)
        add = named.pop("add", ((x509.BasicConstraints(True, 0), True), SIGNS_CERTIFICATES))
        der = certificate(above, key=key, name=name, add=add, **named)
        der = weakly_signed(der, above) if weak else der
        self.authorities[name] = Authority(key, x509.load_der_x509_certificate(der))
        return self.authorities[name]

    def _row(self, what: str, verdict: str, issuer: Authority | None = None, **named: Any) -> Row:
        """A leaf below the root, or below `issuer`; a fault of the leaf itself is found at registration too."""
        key = named.pop("key", None) or ec.generate_private_key(ec.SECP256R1())
        lists, weak, issuer = named.pop("lists", "in force"), named.pop("weak", False), issuer or self.root
        of_chain = named.pop("of_chain", False) or verdict in {GOOD, HELD}
        der = certificate(issuer, key=key, **named)
        der = weakly_signed(der, issuer) if weak else der
        registered = None if of_chain else verdict
        row = Row(what=what, key=key, der=der, verdict=verdict, registered=registered, lists=lists)
        self.rows.append(row)
        return row

    def _add_good(self) -> None:
        issuing = self._authority("CA cấp hai")
        self._row("good", GOOD, issuing)
        self._row("directly under the root", GOOD)
        self._row("another agency", GOOD, issuing, name="H08.30")
        self._row("no authority identifier", GOOD, issuing, drop=(x509.AuthorityKeyIdentifier,))
        self._row("no basic constraints", GOOD, issuing, drop=(x509.BasicConstraints,))
        self._row("P-384", GOOD, issuing, key=ec.generate_private_key(ec.SECP384R1()))
        self._row("P-521", GOOD, issuing, key=ec.generate_private_key(ec.SECP521R1()))
        self._row("RSA-2048", GOOD, issuing, key=rsa.generate_private_key(65537, 2048))
        self._row("non-repudiation only", GOOD, issuing, add=(usage(content_commitment=True),))
        self._row("e-mail protection", GOOD, issuing, add=(purpose(Purpose.EMAIL_PROTECTION),))
        nameless = self._authority("CA without identifier", drop=(x509.AuthorityKeyIdentifier,))
        self._row("authority without identifier", GOOD, nameless)
        constraints = (x509.BasicConstraints(True, 0), False)
        loose = self._authority("CA with constraints not critical", add=(constraints, SIGNS_CERTIFICATES))
        self._row("authority with constraints not critical", GOOD, loose)
        bare = self._authority("CA without usage", drop=(x509.KeyUsage,), add=((x509.BasicConstraints(True, 0), True),))
        self._row("authority without key usage", GOOD, bare)

    def _add_bad_leaves(self) -> None:
        weak, used, purposed = "certificate.key_weak", "certificate.usage", "certificate.purpose"
        issuing = self.authorities["CA cấp hai"]
        self._row("key encipherment only", used, issuing, add=(usage(key_encipherment=True),))
        self._row("no key usage", used, issuing, drop=(x509.KeyUsage,))
        self._row("RSA-1024", weak, issuing, key=rsa.generate_private_key(65537, 1024))
        self._row("RSA with exponent 3", weak, issuing, key=rsa.generate_private_key(3, 2048))
        for curve in (ec.SECP192R1(), ec.SECP224R1(), ec.SECP256K1(), ec.BrainpoolP256R1()):
            self._row(curve.name, weak, issuing, key=ec.generate_private_key(curve))
        self._row("Ed25519", weak, issuing, key=ed25519.Ed25519PrivateKey.generate())
        self._row("signed with SHA-1", "certificate.hash_weak", issuing, weak=True)
        self._row("authority", "certificate.authority", issuing, add=((x509.BasicConstraints(True, None), True),))
        self._row("web server", purposed, issuing, add=(purpose(Purpose.SERVER_AUTH),))
        self._row("code signing", purposed, issuing, add=(purpose(Purpose.CODE_SIGNING),))
        self._row("unknown critical", "certificate.extension", issuing, add=((UNKNOWN_EXTENSION, True),))
        self._row("expired", "certificate.expired", issuing, begin=NOW - 9 * DAY, end=NOW - DAY)
        self._row(
            "not yet valid", "certificate.not_yet_valid", issuing, begin=NOW + DAY, end=NOW + 9 * DAY, of_chain=True
        )

    def _add_bad_chains(self) -> None:
        untrusted = "certificate.untrusted"
        issuing = self.authorities["CA cấp hai"]
        chain: dict[str, Any] = {"of_chain": True}
        leaf = self._row("leaf that issues", GOOD, issuing)
        self.authorities["leaf"] = Authority(leaf.key, x509.load_der_x509_certificate(leaf.der))
        self._row("issued by a leaf", untrusted, self.authorities["leaf"], **chain)
        self._row("path length exceeded", untrusted, self._authority("CA cấp ba", issuing), **chain)
        small = self._authority("CA with RSA-1024", key=rsa.generate_private_key(65537, 1024))
        self._row("RSA-1024 authority", untrusted, small, **chain)
        curved = self._authority("CA on P-192", key=ec.generate_private_key(ec.SECP192R1()))
        self._row("P-192 authority", "certificate.key_weak", curved, **chain)
        hashed = self._authority("CA signed with SHA-1", weak=True)
        self._row("authority signed with SHA-1", untrusted, hashed, **chain)
        ended = self._authority("CA expired", begin=NOW - 20 * DAY, end=NOW - DAY)
        self._row("expired authority", untrusted, ended, **chain)
        powerless = self._authority(
            "CA without certificate signing", add=((x509.BasicConstraints(True, 0), True), usage(crl_sign=True))
        )
        self._row("authority that may not issue", untrusted, powerless, **chain)
        odd = self._authority(
            "CA with unknown critical",
            add=((x509.BasicConstraints(True, 0), True), SIGNS_CERTIFICATES, (UNKNOWN_EXTENSION, True)),
        )
        self._row("authority with unknown critical", untrusted, odd, **chain)
        stranger = Authority.make("Gốc lạ", now=NOW - 30 * DAY)
        self._row("foreign root", untrusted, stranger, **chain)
        forger = Authority(ec.generate_private_key(ec.SECP256R1()), issuing.certificate)
        self._row("forged in the authority's name", untrusted, forger, **chain)

    def _add_revocation(self) -> None:
        issuing = self.authorities["CA cấp hai"]
        revoked = self._row("revoked", "certificate.revoked", issuing, of_chain=True)
        lost = self._authority("CA revoked")
        self._row("revoked authority", "certificate.revoked", lost, of_chain=True)
        self.revoked += [revoked.pem, lost.root_pem]
        self._row("no list", HELD, issuing, lists="none")
        self._row("stale list", HELD, issuing, lists="stale")
        self._row("list of another authority", HELD, issuing, lists="foreign")


if __name__ == "__main__":
    Pki().save(Path(sys.argv[1]))
