"""The desk's sessions: the cookie holds a random token, the table holds everything else under the token's SHA-256."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import warnings
from typing import TYPE_CHECKING

from aiohttp import web
from aiohttp_session import AbstractStorage, Session, SessionData

from storage import sessions

if TYPE_CHECKING:
    from storage.database import Database

warnings.filterwarnings("ignore", category=web.NotAppKeyWarning, module="aiohttp_session")  # plain names, by design

TOKEN = re.compile(r"[0-9a-f]{64}", re.ASCII)


class SessionTable(AbstractStorage):
    """Keeps sessions in the database; every new one gets a new token, and ends the one the visitor had before."""

    def __init__(self, database: Database, *, secure: bool) -> None:
        # the prefix makes browsers refuse a cookie of this name that another host or a plain connection wants to set
        name = "__Host-lienthong" if secure else "lienthong"
        super().__init__(cookie_name=name, secure=secure, httponly=True, samesite="Lax", path="/")
        self._database = database

    async def load_session(self, request: web.Request) -> Session:
        """The session of the visitor's cookie, or a new, empty one."""
        token = self._token(request)
        if token is not None:
            async with self._database.acquire() as conn:
                text = await sessions.session(conn, _digest(token))
            if text is not None:
                data: SessionData = json.loads(text)
                return Session(token, data=data, new=False)
        return Session(None, data=None, new=True)

    async def save_session(self, request: web.Request, response: web.StreamResponse, session: Session) -> None:
        """Write what changed; an emptied session ends, and its cookie with it."""
        old = self._token(request)
        token = str(session.identity) if session.identity else None
        if session.empty:
            self._remove_cookie(response)
        if session.empty and old is None:
            return
        async with self._database.transaction() as conn:
            if old is not None and (session.empty or token != old):
                await sessions.end_session(conn, _digest(old))
            if session.empty:
                return
            data = json.dumps(self._get_session_data(session))
            if token is not None:
                await sessions.change_session(conn, _digest(token), data)
            else:
                token = secrets.token_hex(32)
                await sessions.add_session(conn, _digest(token), data)
                self.save_cookie(response, token)

    def _remove_cookie(self, response: web.StreamResponse) -> None:
        """With Secure, without which browsers take nothing under the prefixed name, not even the removal."""
        secure = self.cookie_params["secure"]
        response.del_cookie(self.cookie_name, path="/", secure=secure, httponly=True, samesite="Lax")

    def _token(self, request: web.Request) -> str | None:
        token = self.load_cookie(request)
        return token if token is not None and TOKEN.fullmatch(token) else None


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
