"""One round: an installation behind faulty lines, its phones in a loop of their own, everything ended at the end."""

import asyncio
import random
import shutil
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from kit.embedded import EmbeddedPostgres, EmbeddedValkey
from kit.loops import end
from kit.migrations import migrate
from services.assembly import SERVICES
from tests.chaos.faultproxy import Edge, Line
from tests.chaos.mutants import MUTANTS
from tests.chaos.network import PLANNED_FOR, SECRET, Door, Network, build
from tests.chaos.office import Dispatcher, Hotline
from tests.chaos.phones import Phone, Progress
from tests.chaos.procs import Component, Launcher, Ours, Server, free_port, wait_until_answering
from tests.chaos.work import WEIGHTS, Work

GATEWAY, OWNERS, WORKER = "gateway", "owners", "worker"
SERVED = {GATEWAY: ["mobile", "accounts"], OWNERS: ["orders", "parts", "stations", "dispatch"], WORKER: ["worker"]}
LINES = ("phones-gateway", "hotline-owners", "gateway-owners", "owners-gateway")
"""Lines that carry requests: on these replies get lost."""
CHAINS = tuple(f"{name}-{server}" for name in (GATEWAY, OWNERS) for server in ("postgres", "valkey"))


@dataclass(frozen=True)
class Size:
    """How much happens in a round. `phones` are those of engineers whom nobody plans."""

    operations: int
    phones: int = 6
    trucks: int = 8
    weights: Mapping[str, int] = field(default_factory=lambda: WEIGHTS)
    """How often a phone does each thing."""
    hotline_every_s: float = 2.0
    override_every_s: float = 1.0
    drop_reply: float = 0.05
    drain_s: float = 60.0
    """How long everything may take to come to rest once all faults are gone."""
    told_s: float = 30.0
    """How long everybody may take to have heard of everything after that."""
    planned_s: float = 90.0
    """How long a plan may take to speak of the last call: a job of a killed worker is given to another one after 15 s,
    whose solver starts first."""
    heal_s: float = 30.0
    """How long phones and server may take to be at one once a line is mended."""


@dataclass
class Round:
    """A running installation under fire."""

    components: dict[str, Component]
    edges: dict[str, Edge]
    phones: list[Phone]
    hotline: Hotline
    dispatcher: Dispatcher
    progress: Progress
    database_url: str
    size: Size
    loop: asyncio.AbstractEventLoop
    data: Path
    """The gateway's own folder."""
    failures: list[str] = field(default_factory=list)
    """What a phone met that no phone may meet."""

    def cut(self, edge: str, line: Line) -> None:
        self.loop.call_soon_threadsafe(self.edges[edge].set, line)

    @property
    def people(self) -> Sequence[Phone | Hotline | Dispatcher]:
        return (*self.phones, self.hotline, self.dispatcher)

    @property
    def vault(self) -> Path:
        """Where the gateway keeps photos."""
        return self.data / "photos"

    @property
    def dropped_replies(self) -> int:
        return sum(edge.dropped for edge in self.edges.values())

    def settle(self) -> bool:
        """Mend everything and wait until all is at rest: every queue empty, every answer final."""
        for edge in self.edges.values():
            edge.drop_reply = 0.0
            self.cut(edge.name, "open")
        return self.rest()

    def rest(self) -> bool:
        """Wait until nobody has anything to tell or to hear of; False when that takes too long."""
        self.progress.stop()
        deadline = time.monotonic() + self.size.drain_s
        while time.monotonic() < deadline and not self.failures:
            if all(one.idle for one in self.people):
                return True
            time.sleep(0.1)
        return False


