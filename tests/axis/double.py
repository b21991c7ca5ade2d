"""A double of the national Java client, 2.0.0 and 2.0.1, written from the contract with its quirks (axis client).

It keeps every parameter it ever sent, repeats POSTs whose connection broke, writes digests without padding, adds a
CRLF to a file, leaves list connections open, and believes the oddest answers.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.axis.wire import Answer, Connection, NoAnswer

if TYPE_CHECKING:
    from pathlib import Path

PREFIX = "XroadVnpt-"
LEFT_OPEN = {"getAgenciesList", "getAgenciesListQD20", "getSynchronizeUnit", "getReceivedEdocList", "getSentEdocList"}
BODILESS = LEFT_OPEN
NEW_OPERATIONS = {"getAgenciesListQD20", "downloadEdoc", "countReceiveEdoc", "countReceiveStatus"}
"""Only 2.0.1 has these."""


@dataclass(slots=True)
class Result:
    """What the client's caller holds in the hand; every field may be null."""

    status: str | None = None
    code: str | None = None
    description: str | None = None
    doc_id: str | None = None
    data: list[dict[str, Any]] | None = None
    count: int | None = None
    path: Path | None = None
    raw: bytes = b""

    @property
    def ok(self) -> bool:
        return self.status == "OK" and self.code == "0"


