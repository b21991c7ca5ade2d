"""TM-37: base64 is strict everywhere, so that two readers of one text cannot get two values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pytest

from tests.signing.people import World
from tests.threats.forms import FORMS, signed_letter
from tests.threats.taking import code_of, take

MUTILATED: Mapping[str, Callable[[str], str]] = {
    "junk in front": lambda text: "!!" + text,
    "junk inside": lambda text: text[:8] + "!!" + text[8:],
    "junk behind": lambda text: text + "!",
    "a character less": lambda text: text[:-1],
    "a character more": lambda text: text + "A",
    "padding too much": lambda text: text + "=",
    "padding inside": lambda text: text[:3] + "=" + text[3:],
    "data behind the padding": lambda text: text.rstrip("=") + "==" + "AAAA",
    "url-safe alphabet": lambda text: text[:4] + "-_-_" + text[8:],
    "no-break space": lambda text: text[:4] + "\u00a0" + text[4:],
    "zero-width space": lambda text: text[:4] + "\u200b" + text[4:],
    "full-width letters": lambda text: "Ａ" + text[1:],
    "nothing": lambda _: "",
}


def values(form: str, element: str) -> list[re.Match[str]]:
    """The texts of all elements of that name in the letter's signature."""
    text = signed_letter(form).decode()
    return list(re.finditer(rf"(?<=<ds:{element}>)[^<]+(?=</ds:{element}>)", text))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", MUTILATED)
@pytest.mark.parametrize("element", ["SignatureValue", "DigestValue", "X509Certificate"])
def test_lax_base64_in_a_signature_is_refused(world: World, form: str, name: str, element: str) -> None:
    file = signed_letter(form).decode()
    assert values(form, element)
    for found in values(form, element):
        changed = MUTILATED[name](found[0].replace("\n", ""))
        assert code_of(world, (file[: found.start()] + changed + file[found.end() :]).encode()) == "signature.malformed"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [name for name in MUTILATED if name != "nothing"])
def test_lax_base64_in_an_attachment_is_refused(world: World, form: str, name: str) -> None:
    file = signed_letter(form).decode()
    start = file.index(">", file.index("ContentTransferEncoded")) + 1
    end = file.index("<", start)
    changed = MUTILATED[name](file[start:end].strip())
    assert code_of(world, (file[:start] + changed + file[end:]).encode()) == "attachment.garbled"


@pytest.mark.parametrize("form", FORMS)
def test_stray_bits_behind_the_last_octet_are_refused(world: World, form: str) -> None:
    """The unused bits of the last character: a lax reader ignores them, so many texts are one value."""
    file = signed_letter(form).decode()
    padded = [found for element in ("SignatureValue", "DigestValue") for found in values(form, element)]
    padded = [found for found in padded if found[0].endswith("=")]
    assert padded
    for found in padded:
        alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        head, tail = found[0].rstrip("="), "=" * found[0].count("=")
        changed = head[:-1] + alphabet[alphabet.index(head[-1]) ^ 1] + tail
        assert code_of(world, (file[: found.start()] + changed + file[found.end() :]).encode()) == "signature.malformed"


@pytest.mark.parametrize("form", FORMS)
def test_line_breaks_are_no_laxness(world: World, form: str) -> None:
    """Every writer breaks its lines somewhere else; XML Schema allows white space between the characters."""
    file = signed_letter(form).decode()
    for found in reversed(values(form, "SignatureValue")):
        file = file[: found.start()] + "\r\n ".join(found[0]) + file[found.end() :]
    assert take(world, file.encode()).verified.identity == take(world, signed_letter(form)).verified.identity
