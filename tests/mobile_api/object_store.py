"""An object store on loopback that speaks as much of S3 as a vault needs, and misbehaves when it is told to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class ObjectStore:
    """`refuses` is the status of every answer, `hangs` lets none come. `seen`: method, path and the key."""

    address: str = ""
    refuses: int | None = None
    hangs: bool = False
    kept: dict[str, bytes] = field(default_factory=dict)
    seen: list[tuple[str, str, str]] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def answer(self, method: str, path: str, content: bytes) -> tuple[int, bytes]:
        if self.hangs:
            self.ended.wait(30)
            raise ConnectionAbortedError("nobody waits any more")
        if self.refuses is not None:
            return self.refuses, b""
        if method == "PUT":
            self.kept[path] = content
            return 200, b""
        return (200, self.kept[path]) if path in self.kept else (404, b"")


@contextmanager
def object_store() -> Iterator[ObjectStore]:
    """On a port of its own while the block lasts."""
    store = ObjectStore()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            signed_by = self.headers.get("Authorization", "").partition("Credential=")[2].partition("/")[0]
            store.seen.append((self.command, self.path, signed_by))
            status, said = store.answer(self.command, self.path, content)
            self.send_response(status)
            headers = {
                "ETag": '"1"',
                "Last-Modified": "Thu, 26 Nov 2026 00:00:00 GMT",
                "Content-Length": str(len(said)),
            }
            for header in headers.items():
                self.send_header(*header)
            self.end_headers()
            self.wfile.write(said)

        do_PUT = do_GET = _answer

        def log_message(self, *_: object) -> None:
            """Not to the test's output."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]  # whoever hung up is no news
    store.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield store
    finally:
        store.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()
