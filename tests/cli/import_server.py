"""A server on a loopback port that takes imports as the services do and can be told to misbehave."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

REFUSED_PART = "BAD"


@dataclass
class ImportServer:
    """`batches`: path and rows of every body taken. `answers`: (status, headers) to give first, one per request.
    `poison`: a batch that holds this value in any cell is refused as a whole with 422."""

    url: str = ""
    batches: list[tuple[str, list[dict[str, Any]]]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    poison: Any = None

    def rows(self, kind: str) -> list[dict[str, Any]]:
        """All rows of a kind that were taken, in order."""
        return [row for path, rows in self.batches if path.endswith(f"/{kind}") for row in rows]

    def answer(self, path: str, headers: Any, body: bytes) -> tuple[int, dict[str, str], dict[str, Any]]:
        self.keys.append(headers["Idempotency-Key"])
        if self.answers:
            status, extra = self.answers.pop(0)
            return status, extra, {"title": "told to", "detail": "told to answer so"}
        if headers["Authorization"] != "Bearer good":
            return 401, {}, {"title": "no token", "detail": "the token is not known"}
        rows = json.loads(body)["rows"]
        if any(self.poison is not None and value == self.poison for row in rows for value in row.values()):
            return 422, {}, {"title": "invalid", "detail": "poisoned"}
        self.batches.append((path, rows))
        return 200, {}, {"rows": [self._told(at, row) for at, row in enumerate(rows)]}

    @staticmethod
    def _told(at: int, row: dict[str, Any]) -> dict[str, Any]:
        if row.get("part") == REFUSED_PART:
            problem = {"title": "unknown", "detail": "there is no part BAD", "pointer": f"/rows/{at}/part"}
            return {"row": at, "status": "refused", "problem": problem}
        return {"row": at, "status": "created", "id": f"id-{at}"}


@contextmanager
def import_server() -> Iterator[ImportServer]:
    """Runs one on a free port until the block ends."""
    state = ImportServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status, extra, answer = state.answer(self.path, self.headers, body)
            content = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **extra}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
