"""Each service's database role and broker user can do its own work, and nothing else."""

import gc

import aio_pika
import aiormq.exceptions
import asyncpg
import pytest

from kit.messaging.broker import EVENT_EXCHANGE
from pauta.services import SERVICES
from tests.system import System

pytestmark = pytest.mark.connected
NAMES = [service.name for service in SERVICES]


@pytest.mark.parametrize("name", NAMES)
async def test_a_role_changes_rows_and_nothing_else(system: System, name: str) -> None:
    connection = await system.connect(name, name)
    try:
        assert await connection.fetchval("select count(*) from outbox") is not None
        for forbidden in (
            "create table own (id int)",
            "drop table outbox",
            "truncate outbox",
            "alter table outbox add column more text",
            "select * from alembic_version",
            "create role friend",
            "select pg_read_file('/etc/passwd')",
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(forbidden)
    finally:
        await connection.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", NAMES)
async def test_a_role_does_not_enter_another_services_database(system: System, name: str) -> None:
    for other in set(NAMES) - {name}:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await system.connect(other, name)
    gc.collect()  # asyncpg leaves the socket of a refused connection to the collector, which warns


@pytest.mark.parametrize("name", NAMES)
async def test_a_broker_user_makes_nothing_and_reads_no_others_queue(
    system: System, name: str
) -> None:
    other = next(service for service in SERVICES if service.name != name and service.queues)
    foreign_queue = other.queues[0].name
    async with await aio_pika.connect(system.broker_url(name)) as connection:
        for attempt in (
            lambda channel: channel.declare_queue("own"),
            lambda channel: channel.declare_exchange("own"),
            lambda channel: _consume(channel, foreign_queue),
            lambda channel: channel.default_exchange.publish(aio_pika.Message(b"x"), foreign_queue),
        ):
            channel = await connection.channel(publisher_confirms=True)
            with pytest.raises(
                (aiormq.exceptions.ChannelAccessRefused, aiormq.exceptions.ChannelInvalidStateError)
            ):
                await attempt(channel)


@pytest.mark.parametrize("service", SERVICES, ids=NAMES)
async def test_a_broker_user_publishes_only_its_own_events(system: System, service: object) -> None:
    name = service.name  # type: ignore[attr-defined]
    own_topics = {event.topic_name() for event in service.publishes}  # type: ignore[attr-defined]
    foreign = next(topic for topic in ("lead.created", "touch.sent") if topic not in own_topics)
    async with await aio_pika.connect(system.broker_url(name)) as connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.get_exchange(EVENT_EXCHANGE.name)
        with pytest.raises(
            (aiormq.exceptions.ChannelAccessRefused, aiormq.exceptions.ChannelInvalidStateError)
        ):
            await exchange.publish(aio_pika.Message(b"x"), foreign)


async def test_there_is_no_guest(system: System) -> None:
    users = {user["name"] for user in (await system.management("GET", "/users")).json()}

    assert users == {"pauta", *NAMES}
    whoami = f"{system.native.addresses.rabbitmq}/api/whoami"
    assert (await system.http.get(whoami, auth=("guest", "guest"))).status_code == 401


async def _consume(channel: aio_pika.abc.AbstractChannel, name: str) -> None:
    queue = await channel.get_queue(name, ensure=False)

    async def steal(_: aio_pika.abc.AbstractIncomingMessage) -> None: ...

    await queue.consume(steal)
