"""Start-up refuses database roles before which row-level security proves nothing."""

import dataclasses
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api import embedded
from api.app import make_app
from api.context import Context
from api.embedded_home import binaries
from domain.kit.database import CONNECTION_SETTINGS, Database, TooManyConnections, UnsafeRole, connect
from tests.conftest import rows

MAKE_UNSAFE = {
    "superuser": "ALTER ROLE fieldstone_app SUPERUSER;",
    "bypasses": "ALTER ROLE fieldstone_partner BYPASSRLS;",
    "member of the owner": "GRANT fieldstone_owner TO fieldstone_partner;",
}
MAKE_SAFE = "ALTER ROLE fieldstone_app NOSUPERUSER; ALTER ROLE fieldstone_partner NOBYPASSRLS;"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cluster of its own, where a superuser's statements can be run while the server is down."""
    path = tmp_path_factory.mktemp("roles")
    yield path
    embedded.remove(path)


def as_superuser(folder: Path, sql: str) -> None:
    server = embedded._Server.of(folder)
    programs = binaries(server.owner)
    single = ("--single", "-j", "-D", str(server.cluster), "-c", "exit_on_error=on", "-c", "listen_addresses=")
    server._run(programs / "postgres", *single, embedded.DATABASE, stdin=sql + "\n\n")


@pytest.mark.parametrize("why", MAKE_UNSAFE)
async def test_it_refuses_a_role_that_sees_every_row(folder: Path, why: str) -> None:
    if not (folder / "server").exists():
        embedded.start(folder, settings={"fsync": "off"}).stop()
    as_superuser(folder, "CREATE TABLE IF NOT EXISTS thing (id int); ALTER TABLE thing OWNER TO fieldstone_owner;")
    as_superuser(folder, MAKE_UNSAFE[why])
    server = embedded.start(folder, settings={"fsync": "off"})
    database = connect(server.url("fieldstone_app"), server.url("fieldstone_partner"), pool_size=1)
    try:
        with pytest.raises(UnsafeRole, match="row-level security"):
            await database.refuse_unsafe_roles()
    finally:
        await database.close()
        server.stop()
        as_superuser(folder, MAKE_SAFE)
        as_superuser(folder, "REVOKE fieldstone_owner FROM fieldstone_partner;")


async def test_it_refuses_the_owner_of_the_tables(cluster: embedded.Embedded, database: Database) -> None:
    swapped = connect(cluster.url("fieldstone_owner"), cluster.url("fieldstone_partner"))
    try:
        with pytest.raises(UnsafeRole, match="fieldstone_owner"):
            await swapped.refuse_unsafe_roles()
    finally:
        await swapped.close()


async def test_the_product_own_roles_are_accepted(database: Database) -> None:
    await database.refuse_unsafe_roles()


async def test_the_application_does_not_start_with_an_unsafe_role(cluster: embedded.Embedded, context: Context) -> None:
    unsafe = connect(cluster.url("fieldstone_app"), cluster.url("fieldstone_owner"))
    app = make_app([dataclasses.replace(context, database=unsafe)])
    with pytest.raises(ExceptionGroup) as failure:
        async with app.lifespan():
            pass
    assert failure.value.subgroup(UnsafeRole)
    await unsafe.close()


def test_single_user_statements_end_with_an_error_when_they_fail(folder: Path) -> None:
    """Otherwise the cases above would prove nothing."""
    with pytest.raises((RuntimeError, subprocess.SubprocessError)):
        as_superuser(folder, "ALTER ROLE nobody_of_this_name SUPERUSER;")


async def test_more_connections_than_the_server_gives_are_refused_at_start(cluster: embedded.Embedded) -> None:
    database = connect(cluster.url("fieldstone_app"), cluster.url("fieldstone_partner"), pool_size=20)
    try:
        await database.refuse_too_many_connections(2)
        with pytest.raises(TooManyConnections, match="FIELDSTONE_POOL_SIZE"):
            await database.refuse_too_many_connections(3)
    finally:
        await database.close()


async def test_the_application_does_not_start_with_too_large_pools(context: Context) -> None:
    crowded = dataclasses.replace(context, settings=msgspec.structs.replace(context.settings, processes=50))
    with pytest.raises(ExceptionGroup) as failure:
        async with make_app([crowded]).lifespan():
            pass
    assert failure.value.subgroup(TooManyConnections)


async def test_the_roles_carry_the_limits_that_a_pooler_does_not_hand_on(owner: AsyncEngine) -> None:
    found = await rows(
        owner, "SELECT rolname, rolconfig FROM pg_roles WHERE rolname IN ('fieldstone_app', 'fieldstone_partner')"
    )
    wanted = {f"{name}={value}".lower() for name, value in CONNECTION_SETTINGS.items()}
    assert {role: {one.lower() for one in carried} for role, carried in found} == {
        "fieldstone_app": wanted,
        "fieldstone_partner": wanted,
    }
