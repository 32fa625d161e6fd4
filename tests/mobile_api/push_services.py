"""Push services on loopback that speak their documented formats, and remember what was asked of them."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

APP_KEY, MASTER_SECRET = "7d431e42dfa6a6d693ac2d04", "5e987ac6d2e04d95a9d8f0d1"


@dataclass
class PushStub:
    """`status`, `error` and `message` are what it answers next, at once unless the path is `held`; `asked` holds
    (path, headers, body)."""

    address: str
    status: int = 0
    error: int | None = None
    message: str = ""
    held: str = ""
    let_go: Event = field(default_factory=Event)
    answered: int = 0
    asked: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        self.asked.append((path, headers, body))
        if path == self.held:
            self.let_go.wait()
        if path == "/v3/push":
            return self._jpush(headers, body)
        return self.status or self._web_push(headers, body), None

    def _web_push(self, headers: dict[str, str], body: bytes) -> int:
        """RFC 8030 and 8292: 201, or 400/401/403 for what a real service refuses."""
        scheme, _, given = headers.get("authorization", "").partition(" ")
        said = dict(part.strip().split("=", 1) for part in given.split(","))
        if scheme != "vapid" or not {"t", "k"} <= set(said):
            return 401
        x_y = base64.urlsafe_b64decode(said["k"] + "=" * (-len(said["k"]) % 4))
        numbers = {"x": x_y[1:33], "y": x_y[33:]}
        member = {name: base64.urlsafe_b64encode(value).rstrip(b"=").decode() for name, value in numbers.items()}
        token = jwt.decode(said["t"], ECKey.import_key({"kty": "EC", "crv": "P-256", **member}), algorithms=["ES256"])
        if token.claims["aud"] != self.address or not token.claims["sub"].startswith("mailto:"):
            return 403
        return 201 if headers.get("ttl", "").isdecimal() and body == b"" else 400

    def _jpush(self, headers: dict[str, str], body: bytes) -> tuple[int, Any]:
        known = base64.b64encode(f"{APP_KEY}:{MASTER_SECRET}".encode()).decode()
        if headers.get("authorization") != f"Basic {known}":
            return 401, {"error": {"code": 1004, "message": "authen failed"}}
        if self.error is not None:
            return self.status or 400, {"error": {"code": self.error, "message": self.message}}
        push = json.loads(body)
        if push["platform"] != "all" or not push["audience"]["registration_id"] or not push["notification"]["alert"]:
            return 400, {"error": {"code": 1002, "message": "missing parameter"}}
        return 200, {"sendno": "0", "msg_id": "18100287008546151"}


@contextmanager
def push_stub() -> Iterator[PushStub]:
    """A push service that listens until the block ends."""
    stub = PushStub("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, said = stub.answer(self.path, headers, body)
            content = b"" if said is None else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
            stub.answered += 1

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    stub.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