@dataclass(slots=True)
class AxisClient:
    """One service object: one system, one secret, one birth time; its parameters only grow."""

    base: str
    system: str
    secret: str
    version: str = "2.0.1"
    retries: int = 2
    parameters: dict[str, str] = field(default_factory=dict)
    open_connections: list[Connection] = field(default_factory=list)
    posts: int = 0
    born: str = field(default_factory=lambda: f"{datetime.now():%d%m%YT%H%M%S}+0196")  # noqa: DTZ005 - local, as there

    # ------------------------------------------------------------------ operations

    async def get_agencies(self) -> Result:
        return self._list(await self._call("getAgenciesList", {}))

    async def get_agencies_qd20(self, level: str) -> Result:
        return self._list(await self._call("getAgenciesListQD20", {"level": level}))

    async def get_units(self) -> Result:
        return self._list(await self._call("getSynchronizeUnit", {}))

    async def register_agency(self, text: str) -> Result:
        return self._plain(await self._call("registerAgency", {}, body=text.encode()))

    async def delete_agency(self, code: str) -> Result:
        return self._plain(await self._call("deleteAgency", {"AgencyCode": code}))

    async def received(self, messagetype: str = "edoc", **more: str) -> Result:
        given = {"messagetype": messagetype, "servicetype": "eDoc"} | more
        return self._list(await self._call("getReceivedEdocList", given))

    async def sent(self, messagetype: str = "edoc", **more: str) -> Result:
        given = {"messagetype": messagetype, "servicetype": "eDoc"} | more
        return self._list(await self._call("getSentEdocList", given))

    async def get(self, doc_id: str, folder: Path, *, spelled: str = "docId") -> Result:
        return self._file(await self._call("getEdoc", {spelled: doc_id, "filePath": str(folder)}), doc_id, folder)

    async def download(self, doc_id: str, folder: Path) -> Result:
        answer = await self._call("downloadEdoc", {"docId": doc_id, "filePath": str(folder)}, method="GET")
        if not answer.body:
            return Result(status="FAIL", code="100", raw=answer.body)
        path = folder / f"{doc_id}.edxml"
        path.write_bytes(answer.body)
        return Result(status="SUCCESS", code="0", path=path, raw=answer.body)

    async def count(self, kind: str = "Edoc") -> Result:
        answer = await self._call(f"countReceive{kind}", {})
        result = self._plain(answer)
        if result.status is not None:
            result.count = int(json.loads(answer.body)["count"])
        return result

    async def update_status(self, doc_id: str, status: str, *, spelled: str = "docid", **more: str) -> Result:
        return self._plain(await self._call("updateStatus", {spelled: doc_id, "status": status} | more))

    async def send(self, file: bytes, sender: str, messagetype: str = "edoc", **more: str) -> Result:
        digest = hashlib.sha256(file).digest()
        given = {"from": sender, "messagetype": messagetype, "servicetype": "eDoc"} | more
        given.setdefault("hash-file", "".join(f"{byte:x}" for byte in digest))
        self.parameters |= given
        head = self._head("sendEdoc", "POST", "application/octet-stream", len(file) + 2, stack="url-connection")
        for last in (False, True):  # the JDK sends the POST again by itself, once
            connection = await Connection.open(self.base)
            try:
                answer = await connection.ask(head, file + b"\r\n")
            except NoAnswer:
                if last:
                    raise
                continue
            finally:
                self.posts += 1
                connection.close()
            return self._sent(answer)
        raise AssertionError

    # ------------------------------------------------------------------ the wire

    async def _call(
        self, operation: str, given: dict[str, str], *, method: str = "POST", body: bytes | None = None
    ) -> Answer:
        assert self.version != "2.0.0" or operation not in NEW_OPERATIONS
        self.parameters |= given
        if body is None:
            body = b"" if operation in BODILESS or method == "GET" else b"{}"
        head = self._head(operation, method, "application/json", len(body), stack="http-client")
        for attempt in range(1, self.retries + 1):
            connection = await Connection.open(self.base)
            self.posts += 1
            try:
                answer = await connection.ask(head, body, expect=bool(body))
            except NoAnswer:
                connection.close()
                if attempt == self.retries:
                    raise
                continue
            if operation in LEFT_OPEN:
                self.open_connections.append(connection)
            else:
                connection.close()
            return answer
        raise AssertionError

    def head_of(self, operation: str, method: str) -> bytes:
        """The head of a call with no body."""
        return self._head(operation, method, "application/json", 0, stack="http-client")

    def _head(self, operation: str, method: str, content_type: str, length: int, *, stack: str) -> bytes:
        url = urlsplit(self.base)
        path = f"{url.path}/{operation}"
        if stack == "http-client":
            path = path.replace("//", "/")
        signed = {f"{PREFIX}systemid": self.system, f"{PREFIX}timestamp": self.born}
        signed |= {f"{PREFIX}{name}": value for name, value in self.parameters.items()}
        signed[f"{PREFIX}Content-Type"] = content_type
        text = json.dumps(signed, ensure_ascii=False, separators=(",", ":"))
        mac = hmac.new(self.secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        single = signed if stack == "http-client" else _one_of_each_case(signed)
        lines = [(f"{method} {path} HTTP/1.1"), f"Host: {url.netloc}", *(f"{n}: {v}" for n, v in single.items())]
        lines += [
            f"Content-Type: {content_type}",
            f"{PREFIX}sign-header-key: {';'.join(name.removeprefix(PREFIX) for name in signed)}",
            f"{PREFIX}sign-header: {text}",
            f"{PREFIX}hash-header: {mac}",
            "User-Agent: JAVASDKAgent/1.0.0 XRoad/VPCP",
            f"{PREFIX}version: 3.0.201608",
        ]
        if method == "POST":
            lines.append(f"Content-Length: {length}")
        if stack == "http-client":
            lines.append("Accept-Encoding: gzip,deflate")
            lines += ["Expect: 100-continue"] if length else []
        else:
            lines += [
                "Cache-Control: no-cache",
                "Pragma: no-cache",
                "Accept: text/html, image/gif, image/jpeg, */*; q=0.2",
            ]
        text = "\r\n".join(lines) + "\r\n\r\n"
        if stack == "http-client":
            return bytes(ord(character) & 0xFF for character in text)  # the low byte of each character
        return text.encode()

    # ------------------------------------------------------------------ reading answers

    def _fields(self, answer: Answer) -> tuple[Result, dict[str, Any]]:
        """The three common fields; one of them missing or null drops everything."""
        try:
            found = json.loads(answer.body.decode("utf-8-sig", errors="replace"))
        except ValueError:
            return Result(raw=answer.body), {}
        names = ("status", "ErrorCode", "ErrorDesc")
        if not isinstance(found, dict) or any(found.get(name) is None for name in names):
            return Result(raw=answer.body), {}
        status, code, description = (str(found[name]) for name in names)
        return Result(status=status, code=code, description=description, raw=answer.body), found

    def _plain(self, answer: Answer) -> Result:
        return self._fields(answer)[0]

    def _list(self, answer: Answer) -> Result:
        if self.version == "2.0.1" and answer.body and not answer.body.lstrip().startswith(b"{"):
            return Result(status="OK", code="0", description="Success", data=[], raw=answer.body)
        result, found = self._fields(answer)
        rows = found.get("data")
        if isinstance(rows, list) and not any(value is None for row in rows for value in row.values()):
            result.data = rows
        return result

    def _sent(self, answer: Answer) -> Result:
        body = answer.body
        if self.version == "2.0.1" and answer.status in (200, 201):
            body = body.decode("ascii", errors="replace").encode()
        result, found = self._fields(Answer(status=answer.status, headers=answer.headers, body=body))
        if found.get("DocId") is None:
            return Result(raw=answer.body)
        result.doc_id = str(found["DocId"])
        return result

    def _file(self, answer: Answer, doc_id: str, folder: Path) -> Result:
        result, found = self._fields(answer)
        if self.version == "2.0.0" and found.get("data") is None:
            return Result(raw=answer.body)
        if result.code == "0" and "/" not in doc_id:
            text = base64.b64decode(found["data"]).decode("utf-8", errors="replace")
            result.path = folder / f"{doc_id}.edxml"
            result.path.write_bytes(text.encode())
        return result

    def close(self) -> None:
        """What garbage collection does, some day."""
        for connection in self.open_connections:
            connection.close()
        self.open_connections.clear()


def _one_of_each_case(signed: dict[str, str]) -> dict[str, str]:
    """HttpURLConnection holds one header of names that differ in case only: the first spelling, the last value."""
    spelled: dict[str, str] = {}
    values: dict[str, str] = {}
    for name, value in signed.items():
        spelled.setdefault(name.lower(), name)
        values[name.lower()] = value
    return {spelled[low]: value for low, value in values.items()}
