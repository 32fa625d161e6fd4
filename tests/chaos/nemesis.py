"""Who kills, stops and cuts: a schedule from a seed, the same each time."""

import random
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg

from tests.chaos.agreement import disagreements
from tests.chaos.faultproxy import LINES as CUTS
from tests.chaos.procs import Ours, wait_until_answering
from tests.chaos.round import CHAINS, LINES, SERVED, Round

COMPONENTS = ("postgres", "valkey", *SERVED)
Deed = Literal["kill", "stop", "restart", "cut"]


@dataclass(frozen=True)
class Plan:
    """How often each thing happens; `pace` spreads the deeds over the round's operations. Kills come in waves of up to
    `wave` components at once."""

    kills_each: int = 0
    kill_only: Sequence[str] = COMPONENTS
    stops: int = 0
    restarts: int = 0
    cuts: int = 0
    wave: int = 3
    pace: bool = False
    pause_s: tuple[float, float] = (0.1, 0.5)


@dataclass
class Toll:
    """What was done, and how long each component took to come back."""

    kills: Counter[str] = field(default_factory=Counter)
    stops: int = 0
    restarts: int = 0
    """Of our processes, as before an update."""
    ended_after_s: float = 0.0
    cuts: int = 0
    back_after_s: dict[str, float] = field(default_factory=dict)
    """The longest of each component, from its start on."""
    partitions: int = 0
    healed_after_s: float = 0.0
    """The longest that a mended line took until phones and server were at one."""
    stuck: list[str] = field(default_factory=list)
    """What was wrong after each partition that was not over in time."""


def shake(running: Round, plan: Plan, seed: int) -> Toll:
    """Do what the plan says; everything runs and every line is open at the end."""
    rng, toll = random.Random(f"nemesis {seed}"), Toll()
    deeds = schedule(plan, rng)
    for number, (deed, targets) in enumerate(deeds):
        time.sleep(rng.uniform(*plan.pause_s))
        while plan.pace and running.progress.acknowledged * len(deeds) < running.progress.wanted * number:
            _stand(running)
            time.sleep(0.05)
        _stand(running)
        _do(running, deed, targets, rng, toll)
    for name in COMPONENTS:
        _await(running, name, toll)
    while running.progress.acknowledged < running.progress.wanted and not running.failures:
        time.sleep(0.05)
    return toll


def schedule(plan: Plan, rng: random.Random) -> list[tuple[Deed, tuple[str, ...]]]:
    """All deeds in a random order; a wave never has a component twice."""
    edges, left = (*LINES, *CHAINS), Counter(dict.fromkeys(plan.kill_only, plan.kills_each))
    deeds: list[tuple[Deed, tuple[str, ...]]] = []
    while +left:
        names = rng.sample(sorted(+left), min(rng.randint(1, plan.wave), len(+left)))
        left.subtract(names)
        deeds.append(("kill", tuple(names)))
    deeds += [("stop", (COMPONENTS[number % len(COMPONENTS)],)) for number in range(plan.stops)]
    deeds += [("restart", (tuple(SERVED)[number % len(SERVED)],)) for number in range(plan.restarts)]
    deeds += [("cut", (edges[number % len(edges)],)) for number in range(plan.cuts)]
    rng.shuffle(deeds)
    return deeds


def _do(running: Round, deed: Deed, targets: Sequence[str], rng: random.Random, toll: Toll) -> None:
    if deed == "cut":
        running.cut(targets[0], rng.choice(CUTS))
        time.sleep(rng.uniform(0.3, 1.5))
        running.cut(targets[0], "open")
        toll.cuts += 1
        return
    for target in targets:
        _await(running, target, toll)  # only what lives can be killed
    if deed == "stop":
        running.components[targets[0]].signal(signal.SIGSTOP)
        time.sleep(rng.uniform(0.3, 1.5))
        running.components[targets[0]].signal(signal.SIGCONT)
        toll.stops += 1
        return
    if deed == "restart":
        ours = running.components[targets[0]]
        assert isinstance(ours, Ours)
        toll.ended_after_s = max(toll.ended_after_s, ours.end())
        toll.restarts += 1
        ours.start()
        return
    for target in targets:
        running.components[target].kill()
        toll.kills[target] += 1
    time.sleep(rng.choice((0.0, 0.0, rng.uniform(0.0, 0.8))))
    for target in targets:
        running.components[target].start()


def _await(running: Round, name: str, toll: Toll) -> None:
    took = wait_until_answering(running.components[name])
    toll.back_after_s[name] = max(took, toll.back_after_s.get(name, 0.0))


def _stand(running: Round) -> None:
    assert not running.failures, running.failures[:3]


def partitions(running: Round, count: int, seed: int, toll: Toll) -> None:
    """Cut one line after the other while phones tell, mend it, and let them fall silent: every queue drains, and every
    phone shows what the server has. Each run starts from rest, the first one too: what else was done to the
    installation before is not the line's fault, and stuck for itself."""
    rng = random.Random(f"partitions {seed}")
    edges = (*LINES, *CHAINS)
    with psycopg.connect(running.database_url, autocommit=True) as connection:
        if count and not running.rest():
            toll.stuck.append(f"before any line was cut: {_waiting(running)[:1]}; {_at_hand(connection)}")
        for number in range(count):
            target, line = edges[number % len(edges)], rng.choice(CUTS)
            running.progress.wanted = 10**9
            time.sleep(rng.uniform(0.3, 0.6))
            running.cut(target, line)
            time.sleep(rng.uniform(1.0, 3.0))
            running.cut(target, "open")
            running.progress.stop()
            toll.partitions += 1
            mended = time.monotonic()
            if wrong := _not_at_one(running, connection):
                toll.stuck.append(f"{target} {line}: {len(wrong)} differences, {wrong[0]}; {_at_hand(connection)}")
            toll.healed_after_s = max(toll.healed_after_s, time.monotonic() - mended)


def _not_at_one(running: Round, connection: psycopg.Connection[Any]) -> list[str]:
    """What still waits or differs when the line has been open for long enough."""
    deadline = time.monotonic() + running.size.heal_s
    while wrong := _waiting(running) or disagreements(connection, running.phones):
        if time.monotonic() > deadline or running.failures:
            return [*running.failures, *wrong]
        time.sleep(0.1)
    return []


def _waiting(running: Round) -> list[str]:
    return [f"the phone of {phone.engineer.id} waits: {phone.in_hand}" for phone in running.phones if not phone.idle]


def _at_hand(connection: psycopg.Connection[Any]) -> str:
    """What the server has not applied yet, and why."""
    query = """SELECT count(*), count(*) FILTER (WHERE attempts > 0), coalesce(max(attempts), 0),
                 string_agg(DISTINCT reason, ', ') FROM mobile.operations WHERE status = 'received'"""
    ((waiting, put_off, attempts, reasons),) = connection.execute(query).fetchall()
    return f"the server has {waiting} to apply, {put_off} of them put off up to {attempts} times ({reasons})"
