"""The board as a new user sees it: demo network, first sign-in, both languages. `make pictures` keeps the pictures."""

import os
import shutil
from pathlib import Path

import httpx
import pytest

from tests.console.browser import board_screenshot
from tests.journeys.installation import Installation, start
from tests.journeys.world import wait_for

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]
ADMIN = {"name": "Lin Jing", "login": "lin.jing", "password": "a long password of the tests"}


def plans(running: Installation) -> list[int]:
    client = running.admin
    territories = client.get("/stations/v1/territories", params={"limit": 200}).raise_for_status().json()["items"]
    found = [client.get(f"/dispatch/v1/territories/{one['id']}/plan").raise_for_status().json() for one in territories]
    return [plan["served"] for plan in found]


def foreseen(running: Installation) -> int:
    """Open clocks whose stop the plan predicts, as orders knows it."""
    page = running.admin.get("/orders/v1/orders", params={"limit": 200}).raise_for_status().json()
    return sum(any(clock["predicted"] for clock in order["clocks"]) for order in page["items"])


def test_a_new_user_sees_the_demo_network(scratch: Path, tmp_path: Path) -> None:
    running = start(scratch / "picture", demo="branch")
    try:
        token = (running.data / "first-run-token").read_text().strip()
        made = httpx.post(f"{running.address}/accounts/v1/first-run", json={"token": token, **ADMIN})
        assert made.status_code == 201, made.text
        again = httpx.post(f"{running.address}/accounts/v1/first-run", json={"token": token, **ADMIN})
        assert again.status_code in (401, 404, 409), "the first-run token works once"
        wait_for(lambda: plans(running), lambda served: sum(served) >= 170, within_s=60)
        wait_for(lambda: foreseen(running), lambda clocks: clocks >= 150, within_s=60)
        for language in ("en", "zh"):
            picture = tmp_path / f"board-{language}.png"
            board_screenshot(
                running.address,
                picture,
                login=ADMIN["login"],
                password=ADMIN["password"],
                language=language,
                open_first_order=True,
            )
            assert picture.stat().st_size > 100_000, "an empty page is a small picture"
            if kept := os.environ.get("ROADCALL_PICTURES"):
                shutil.copy(picture, kept)
    finally:
        left = running.stop()
    assert left == []
