"""The hop on the copies that axis clients get: one TraceHeader more, and nothing else altered (conformance C16)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from envelopes.dom import parse
from envelopes.limits import MAX_TRACES, NS
from envelopes.tracing import Insertion, trace_of
from signing import gate
from signing.places import cut, find_places
from tests.axis.double import AxisClient
from tests.support.world import A, B, secret_of, world_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.support.world import World

NODE = "00.08.W00"
AT = datetime(2026, 11, 25, 1, 2, 3, tzinfo=UTC)
TRACE = f'<TraceHeader xmlns="{NS}"><OrganId>{NODE}</OrganId><Timestamp>2026/11/25 08:02:03</Timestamp></TraceHeader>'


def _file(traces: str) -> bytes:
    head = f"<e:MessageHeader><e:Subject>Ấ</e:Subject></e:MessageHeader>{traces}"
    inside = f"<e:edXMLEnvelope><e:edXMLHeader>{head}</e:edXMLHeader></e:edXMLEnvelope>"
    return f'<edXML xmlns="{NS}" xmlns:e="{NS}">{inside}</edXML>'.encode()


@pytest.mark.parametrize(
    ("traces", "expected"),
    [
        ("", f'<TraceHeaderList xmlns="{NS}">{TRACE}</TraceHeaderList>'),
        ("<e:TraceHeaderList></e:TraceHeaderList>", f"<e:TraceHeaderList>{TRACE}</e:TraceHeaderList>"),
        ('<e:TraceHeaderList id="1"/>', f'<e:TraceHeaderList id="1">{TRACE}</e:TraceHeaderList>'),
        (
            "<e:TraceHeaderList><e:TraceHeader/><e:Bussiness/></e:TraceHeaderList>",
            f"<e:TraceHeaderList><e:TraceHeader/><e:Bussiness/>{TRACE}</e:TraceHeaderList>",
        ),
    ],
)
def test_the_hop_stands_behind_all_others(traces: str, expected: str) -> None:
    file = _file(traces)
    trace = trace_of(file, NODE, AT)
    assert trace is not None
    made = trace.within(0, file)
    assert made == _file(expected)
    assert len(made) == len(file) + trace.grown
    parse(made)


def test_a_file_with_as_many_hops_as_may_be_gets_none() -> None:
    assert (
        trace_of(_file(f"<e:TraceHeaderList>{'<e:TraceHeader/>' * MAX_TRACES}</e:TraceHeaderList>"), NODE, AT) is None
    )


@given(st.binary(min_size=1, max_size=40), st.integers(0, 40), st.binary(max_size=9))
def test_an_insertion_puts_its_text_in_once(file: bytes, byte: int, text: bytes) -> None:
    byte = min(byte, len(file) - 1)
    made = Insertion(byte=byte, text=text).within(0, file)
    assert made == file[:byte] + text + file[byte:]


@pytest.fixture
async def world(dsn: str, tmp_path: Path) -> AsyncIterator[World]:
    async with world_of(dsn, tmp_path, node_code=NODE) as made:
        yield made


@pytest.mark.parametrize("size", [10, 500_000])
async def test_a_copy_with_the_hop_still_verifies(world: World, tmp_path: Path, size: int) -> None:
    attachment = world.attachment("to.pdf", b"%PDF-1.4\n" + b"x" * size)
    file = world.envelope(world.document(A, B), attachment).read_bytes()
    a, b = (AxisClient(world.url, f"system.{code}", secret_of(code)) for code in (A, B))
    assert (await a.send(file, A)).ok
    [row] = (await b.received()).data or []
    got = await b.get(row["docId"], tmp_path)
    assert got.path is not None
    copy = got.path.read_bytes()
    loaded = await b.download(row["docId"], tmp_path)
    assert loaded.raw == copy
    start = copy.index(b'<TraceHeader xmlns="')
    end = copy.index(b"</TraceHeader>", start) + len(b"</TraceHeader>")
    assert NODE.encode() in copy[start:end]
    assert copy[:start] + copy[end:] == file
    skeleton = cut(copy, find_places(copy).contents)
    der = world.actors[A].signer.certificate_der
    assert gate.attribute(gate.inspect(skeleton), candidates=[der], at=datetime.now(UTC))
    b.close()


async def test_the_native_door_hands_out_the_file_as_submitted(world: World, tmp_path: Path) -> None:
    file = world.envelope(world.document(A, B)).read_bytes()
    a = AxisClient(world.url, f"system.{A}", secret_of(A))
    assert (await a.send(file, A)).ok
    async with world.client(B) as client:
        [one] = (await client.inbox()).deliveries
        target = tmp_path / "got.edxml"
        await client.fetch_envelope(one.id, target)
    assert target.read_bytes() == file