@dataclass
class Site:
    """Servers with a prepared network, from which every round gets a copy."""

    folder: Path
    postgres: EmbeddedPostgres
    valkey: EmbeddedValkey
    network: Network
    _rounds: int = 0

    @property
    def seeded_url(self) -> str:
        """The database with the network as it is before a round; nobody may stay connected to it."""
        return _database(self.postgres.url, "seeded")

    @contextmanager
    def round(self, size: Size, seed: int, *, mutant: str | None = None) -> Iterator[Round]:
        """A round on a copy of the network, over at the end of the block."""
        self._rounds += 1
        name = f"round{self._rounds}"
        planted = MUTANTS[mutant] if mutant else None
        settings = dict(planted.postgres) if planted else {}
        with psycopg.connect(self.postgres.url, autocommit=True) as connection:
            # The other strategy copies sequences as being logged ahead in a log that is not theirs: after a crash
            # before the next checkpoint their numbers would come again.
            connection.execute(f"CREATE DATABASE {name} TEMPLATE seeded STRATEGY FILE_COPY")
        if settings:
            self.postgres.stop()
            self.postgres.start(settings=settings)
        launcher = Launcher(mutant if planted and planted.plant is not None else None, self.folder / f"{name}.log")
        try:
            with _field(self, name, size, seed, launcher, settings) as running:
                for phone in running.phones:
                    for bug in planted.app if planted else ():
                        setattr(phone, bug, True)
                yield running
        finally:
            launcher.close()
            if not self.postgres.running or settings:
                self.postgres.stop()
                self.postgres.start()
            if not self.valkey.running:
                self.valkey.start()


