"""Settings: environment variables with the prefix `LIENTHONG_`, each declared once with its default and its reason.

A secret may come from a file instead (`LIENTHONG_DATABASE_URL_FILE`). A name nobody knows is an error, because a
misspelt limit would otherwise be no limit.
"""

from __future__ import annotations

import os
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from envelopes.limits import AGENCY_CODE
from signing.leaf import PURPOSES, Policy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

PREFIX = "LIENTHONG_"
SECRETS = ("database_url", "objects_url", "seal_key_password", "seal_token_pin")
"""Settings that hold credentials: read from `…_FILE` if given, never printed."""

CLIENT_NAMES = frozenset(
    f"{PREFIX}{name}"
    for name in (
        "URL",
        "CREDENTIAL",
        "CREDENTIAL_FILE",
        "AS",
        "SIGN_KEY_FILE",
        "SIGN_CERTIFICATE_FILE",
        "SIGN_KEY_PASSWORD_FILE",
        "SIGN_TOKEN",
        "SIGN_TOKEN_LABEL",
        "SIGN_TOKEN_KEY_LABEL",
        "SIGN_TOKEN_PIN",
        "SIGN_TOKEN_PIN_FILE",
        "FAILPOINTS",
    )
)
"""Names that the agency's side of the command line and the crash tests read; no settings of the service."""


class SettingsWrong(Exception):  # noqa: N818 - says what it is
    """The environment cannot be used as it stands; the text says which name and why."""


class Settings(BaseSettings):
    """The effective settings. Sizes in bytes, times in seconds."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True)

    data_dir: Path = Field(Path("var"), description="embedded database, objects folder, spool and seal key")
    database_url: SecretStr | None = Field(None, description="external PostgreSQL; unset: the embedded one")
    objects_url: SecretStr | None = Field(
        None, description="S3 store http(s)://KEY:SECRET@host:port/bucket or a folder; unset: a folder in data_dir"
    )
    host: str = Field("127.0.0.1", description="address to listen on; loopback until an operator decides otherwise")
    port: int = Field(8080, ge=0, le=65535, description="port to listen on")
    public_url: str | None = Field(None, description="how others reach the service, for printed addresses")
    node_code: str | None = Field(
        None,
        pattern=AGENCY_CODE.pattern,
        description="this exchange's own code: axis clients' copies then carry it as one TraceHeader more",
    )
    seal_key_file: Path | None = Field(None, description="PEM key of the exchange's seal; unset: made in data_dir")
    seal_certificate_file: Path | None = Field(
        None, description="PEM certificate of the seal key, and the authorities above it"
    )
    seal_key_password: SecretStr | None = Field(None, description="password of the seal's key file, if it has one")
    seal_token: Path | None = Field(None, description="PKCS 11 module, if the seal's key is on a token or an HSM")
    seal_token_label: str | None = Field(None, description="which token; needed if there are several")
    seal_token_key_label: str | None = Field(None, description="which key on it; needed if there are several")
    seal_token_pin: SecretStr | None = Field(None, description="the token's PIN")
    certificate_purposes: str = Field(
        ",".join(sorted(PURPOSES)),
        pattern=r"^\d+(\.\d+)+(,\d+(\.\d+)+)*$",
        description="extended key usages (OIDs, commas between) that sign documents; others do only without any",
    )
    non_repudiation_alone: bool = Field(
        True, description="certificates whose key usage is nonRepudiation without digitalSignature sign documents"
    )
    max_envelope_bytes: int = Field(256 * 2**20, ge=1024, description="largest file taken; practice is 50 MB a message")
    max_unwrapped_bytes: int = Field(
        512 * 2**20, ge=1024, description="all files inside the one-entry zips of an envelope together"
    )
    max_recipients: int = Field(1000, ge=1, description="recipients of one document")
    body_grace_seconds: float = Field(10, gt=0, description="how long a body may be slow before its rate counts")
    body_min_rate: int = Field(10_000, ge=1, description="bytes a second a body must bring after the grace")
    spool_floor_bytes: int = Field(256 * 2**20, ge=0, description="free disk below which nothing is taken")
    rate_per_second: int = Field(600, ge=1, description="requests a second of one system; leaves a busy agency alone")
    connections_per_system: int = Field(100, ge=1, description="requests under way at once of one system")
    database_connections: int = Field(
        12, ge=2, description="pool size of one process; PostgreSQL holds 100 unless told, ours 200"
    )
    worker_threads: int = Field(
        2, ge=1, description="threads for signatures and base64; more only fight over Python's lock"
    )
    judge_seconds: float = Field(
        30, gt=0, description="time for judging the signature of one file; late, the sender is asked to come again"
    )
    heavy_threads: int = Field(
        2, ge=1, description="threads for large files, so that common letters never wait for one"
    )
    poll_seconds: float = Field(5, gt=0, description="an inbox is looked at this often even if no bell rings")
    sweep_after_seconds: float = Field(86_400, ge=0, description="an object without a row is swept after this age")
    scrub_after_seconds: float = Field(600, ge=0, description="objects are read back no earlier than this")
    scrub_again_seconds: float = Field(30 * 86_400, gt=0, description="every object is read back this often")
    retention_grace_seconds: float = Field(
        86_400, ge=0, description="nothing is removed by retention rules for so long after one of them was changed"
    )
    two_person_certificates: bool = Field(
        False,
        description="what one administrator enters, another approves: certificates, delegations, webhooks, look-alikes",
    )
    axis_registration: bool = Field(
        False, description="axis clients register and end agencies below their own without an administrator's word"
    )
    pdf_seconds: float = Field(20, gt=0, description="time for checking the signatures inside one PDF")
    pdf_memory_bytes: int = Field(
        512 * 2**20, ge=16 * 2**20, description="memory for checking one PDF, in a process of its own"
    )
    pdf_max_bytes: int = Field(
        128 * 2**20, ge=1024, description="largest PDF whose signatures are checked; practice is 29 MB"
    )
    keepalive_seconds: float = Field(30, gt=0, description="idle connections are closed after this")
    shutdown_seconds: float = Field(30, gt=0, description="how long running requests may finish when the service stops")
    log_level: str = Field("info", pattern="^(debug|info|warning|error)$", description="least level logged")
    log_form: str = Field("auto", pattern="^(auto|json|console)$", description="auto: console on a terminal, else JSON")
    desk_secure_cookie: bool = Field(False, description="set behind TLS: session cookies are then sent over TLS only")

    @property
    def spool(self) -> Path:
        """Where bodies are written while they stream in."""
        return self.data_dir / "spool"

    @property
    def objects(self) -> str:
        """The object store: a URL or a folder."""
        return self.objects_url.get_secret_value() if self.objects_url else str(self.data_dir / "objects")

    @property
    def url(self) -> str:
        """The address others reach the service at."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def certificate_policy(self) -> Policy:
        """What a signer's certificate must be, where the standard leaves it to the exchange."""
        return Policy(
            purposes=frozenset(self.certificate_purposes.split(",")), non_repudiation_alone=self.non_repudiation_alone
        )

    def shown(self) -> dict[str, str]:
        """Every setting as text, secrets masked."""
        return {name: _masked(getattr(self, name)) for name in type(self).model_fields}


