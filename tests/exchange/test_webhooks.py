"""Setting up webhooks: what is refused before anything is called, who approves, and who sees them."""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Any

import pytest

from envelopes.faults import Refused
from exchange import webhooks
from exchange.certification import Entering
from exchange.endpoint import is_allowed, plain_address
from exchange.webhooks import EVENTS, Wanted, WebhookState
from signing.authority import Authority
from tests.support.world import B, people

if TYPE_CHECKING:
    from storage.database import Database

SYSTEM = f"system.{B}"
URL = "https://hook.h08-30.example/lienthong"


def wanted(**changes: Any) -> Wanted:
    return Wanted(**{"system": SYSTEM, "url": URL, "networks": ("10.20.0.0/16",)} | changes)


@pytest.fixture
async def directory(database: Database) -> Database:
    """A database with agencies A, B and C and their systems."""
    await people(database, Authority.make("Gốc thử"))
    return database


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"url": "http://10.20.0.1/"}, "webhook.plain"),
        ({"url": "ftp://10.20.0.1/"}, "webhook.malformed"),
        ({"url": "file:///etc/passwd", "allow_http": True}, "webhook.malformed"),
        ({"url": "https://user@10.20.0.1/"}, "webhook.malformed"),
        ({"url": "https://10.20.0.1@127.0.0.1/"}, "webhook.malformed"),
        ({"url": "https:///path"}, "webhook.malformed"),
        ({"url": "https://10.20.0.1/#part"}, "webhook.malformed"),
        ({"url": "https://10.20.0.1:99999/"}, "webhook.malformed"),
        ({"url": "https://h08.example/\nX: y"}, "webhook.malformed"),
        ({"url": "https://h08.example/" + "x" * 2000}, "webhook.malformed"),
        ({"networks": ()}, "webhook.network_missing"),
        ({"networks": ("10.20.0.1/16",)}, "webhook.network"),
        ({"networks": ("10.20",)}, "webhook.network"),
        ({"url": "https://10.21.0.1/"}, "webhook.outside"),
        ({"url": "https://127.0.0.1/"}, "webhook.outside"),
        ({"url": "https://[::ffff:127.0.0.1]/"}, "webhook.outside"),
        ({"url": "https://127.0.0.1/", "networks": ("0.0.0.0/0",)}, "webhook.outside"),
        ({"url": "https://169.254.169.254/", "networks": ("0.0.0.0/0",)}, "webhook.outside"),
        ({"ports": (8443,)}, "webhook.outside"),
        ({"events": ("delivery.opened",)}, "webhook.event"),
        ({"authority": "no PEM"}, "webhook.authority"),
        ({"system": "system.nobody"}, "system.unknown"),
    ],
)
async def test_wrong_setting_is_refused_by_name(directory: Database, changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as refused:
        await webhooks.add_webhook(directory, wanted(**changes))
    assert refused.value.faults[0].code == code
    assert await webhooks.list_webhooks(directory) == []


async def test_webhook_says_where_it_may_lead(directory: Database) -> None:
    made = await webhooks.add_webhook(directory, wanted(networks=("10.20.0.0/16", "fd00:20::/32")))
    assert made.row.networks == (ip_network("10.20.0.0/16"), ip_network("fd00:20::/32"))
    assert (made.row.ports, made.row.events, made.row.approved_at is not None) == ((443,), EVENTS, True)
    [listed] = await webhooks.list_webhooks(directory, SYSTEM)
    assert (listed.row, listed.state) == (made.row, WebhookState.ACTIVE)
    assert await webhooks.list_webhooks(directory, "system.H08.31") == []


async def test_same_address_twice_is_refused_until_it_has_ended(directory: Database) -> None:
    made = await webhooks.add_webhook(directory, wanted())
    with pytest.raises(Refused, match=r"webhook\.taken"):
        await webhooks.add_webhook(directory, wanted())
    await webhooks.end_webhook(directory, made.row.id)
    again = await webhooks.add_webhook(directory, wanted())
    assert again.row.id != made.row.id
    with pytest.raises(Refused, match=r"webhook\.unknown"):
        await webhooks.end_webhook(directory, made.row.id)


async def test_second_administrator_puts_it_into_use(directory: Database) -> None:
    with pytest.raises(Refused, match=r"administrator\.needed"):
        await webhooks.add_webhook(directory, wanted(), entering=Entering(two_persons=True))
    made = await webhooks.add_webhook(directory, wanted(), entering=Entering(by="an", two_persons=True))
    [pending] = await webhooks.list_webhooks(directory)
    assert pending.state is WebhookState.PENDING
    with pytest.raises(Refused, match=r"webhook\.pending"):
        await webhooks.test_webhook(directory, made.row.id)
    with pytest.raises(Refused, match=r"approver\.same"):
        await webhooks.approve_webhook(directory, made.row.id, by="an")
    row = await webhooks.approve_webhook(directory, made.row.id, by="bình")
    assert (row.added_by, row.approved_by) == ("an", "bình")
    with pytest.raises(Refused, match=r"webhook\.approved"):
        await webhooks.approve_webhook(directory, made.row.id, by="bình")


@pytest.mark.parametrize(
    ("address", "network", "allowed"),
    [
        ("10.20.3.4", "10.20.0.0/16", True),
        ("10.21.3.4", "10.20.0.0/16", False),
        ("::ffff:10.20.3.4", "10.20.0.0/16", True),
        ("::ffff:127.0.0.1", "10.20.0.0/16", False),
        ("::ffff:127.0.0.1", "::/0", False),
        ("127.0.0.1", "0.0.0.0/0", False),
        ("127.0.0.1", "127.0.0.0/8", True),
        ("::1", "::/0", False),
        ("::1", "::1/128", True),
        ("169.254.169.254", "0.0.0.0/0", False),
        ("169.254.169.254", "169.254.0.0/16", True),
        ("fe80::1%eth0", "::/0", False),
        ("0.0.0.0", "0.0.0.0/0", False),
        ("224.0.0.1", "0.0.0.0/0", False),
        ("203.0.113.9", "0.0.0.0/0", True),
        ("2001:db8::1", "0.0.0.0/0", False),
    ],
)
def test_only_addresses_of_the_networks_are_allowed(address: str, network: str, allowed: bool) -> None:
    assert is_allowed(plain_address(address), [ip_network(network)]) is allowed


def test_address_dressed_up_as_another_is_the_plain_one() -> None:
    assert plain_address("::ffff:7f00:1") == ip_address("127.0.0.1")
