"""The production shape in docker-compose.yml: what an engine would start, judged without one."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from exchange.settings import load_settings
from storage.minio_objects import MinioObjects
from storage.objects import open_objects

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = ("migrate", "service", "worker")
RUNNING = ("postgres", "minio", "service", "worker")
EXACT = re.compile(r"[a-z0-9./-]+:(RELEASE\.[0-9TZ-]+|[0-9]+\.[0-9]+[0-9a-z.-]*)")


def make_secrets(folder: Path) -> None:
    subprocess.run(["sh", str(ROOT / "deploy/make-secrets.sh"), str(folder)], check=True, capture_output=True)


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """What `deploy/make-secrets.sh` makes."""
    make_secrets(tmp_path / "secrets")
    return tmp_path / "secrets"


def test_shape_is_database_store_service_worker_and_one_migration() -> None:
    assert set(SERVICES) == {*RUNNING, "migrate"}


@pytest.mark.parametrize("name", SERVICES)
def test_image_is_pinned_to_one_version(name: str) -> None:
    assert EXACT.fullmatch(SERVICES[name]["image"])


@pytest.mark.parametrize("name", RUNNING)
def test_what_runs_is_looked_after(name: str) -> None:
    service = SERVICES[name]
    assert service["healthcheck"]["test"][0] == "CMD"
    assert service["restart"] == "unless-stopped"
    assert "stop_grace_period" in service
    assert "memory" in service["deploy"]["resources"]["limits"]
    assert "no-new-privileges:true" in service["security_opt"]


@pytest.mark.parametrize("name", OURS)
def test_our_containers_run_without_root_on_a_read_only_system(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert int(service["user"].split(":")[0]) > 0


def test_database_keeps_checksums() -> None:
    assert "--data-checksums" in SERVICES["postgres"]["environment"]["POSTGRES_INITDB_ARGS"]


@pytest.mark.parametrize(
    ("name", "place"), [("postgres", "/var/lib/postgresql"), ("minio", "/data"), ("service", "/var/lib/lienthong")]
)
def test_data_lies_in_named_volumes(name: str, place: str) -> None:
    volume, _, where = SERVICES[name]["volumes"][0].partition(":")
    assert volume in COMPOSE["volumes"]
    assert where == place


def test_worker_shares_the_spool_with_the_service() -> None:
    assert SERVICES["worker"]["volumes"] == SERVICES["service"]["volumes"]


def test_chores_run_in_the_worker_only() -> None:
    assert "--no-worker" in SERVICES["service"]["command"]
    assert SERVICES["worker"]["command"] == ["work"]


def test_nothing_of_ours_starts_before_the_schema_is_there() -> None:
    assert SERVICES["migrate"]["command"] == ["migrate"]
    assert SERVICES["migrate"]["restart"] == "no"
    assert SERVICES["migrate"]["depends_on"]["postgres"]["condition"] == "service_healthy"
    for name in ("service", "worker"):
        assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"
        assert SERVICES[name]["depends_on"]["minio"]["condition"] == "service_healthy"


def test_only_the_service_is_reachable_and_only_from_this_machine() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["service"]
    assert all(port.startswith("127.0.0.1:") for port in SERVICES["service"]["ports"])
    assert COMPOSE["networks"]["inside"]["internal"]


def test_no_secret_stands_in_the_environment() -> None:
    for service in SERVICES.values():
        for name, value in service.get("environment", {}).items():
            assert name.endswith("_FILE") or not re.search("PASSWORD|SECRET|_URL", name), name
            assert "://" not in value


def test_every_secret_used_is_declared_and_made(secrets: Path) -> None:
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", ())}
    assert used == set(COMPOSE["secrets"])
    for name, secret in COMPOSE["secrets"].items():
        assert secret["file"] == f"deploy/secrets/{name}"
        assert (secrets / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", OURS)
async def test_service_understands_its_environment(name: str, secrets: Path) -> None:
    given = SERVICES[name]["environment"]
    mounted = {key: value.replace("/run/secrets", str(secrets)) for key, value in given.items()}
    settings = load_settings(mounted)
    assert settings.database_url is not None
    password = (secrets / "database_password").read_text(encoding="utf-8")
    expected = f"postgresql://lienthong:{password}@postgres:5432/lienthong"
    assert settings.database_url.get_secret_value() == expected
    objects = open_objects(settings.objects)
    assert isinstance(objects, MinioObjects)
    await objects.close()


def test_running_requests_may_finish_before_the_container_is_killed() -> None:
    grace = int(SERVICES["service"]["stop_grace_period"].removesuffix("s"))
    assert grace > load_settings({}).shutdown_seconds


def test_secrets_are_made_once_and_are_nobody_elses(secrets: Path) -> None:
    before = {path.name: path.read_bytes() for path in secrets.iterdir()}
    make_secrets(secrets)
    assert {path.name: path.read_bytes() for path in secrets.iterdir()} == before
    assert secrets.stat().st_mode & 0o077 == 0


def test_image_has_locked_packages_and_an_ordinary_user() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    images = re.findall(r"^FROM (\S+)", text, flags=re.MULTILINE)
    assert images
    assert all(EXACT.fullmatch(image) for image in images)
    assert "--require-hashes -r requirements-service.lock" in text
    assert re.search(r"^USER 10001:10001$", text, flags=re.MULTILINE)


def test_image_gets_what_it_copies() -> None:
    """Whatever the Dockerfile copies must get past .dockerignore, or the build fails."""
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    sent = set(re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(encoding="utf-8"), flags=re.MULTILINE))
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, flags=re.MULTILINE)
    copied = {name for line in lines for name in line.split()}
    assert copied == sent
    assert all((ROOT / name).exists() for name in copied)
