"""Another maker's system needs nothing but a key: a problem in, a plan out, progress and cancel for large ones."""

import pytest

from kit.ids import new_id
from tests.dispatch.solver.instances import random_document
from tests.dispatch.solver.tiny import document, order
from tests.journeys.installation import Installation
from tests.journeys.world import Json, ok, wait_for

pytestmark = [pytest.mark.journey, pytest.mark.xdist_group("journeys")]


def key(installation: Installation, name: str) -> str:
    made = ok(installation.admin.post("/accounts/v1/keys", json={"name": name}), 201)
    return str(made["key"])


def test_a_small_problem_is_answered_at_once(installation: Installation) -> None:
    client = installation.client(key(installation, "dealer system"))
    plan = ok(client.post("/dispatch/v1/solve", json=document(orders=[order("o1"), order("o2", "p2")])), 200)
    served = [stop["order"] for route in plan["routes"] for stop in route["stops"] if stop["kind"] == "order"]
    assert sorted(served) == ["o1", "o2"]
    assert plan["unassigned"] == []
    assert installation.client("rk_wrong").post("/dispatch/v1/solve", json=document()).status_code == 401


def test_a_missing_matrix_is_driven_on_the_road_network(installation: Installation) -> None:
    client = installation.client(key(installation, "dealer system"))
    places = [{"id": "p0", "lon": 117.12, "lat": 36.65}, {"id": "p1", "lon": 116.99, "lat": 36.67}]
    given = document(orders=[order("o1")], places=places)
    del given["travel"]
    plan = ok(client.post("/dispatch/v1/solve", json=given), 200)
    assert plan["routes"][0]["stops"][0]["arrival"] > 300, "some twelve kilometres through a city"


def test_a_large_problem_runs_with_progress_and_can_be_cancelled(installation: Installation) -> None:
    mine = installation.client(key(installation, "mine"))
    other = installation.client(key(installation, "other"))
    large = random_document(3, orders=200, engineers=30, days=1)
    headers = {"Idempotency-Key": new_id()}
    run = ok(mine.post("/dispatch/v1/solve", params={"seconds": 60}, json=large, headers=headers), 202)
    assert other.get(f"/dispatch/v1/runs/{run['id']}").status_code == 404

    def state() -> Json:
        answer: Json = ok(mine.get(f"/dispatch/v1/runs/{run['id']}"))
        return answer

    wait_for(state, lambda now: now["progress"], within_s=60)
    assert mine.delete(f"/dispatch/v1/runs/{run['id']}").status_code == 204
    assert wait_for(state, lambda now: now["state"] == "cancelled", within_s=20)["plan"] is not None


def test_a_broken_problem_names_its_fault(installation: Installation) -> None:
    client = installation.client(key(installation, "dealer system"))
    answer = client.post("/dispatch/v1/solve", json=document(orders=[order("o1", "nowhere")]))
    assert answer.status_code == 422
    assert answer.json()["pointer"] == "/orders/0/place"
