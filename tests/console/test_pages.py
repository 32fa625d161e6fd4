"""The built pages over HTTP: what is served where, what may be cached, what a page may load."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from console.basemap import map_router
from console.pages import DIST, pages_router, security_headers
from console.settings import ConsoleSettings
from data import BASEMAP_CN
from kit.web import answer_with_problems

HTML = {"Accept": "text/html"}
OF_ONE = {"/help", "/orders", "/replacement", "/track"}


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Roadcall</title>")
    (folder / "assets/index-abc123.js").write_text("export {}")
    (tmp_path / "secret").write_text("not for the web")
    return folder


@pytest.fixture
def pages(dist: Path) -> Iterator[TestClient]:
    app = FastAPI()
    app.include_router(map_router(ConsoleSettings(tile_url="https://t.example/{z}/{x}/{y}.png", tile_attribution="T")))
    app.include_router(pages_router(dist))
    answer_with_problems(app)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


ROUTER = (DIST.parent / "src/state/router.svelte.ts").read_text(encoding="utf-8")
OWN = {
    f"/{first}/{second}".rstrip("/")
    for first, second in re.findall(r'first === "(\w+)"(?: && second === (?:"(\w+)"|undefined))?', ROUTER)
}
"""What the pages' router knows by name; those that need a second word are asked with one below."""


def test_the_router_of_the_pages_is_read() -> None:
    assert {"/care/money", "/fleet", "/network"} <= OWN


@pytest.mark.parametrize("path", ["/", "/orders/0192f0c4", "/replacement/a.signed.token", *sorted(OWN - OF_ONE)])
def test_the_pages_own_addresses_get_the_page_and_ask_again_each_time(pages: TestClient, path: str) -> None:
    answer = pages.get(path)
    assert answer.status_code == 200
    assert "Roadcall" in answer.text
    assert answer.headers["cache-control"] == "no-cache"


def test_hashed_files_are_kept_for_ever(pages: TestClient) -> None:
    answer = pages.get("/assets/index-abc123.js")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith("text/javascript")


def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs(pages: TestClient) -> None:
    person, program = pages.get("/nothing/here", headers=HTML), pages.get("/nothing/v1/here")
    assert (person.status_code, person.headers["content-type"][:9]) == (404, "text/html")
    assert (program.status_code, program.headers["content-type"]) == (404, "application/problem+json")
    assert pages.get("/assets/index-gone.js", headers=HTML).status_code == 404


@pytest.mark.parametrize(
    "path", ["/assets/..%2findex.html", "/assets/..%2f..%2fsecret", "/assets/%2e%2e/%2e%2e/secret"]
)
def test_nothing_outside_the_build_is_served(pages: TestClient, path: str) -> None:
    assert "not for the web" not in pages.get(path).text
    assert pages.get(path).status_code == 404


def test_pages_that_are_not_built_say_so(dist: Path, pages: TestClient) -> None:
    (dist / "index.html").unlink()
    answer = pages.get("/", headers=HTML)
    assert answer.status_code == 503
    assert "make web" in answer.json()["detail"]


def test_a_page_may_load_from_here_and_the_operators_tiles_only() -> None:
    policy = security_headers("https://*.tiles.example")["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "img-src 'self' data: https://*.tiles.example" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


def test_tiles_are_told_to_the_page(pages: TestClient) -> None:
    answer = pages.get("/console/v1/config").json()
    assert answer == {"tile_url": "https://t.example/{z}/{x}/{y}.png", "tile_attribution": "T"}
    assert ConsoleSettings(tile_url="https://{s}.t.example:8443/{z}/{x}/{y}").tile_origin == "https://*.t.example:8443"
    assert ConsoleSettings().tile_origin == ""


def test_a_tile_address_without_places_is_refused() -> None:
    with pytest.raises(ValueError, match="names"):
        ConsoleSettings(tile_url="https://t.example/map.png")


@pytest.mark.parametrize("encoding", ["gzip", "identity"])
def test_the_basemap_is_the_same_packed_or_not(pages: TestClient, encoding: str) -> None:
    answer = pages.get("/console/v1/basemap", headers={"Accept-Encoding": encoding})
    assert answer.headers.get("content-encoding", "identity") == encoding
    assert answer.content == BASEMAP_CN.read_bytes()


def test_the_phone_has_a_build_of_its_own(dist: Path, pages: TestClient) -> None:
    app = dist / "phone"
    (app / "assets").mkdir(parents=True)
    (app / "index.html").write_text("<!doctype html><title>Phone</title>")
    (app / "sw.js").write_text("self")
    (app / "manifest.webmanifest").write_text("{}")
    (app / "assets/index-1.js").write_text("export {}")
    assert pages.get("/phone", follow_redirects=False).headers["location"] == "/phone/"
    assert "Phone" in pages.get("/phone/").text
    worker, manifest = pages.get("/phone/sw.js"), pages.get("/phone/manifest.webmanifest")
    assert (worker.headers["content-type"][:15], worker.headers["cache-control"]) == ("text/javascript", "no-cache")
    assert manifest.headers["content-type"] == "application/manifest+json"
    assert "immutable" in pages.get("/phone/assets/index-1.js").headers["cache-control"]
    assert pages.get("/phone/%2e%2e").status_code == pages.get("/phone/assets/%2e%2e").status_code == 404
