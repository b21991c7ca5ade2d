"""Answers of an axis, however they arrive: cut anywhere, fields in any order, escaped as Java libraries do."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exchange.upward.answers import FileReading, Garbled, ListReading
from exchange.upward.line import ParentAway, ParentRefused, ParentUnsure, judge

FILE = bytes(range(256)) * 40
COMMON = '"ErrorDesc":"Thanh cong","ErrorCode":"0","status":"OK"'


def cut(text: bytes, size: int) -> list[bytes]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def file_in(text: str | bytes, *, size: int = 7) -> tuple[bytes, dict[str, object]]:
    reading = FileReading()
    raw = text.encode() if isinstance(text, str) else text
    data = b"".join(reading.feed(chunk) for chunk in cut(raw, size))
    return data, dict(reading.fields())


def rows_in(text: str, *, size: int = 7) -> tuple[list[dict[str, object]], dict[str, object]]:
    reading = ListReading()
    rows = [dict(row) for chunk in cut(text.encode(), size) for row in reading.feed(chunk)]
    return rows, dict(reading.fields())


@pytest.mark.parametrize("size", [1, 2, 3, 5, 64, 10**6])
@pytest.mark.parametrize("form", ['{{"data":"{0}",{1}}}', '{{{1},"data" : "{0}"}}', '\ufeff{{{1},"data":\n"{0}"}}\r\n'])
def test_a_file_is_read_whatever_stands_around_it(form: str, size: int) -> None:
    data, fields = file_in(form.format(base64.b64encode(FILE).decode(), COMMON), size=size)
    assert data == FILE
    judge(fields)


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text.replace("=", "\\u003d").replace("/", "\\/"),
        lambda text: "\\r\\n".join(text[at : at + 76] for at in range(0, len(text), 76)),
        lambda text: text.replace("+", "-").replace("/", "_"),
        lambda text: text.rstrip("="),
    ],
)
def test_a_file_is_read_in_the_spellings_of_other_axes(written: object) -> None:
    text = written(base64.b64encode(FILE[:1000]).decode())  # type: ignore[operator]
    for size in (1, 4, 5, 1000):
        assert file_in(f'{{{COMMON},"data":"{text}"}}', size=size)[0] == FILE[:1000]


@given(st.binary(max_size=300), st.integers(1, 50))
def test_any_file_arrives_cut_anywhere(content: bytes, size: int) -> None:
    text = json.dumps({"data": base64.b64encode(content).decode(), "status": "OK", "ErrorCode": 0, "ErrorDesc": "x"})
    assert file_in(text, size=size)[0] == content


def test_data_named_in_a_text_is_not_the_data() -> None:
    text = r'{"ErrorDesc":"\"data\":\"AAAA","ErrorCode":"0","status":"OK","data":"QUJD"}'
    assert file_in(text) == (b"ABC", {"ErrorDesc": '"data":"AAAA', "ErrorCode": "0", "status": "OK", "data": ""})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>502</html>",
        '{"status":"OK","ErrorCode":"0","data":"QUJD',
        '{"status":"OK","ErrorCode":"0","data":"QUJD"',
        '{"status":"OK","ErrorCode":"0","data":"QU JD"}}',
        '{"status":"OK","ErrorCode":"0","data":"Q!JD"}',
        '{"status":"OK","ErrorCode":"0","data":"QUJD=AAA"}',
        "[1]",
        b'{"status":"\xff"}',
        "x" * 200_000,
    ],
)
def test_what_is_no_whole_answer_gives_no_file(text: str | bytes) -> None:
    with pytest.raises(Garbled):
        file_in(text, size=1000)


@pytest.mark.parametrize("size", [1, 3, 10, 10**6])
def test_rows_come_as_they_arrive(size: int) -> None:
    given_rows = [{"docId": str(n), "from": "H08.02", "text": 'có "dấu" ]['} for n in range(50)]
    text = json.dumps({"status": "OK", "data": given_rows, "ErrorCode": "0", "ErrorDesc": ""})
    rows, fields = rows_in(text, size=size)
    assert rows == given_rows
    judge(fields)


def test_odd_rows_are_left_out_and_empty_lists_are_empty() -> None:
    assert rows_in('{"data":[null, 5, {"docId":"1"}, "x"],"status":"OK","ErrorCode":"0"}')[0] == [{"docId": "1"}]
    assert rows_in('{"data":[],"status":"OK","ErrorCode":"0"}')[0] == []
    assert rows_in('{"status":"FAIL","ErrorCode":"15","ErrorDesc":"Sai"}')[0] == []


@pytest.mark.parametrize("text", ['{"data":[{"docId":"1"}', '{"data":[{"docId":', '{"data":[' + "1" * 100_000, "not"])
def test_half_a_list_is_no_list(text: str) -> None:
    with pytest.raises(Garbled):
        rows_in(text, size=500)


@pytest.mark.parametrize(
    ("fields", "trouble"),
    [
        ({"status": "FAIL", "ErrorCode": "22", "ErrorDesc": "edXML khong dung chuan"}, ParentRefused),
        ({"status": "FAIL", "ErrorCode": 18}, ParentRefused),
        ({"status": "FAIL", "ErrorCode": "15", "ErrorDesc": "Sai SystemId hoac SecretKey"}, ParentAway),
        ({"status": "FAIL", "ErrorCode": "20"}, ParentUnsure),
        ({"status": "FAIL", "ErrorCode": "0"}, ParentUnsure),
        ({"status": "FAIL", "ErrorCode": "777"}, ParentUnsure),
        ({"status": "OK"}, ParentAway),
    ],
)
def test_each_number_says_what_to_do_next(fields: dict[str, object], trouble: type[Exception]) -> None:
    with pytest.raises(trouble):
        judge(fields)