def _masked(value: Any) -> str:
    return "" if value is None else "********" if isinstance(value, SecretStr) else str(value)


def load_settings(environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Read the environment (`os.environ` by default); `given` wins over it. Raises `SettingsWrong`."""
    env = dict(os.environ if environment is None else environment)
    _refuse_unknown(env)
    values: dict[str, Any] = {}
    for name in Settings.model_fields:
        key = f"{PREFIX}{name.upper()}"
        if f"{key}_FILE" in env and name in SECRETS:
            values[name] = _secret_file(f"{key}_FILE", env)
        elif env.get(key):
            values[name] = env[key]
    try:
        return Settings(**(values | given))
    except ValidationError as error:
        problems = [f"{PREFIX}{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors(include_input=False)]
        raise SettingsWrong("; ".join(problems)) from None


def _refuse_unknown(env: Mapping[str, str]) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS} | CLIENT_NAMES
    unknown = sorted(name for name in env if name.startswith(PREFIX) and name not in known)
    if unknown:
        names = ", ".join(f"{name}{_meant(name, known)}" for name in unknown)
        raise SettingsWrong(f"unknown settings: {names} (unset them, then `lienthong settings` lists the known ones)")


def _meant(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, sorted(known), n=1, cutoff=0.8)
    return f" (do you mean {close[0]}?)" if close else ""


def _secret_file(key: str, env: Mapping[str, str]) -> str:
    try:
        secret = Path(env[key]).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsWrong(f"{key}: {error.strerror}: {env[key]}") from error
    if not secret:  # else a lost address would mean the embedded database, or a folder
        raise SettingsWrong(f"{key}: the file is empty: {env[key]}")
    return secret