@contextmanager
def site(folder: Path, *, phones: int, visits: int, trucks: int) -> Iterator[Site]:
    """PostgreSQL (fsync on) and Valkey, with the network in the database `seeded`."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    postgres, valkey = EmbeddedPostgres(folder / "postgres"), EmbeddedValkey(folder / "valkey")
    postgres.start()
    valkey.start()
    try:
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute("CREATE DATABASE seeded")
        url = _database(postgres.url, "seeded")
        migrate(url, list(SERVICES))
        network = _seeded(folder, url, valkey.url, phones=phones, visits=visits, trucks=trucks)
        yield Site(folder, postgres, valkey, network)
    finally:
        postgres.stop()
        valkey.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _seeded(folder: Path, url: str, redis_url: str, **counts: int) -> Network:
    launcher = Launcher(None, folder / "seeding.log")
    environment = _environment(url, redis_url, dict.fromkeys((GATEWAY, OWNERS, WORKER), free_port()))
    everything = Ours("everything", list(SERVICES), launcher, environment, folder / "seeding")
    try:
        everything.start()
        wait_until_answering(everything)
        network = build(Door(dict.fromkeys(SERVICES, everything.port)), url, **counts)
        _wait_for_feeds(url)
    finally:
        launcher.close()
    # A database that somebody is connected to is no template.
    while _connections(url):
        time.sleep(0.05)
    return network


def _wait_for_feeds(url: str) -> None:
    """Until mobile_api and the others have heard of the network: the seeds lie in their tables, not in a queue."""
    from tests.chaos.checks import behind

    with psycopg.connect(url, autocommit=True) as connection:
        deadline = time.monotonic() + 60
        while behind(connection):
            assert time.monotonic() < deadline, behind(connection)
            time.sleep(0.1)


def _connections(url: str) -> int:
    name = url.partition("?")[0].rpartition("/")[2]
    with psycopg.connect(_database(url, "postgres", was=name)) as connection:
        row = connection.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", (name,)).fetchone()
        return int(row[0]) if row else 0


@contextmanager
def _field(
    site: Site, name: str, size: Size, seed: int, launcher: Launcher, settings: dict[str, str]
) -> Iterator[Round]:
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def there(work: Any) -> Any:
        return asyncio.run_coroutine_threadsafe(work, loop).result(30)

    ports = {part: free_port() for part in SERVED}
    edges = _edges(site, ports, size, seed)
    for edge in edges.values():
        there(edge.listen())
    components = _components(site, name, ports, edges, launcher, settings)
    progress = Progress(size.operations)
    phones = _phones(site, edges["phones-gateway"].port, size, seed, progress)
    owners, trucks = f"http://127.0.0.1:{edges['hotline-owners'].port}", site.network.trucks[: size.trucks]
    hotline = Hotline(owners, trucks, random.Random(seed), size.hotline_every_s)
    dispatcher = Dispatcher(owners, PLANNED_FOR, random.Random(f"{seed} dispatcher"), size.override_every_s, progress)
    url, data = _database(site.postgres.url, name), site.folder / f"{name}-{GATEWAY}"
    running = Round(components, edges, phones, hotline, dispatcher, progress, url, size, loop, data)
    tasks: list[asyncio.Task[None]] = []
    try:
        for part in SERVED:
            components[part].start()
        for part in SERVED:
            wait_until_answering(components[part])
        there(_live(running, tasks))
        yield running
    finally:
        there(end(tasks))
        for part in SERVED:
            components[part].kill()
        for edge in edges.values():
            there(edge.close())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _live(running: Round, tasks: list[asyncio.Task[None]]) -> None:
    def ended(task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            running.failures.append(f"{type(error).__name__}: {error}")

    for one in running.people:
        task = asyncio.create_task(one.live())
        task.add_done_callback(ended)
        tasks.append(task)


def _edges(site: Site, ports: dict[str, int], size: Size, seed: int) -> dict[str, Edge]:
    sockets = {
        "postgres": site.folder / "postgres/socket/.s.PGSQL.5432",
        "valkey": site.folder / "valkey/socket/valkey.sock",
    }
    edges = {}
    for name in (*LINES, *CHAINS):
        end = name.partition("-")[2]
        target: int | Path = sockets[end] if end in sockets else ports[end]
        lossy = size.drop_reply if name in LINES else 0.0
        edges[name] = Edge(name, target, random.Random(f"{seed} {name}"), lossy)
    return edges


def _components(
    site: Site, name: str, ports: dict[str, int], edges: dict[str, Edge], launcher: Launcher, settings: dict[str, str]
) -> dict[str, Component]:
    components: dict[str, Component] = {
        "postgres": Server("postgres", site.postgres, site.folder / "postgres", settings),
        "valkey": Server("valkey", site.valkey, site.folder / "valkey", {}),
    }
    for part, services in SERVED.items():
        behind = part if part != WORKER else OWNERS
        url = f"postgresql://postgres@127.0.0.1:{edges[f'{behind}-postgres'].port}/{name}?sslmode=disable&gssencmode=disable"
        redis = f"redis://127.0.0.1:{edges[f'{behind}-valkey'].port}"
        reached = {other: edges[f"{part}-{other}"].port for other in SERVED if f"{part}-{other}" in edges}
        environment = _environment(url, redis, ports | reached) | {"ROADCALL_PORT": str(ports[part])}
        components[part] = Ours(part, services, launcher, environment, site.folder / f"{name}-{part}")
    return components


def _environment(url: str, redis: str, ports: dict[str, int]) -> dict[str, str]:
    where = {
        f"ROADCALL_{service.upper()}_URL": f"http://127.0.0.1:{ports[part]}"
        for part, services in SERVED.items()
        for service in services
        if part != WORKER
    }
    database = {"ROADCALL_DATABASE_URL": url, "ROADCALL_REDIS_URL": redis}
    return {**database, **where, "ROADCALL_SECRET": SECRET, "ROADCALL_PORT": str(ports[GATEWAY])}


def _phones(site: Site, port: int, size: Size, seed: int, progress: Progress) -> list[Phone]:
    phones = []
    for engineer in [*site.network.engineers[: size.phones], *site.network.planned]:
        rng = random.Random(f"{seed} {engineer.id}")
        phones.append(Phone(Work(engineer, rng, size.weights), f"http://127.0.0.1:{port}", rng, progress))
    return phones


def _database(url: str, name: str, *, was: str = "postgres") -> str:
    return url.replace(f"/{was}?", f"/{name}?")
