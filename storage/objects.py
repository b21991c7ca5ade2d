"""Opening the object store a setting names. What a store promises is in `object_store`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from storage.disk_objects import DiskObjects
from storage.minio_objects import MinioObjects
from storage.object_store import THREADS, ObjectDamaged, ObjectMissing, Objects, ObjectsAway, ObjectStat

__all__ = [
    "ObjectDamaged",
    "ObjectMissing",
    "ObjectStat",
    "Objects",
    "ObjectsAway",
    "ObjectsUrlWrong",
    "open_objects",
]


class ObjectsUrlWrong(ValueError):  # noqa: N818 - says what is wrong
    """The address of the store cannot be used; the text says what is expected and never repeats the secret."""


def open_objects(place: str | Path, *, threads: int = THREADS) -> Objects:
    """The store at `place`: `http(s)://KEY:SECRET@host:port/bucket[?region=…]`, or a folder, which is made if absent.

    Touches no network, so it works while the store is away. Raises `ObjectsUrlWrong`, or OSError for a folder.
    """
    if isinstance(place, Path) or "://" not in place:
        return DiskObjects(Path(place), threads=threads)
    try:
        parts = urlsplit(place)
        endpoint = f"{parts.hostname}:{parts.port}" if parts.port else str(parts.hostname)
    except ValueError:
        raise ObjectsUrlWrong("the object store's address has a port or host that cannot be read") from None
    bucket = parts.path.strip("/")
    usable = parts.scheme in {"http", "https"} and parts.hostname and parts.username and parts.password
    if not usable or not bucket or "/" in bucket:
        raise ObjectsUrlWrong("the object store's address is `http(s)://KEY:SECRET@host:port/bucket`, or a folder")
    return MinioObjects(
        endpoint=endpoint,
        access_key=unquote(parts.username or ""),
        secret_key=unquote(parts.password or ""),
        bucket=bucket,
        secure=parts.scheme == "https",
        region=next(iter(parse_qs(parts.query).get("region", [])), None),
        threads=threads,
    )
