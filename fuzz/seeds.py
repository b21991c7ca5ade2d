"""The seed corpus, made from the vectors and by hand: `python -m fuzz.seeds FOLDER` writes it and a dictionary."""

from __future__ import annotations

import io
import re
import sys
import zipfile
from pathlib import Path

VECTORS = Path(__file__).parent.parent / "tests" / "vectors"

LARGEST = 64 * 1024
"""A seed larger than this slows the search more than it helps."""

WORDS = (
    *(
        "<![CDATA[",
        "]]>",
        "<!--",
        "-->",
        "<?xml version='1.0'?>",
        "<!DOCTYPE edXML>",
        "&#13;",
        "&#xA;",
        "&amp;",
        "&lt;",
    ),
    *("xmlns=", "xmlns:a=", "Id=", "lt:sha256=", "lt:size=", "cid:", "N/A", "null", "Mật", "2026/11/20", "13", "03"),
    *("http://www.mic.gov.vn/TBT/QCVN_102_2016", "http://www.w3.org/2000/09/xmldsig#", "urn:lienthong:edxml:1"),
)

NAMES = ("125.pdf", "Công văn số 125.PDF", "../../etc/passwd", "CON.txt", "a\u202efdp.exe", "." * 300, "x" * 300, "")

PLAIN = (
    b"%PDF-1.7\n%%EOF",
    b"\x89PNG\r\n\x1a\n",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"\xef\xbf\xbd" * 50,
    b"text",
    b"",
)


def messages() -> dict[str, bytes]:
    """Every vector that is small enough, by name."""
    files = sorted(VECTORS.glob("*/*.edxml"))
    return {f"{path.parent.name}-{path.name}": path.read_bytes() for path in files if path.stat().st_size <= LARGEST}


def zips() -> dict[str, bytes]:
    """Wrappings as older clients make them, real archives, and what is neither."""
    uuid, made = "1b4e28ba-2fa1-11d2-883f-0016d3cca427", {}
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        for names in ((f"{uuid}.pdf",), (f"{uuid}.pdf", "b.txt"), ("word/document.xml",)):
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w", method) as archive:
                for name in names:
                    archive.writestr(
                        zipfile.ZipInfo(name, (2026, 11, 24, 0, 0, 0)), b"%PDF-1.7\n" + b"125 " * 50, method
                    )
            made[f"zip-{method}-{len(names)}-{len(names[0])}"] = buffer.getvalue()
    plain = (
        b"%PDF-1.7\n%%EOF",
        b"\x89PNG\r\n\x1a\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        b"\xef\xbf\xbd" * 50,
        b"text",
        b"",
    )
    return made | {f"plain-{n}": data for n, data in enumerate(plain)}


def corpus(target: str) -> dict[str, bytes]:
    """The seeds of a target."""
    if target == "packing":
        return zips()
    if target == "naming":
        return {f"name-{n}": name.encode("utf-8", "surrogatepass") for n, name in enumerate(NAMES)}
    return messages()


def dictionary() -> str:
    """Words of edXML for the fuzzer to put in, as libFuzzer reads them."""
    names: set[bytes] = set()
    for data in messages().values():
        names |= set(re.findall(rb"</?[\w:.-]{2,40}>", data))
    words = sorted(names) + [word.encode() for word in WORDS]
    return "".join('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in words)


def write(folder: Path) -> None:
    """Put seeds and dictionary where the fuzzer looks for them."""
    from fuzz.targets import TARGETS

    for target in TARGETS:
        place = folder / target
        place.mkdir(parents=True, exist_ok=True)
        for name, data in corpus(target).items():
            (place / name).write_bytes(data)
    (folder / "edxml.dict").write_text(dictionary(), encoding="ascii")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
