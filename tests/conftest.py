"""One real PostgreSQL a test session; each test that asks gets a database of its own, cloned from a migrated one."""

import os
from collections.abc import AsyncIterator, Iterator
from itertools import count

import hypothesis
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from visavis.storage.database import Storage, open_storage
from visavis.storage.migrate import migrate
from visavis.storage.server import EmbeddedServer, start_server

NUMBERS = count(1)
TORCH = "VISAVIS_TEST_TORCH"  # set where torch may be loaded: NiceGUI, looking for its server, touches every object
collect_ignore = [] if os.environ.get(TORCH) else ["unit/learning/test_train_faces.py"]
hypothesis.settings.register_profile("busy machine", suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("busy machine")
os.environ["VISAVIS_LANG"] = "en"  # tests compare messages in English, whatever the machine speaks


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    """The embedded server; its own database stays empty."""
    with start_server(tmp_path_factory.mktemp("postgres")) as server:
        yield server


@pytest.fixture(scope="session")
def template(postgres: EmbeddedServer) -> str:
    """Name of a migrated database that nobody is connected to."""
    with psycopg.connect(postgres.url, autocommit=True) as owner:
        owner.execute("CREATE DATABASE template_visavis")
    migrate(make_conninfo(postgres.url, dbname="template_visavis"))
    return "template_visavis"


@pytest.fixture
def database_url(postgres: EmbeddedServer, template: str) -> Iterator[str]:
    """Owner's URL of a fresh migrated database."""
    yield from _database(postgres, template)


@pytest.fixture
def empty_database_url(postgres: EmbeddedServer, template: str) -> Iterator[str]:
    """Owner's URL of a fresh database without anything of ours; the roles are the template's."""
    yield from _database(postgres, "template1")


@pytest.fixture
async def storage(database_url: str) -> AsyncIterator[Storage]:
    """Both halves, open on a fresh database."""
    async with open_storage(database_url) as opened:
        yield opened


def _database(postgres: EmbeddedServer, template: str) -> Iterator[str]:
    name = f"test_{next(NUMBERS)}"
    with psycopg.connect(postgres.url, autocommit=True) as owner:
        owner.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        yield make_conninfo(postgres.url, dbname=name)
        owner.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def aws() -> Iterator[str]:
    """ARN of a KMS key; moto's server is AWS for every program that runs meanwhile."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patched.setenv("AWS_ACCESS_KEY_ID", "test")
        patched.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patched.setenv("AWS_DEFAULT_REGION", "eu-central-1")
        yield boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    server.stop()
