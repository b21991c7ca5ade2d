"""Signatures of notices: the vector that the standard's own libraries are tested with, secrets, what is signed."""

from __future__ import annotations

import base64
import hmac
import re
from pathlib import Path

from exchange.webhook_signing import new_webhook_secret, signed_headers

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
PUBLISHED = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
ID, SECONDS, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'


def test_signature_is_the_one_the_standard_publishes() -> None:
    headers = signed_headers([SECRET], notice=ID, seconds=SECONDS, body=BODY)
    assert headers == {"webhook-id": ID, "webhook-timestamp": str(SECONDS), "webhook-signature": PUBLISHED}


def test_each_secret_signs() -> None:
    other = new_webhook_secret()
    both = signed_headers([other, SECRET], notice=ID, seconds=SECONDS, body=BODY)["webhook-signature"].split(" ")
    assert both[1] == PUBLISHED
    assert both[0] == signed_headers([other], notice=ID, seconds=SECONDS, body=BODY)["webhook-signature"] != PUBLISHED


def test_id_time_and_body_are_each_signed() -> None:
    changed = [
        signed_headers([SECRET], notice=ID + "x", seconds=SECONDS, body=BODY),
        signed_headers([SECRET], notice=ID, seconds=SECONDS + 1, body=BODY),
        signed_headers([SECRET], notice=ID, seconds=SECONDS, body=BODY + b" "),
    ]
    assert len({one["webhook-signature"] for one in changed} | {PUBLISHED}) == 4


def test_secret_is_256_random_bits_in_the_standard_form() -> None:
    first, second = new_webhook_secret(), new_webhook_secret()
    assert first != second
    assert first.startswith("whsec_")
    assert len(base64.b64decode(first.removeprefix("whsec_"), validate=True)) == 32


def test_example_for_integrators_is_checked_by_the_code_beside_it() -> None:
    page = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")
    blocks = dict(re.findall(r"```(http|python)\n(.*?)\n```", page, flags=re.DOTALL))
    head, _, body = blocks["http"].partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.split("\n")[1:])
    [secret] = re.findall(r"`(whsec_[^`]+)`", page)
    known = {"base64": base64, "hmac": hmac, "headers": headers, "body": body.encode(), "secret": secret}
    code = compile(blocks["python"], "docs/webhooks.md", "exec")
    exec(code, known)
    assert known["genuine"] is True
    headers["webhook-timestamp"] += "0"
    exec(code, known)
    assert known["genuine"] is False
