"""Each check of the databases is held against a network in which just that is broken."""

import random
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.chaos.agreement import disagreements
from tests.chaos.invariants import BROKEN_BY, broken, photos_missing
from tests.chaos.phones import Phone, Progress
from tests.chaos.round import Site, site
from tests.chaos.work import WEIGHTS, Work

# ruff: noqa: S608 - the parts are our own
pytestmark = [pytest.mark.xdist_group("chaos"), pytest.mark.timeout(400)]
FIRST = "(SELECT id FROM dispatch.appointments WHERE engineer_id = 'E00' ORDER BY scheduled_start LIMIT 1)"
CLOCK = "(SELECT order_id, clock FROM orders.clocks ORDER BY 1, 2 LIMIT 1)"
FIRED = """INSERT INTO orders.journal (id, kind, subject, actor, effective_at, payload)
  SELECT 'clock ' || n, 'promise.state_changed', 'order', 'test', now(),
         jsonb_build_object('clock', 'restore', 'state', 'breached', 'due', now() + interval '{after}')
  FROM generate_series(1, {times}) n"""
BREAKING = {
    "booked twice": f"""ALTER TABLE dispatch.appointments DROP CONSTRAINT engineer_is_booked_once;
        UPDATE dispatch.appointments SET scheduled_end = scheduled_end + interval '90 minutes' WHERE id = {FIRST}""",
    "stock that cannot be": """ALTER TABLE parts.stock DROP CONSTRAINT stock_claimed;
        UPDATE parts.stock SET claimed = on_hand + 1 WHERE place_id = 'DEPOT'""",
    "stock that is not what was booked": "UPDATE parts.stock SET on_hand = on_hand - 1 WHERE place_id = 'DEPOT'",
    "an order with several appointments": f"""DROP INDEX dispatch.one_active_appointment;
        UPDATE dispatch.appointments SET order_id = (SELECT order_id FROM dispatch.appointments WHERE id = {FIRST})
        WHERE id = (SELECT max(id) FROM dispatch.appointments)""",
    "an appointment of a plan that is none": f"UPDATE dispatch.appointments SET epoch = 9 WHERE id = {FIRST}",
    "a territory whose newest plan is not its plan": """
        UPDATE dispatch.territories SET epoch = epoch + 1 WHERE territory_id = 'Q'""",
    "an override that was undone": f"""
        INSERT INTO dispatch.overrides
          (id, order_id, territory_id, engineer_id, pin, reason, actor, at, epoch, difference_fen)
        SELECT 'override', order_id, territory_id, 'W1', 'resource', 'test', 'test', now(), 0, 0
        FROM dispatch.appointments WHERE id = {FIRST}""",
    "a clock that fired twice": FIRED.format(after="-1 hour", times=2),
    "a clock that fired early": FIRED.format(after="1 hour", times=1),
    "a clock that did not fire": f"""
        UPDATE orders.clocks SET state = 'running', due = now() - interval '2 minutes'
        WHERE (order_id, clock) = {CLOCK}""",
    "a photo of an operation that is none": """
        INSERT INTO mobile.photos (sha256, media_type, bytes, width, height, stored_at)
        VALUES ('abc', 'image/jpeg', 1, 1, 1, now());
        INSERT INTO mobile.photo_ties (operation_id, sha256, engineer_id, order_id, step, tied_at)
        VALUES ('operation', 'abc', 'E00', 'order', 'repair', now())""",
}


@pytest.fixture(scope="module")
def where(scratch: Path) -> Iterator[Site]:
    with site(scratch / "invariants", phones=1, visits=3, trucks=1) as prepared:
        yield prepared


def test_a_network_that_nothing_happened_to_is_whole(where: Site, tmp_path: Path) -> None:
    with psycopg.connect(where.seeded_url) as connection:
        assert broken(connection) == []
        assert photos_missing(connection, [], tmp_path) == []


@pytest.mark.parametrize("what", BROKEN_BY)
def test_what_is_broken_is_found(where: Site, what: str) -> None:
    with psycopg.connect(where.seeded_url, autocommit=True) as connection, connection.transaction(force_rollback=True):
        for statement in BREAKING[what].split(";"):
            connection.execute(statement)
        assert {line.split(":")[0] for line in broken(connection)} == {what}


def test_a_photo_that_is_not_in_the_vault_is_found(where: Site, tmp_path: Path) -> None:
    with psycopg.connect(where.seeded_url, autocommit=True) as connection, connection.transaction(force_rollback=True):
        for statement in BREAKING["a photo of an operation that is none"].split(";"):
            connection.execute(statement)
        assert photos_missing(connection, [], tmp_path) == ["the photo abc is not whole in the vault"]


def test_a_phone_that_shows_something_else_is_found(where: Site) -> None:
    engineer = where.network.engineers[0]
    phone = Phone(Work(engineer, random.Random(1), WEIGHTS), "", random.Random(1), Progress(0))
    with psycopg.connect(where.seeded_url) as connection:
        phone.shown[engineer.anchor[0]] = "on_site"
        assert disagreements(connection, [phone]) == []
        phone.shown[engineer.anchor[0]] = "travelling"
        assert any("as travelling, it is on_site" in line for line in disagreements(connection, [phone]))
