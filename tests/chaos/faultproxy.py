"""A TCP proxy on loopback that loses replies and cuts the line, one way or both."""

import asyncio
import random
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

Way = Literal["there", "back"]
Line = Literal["open", "refused", "silent", "silent_there", "silent_back"]
"""`refused`: connections break and none is made. `silent…`: nothing arrives (in one direction), as when a cable is
pulled; what was on its way arrives once the line is open again."""
LINES: tuple[Line, ...] = ("refused", "silent", "silent_there", "silent_back")
CHUNK = 65_536


@dataclass
class Edge:
    """One line between two of the installation. `drop_reply` is the share of replies that are lost after the effect."""

    name: str
    target: int | Path
    """A port on loopback, or a unix socket."""
    random: random.Random
    drop_reply: float = 0.0
    dropped: int = 0
    port: int = 0
    _line: Line = "open"
    _opened: asyncio.Event = field(default_factory=asyncio.Event)
    _connections: set[asyncio.StreamWriter] = field(default_factory=set)
    _server: asyncio.Server | None = None

    async def listen(self) -> None:
        """Take connections on a free port."""
        self._opened.set()
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def set(self, line: Line) -> None:
        """Cut the line or mend it; call in the loop that listens."""
        self._line = line
        if line == "open":
            self._opened.set()
        else:
            self._opened.clear()
        if line == "refused":
            for writer in list(self._connections):
                writer.transport.abort()

    async def close(self) -> None:
        self.set("refused")
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._line == "refused":
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        link = _Link((writer, far_writer))
        self._connections |= set(link.ends)
        try:
            await asyncio.gather(
                self._pump(link, reader, far_writer, "there"), self._pump(link, far_reader, writer, "back")
            )
        finally:
            self._connections -= set(link.ends)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.target, Path):
            return await asyncio.open_unix_connection(str(self.target))
        return await asyncio.open_connection("127.0.0.1", self.target)

    async def _pump(self, link: "_Link", reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        with suppress(OSError):
            while data := await reader.read(CHUNK):
                while self._line in ("silent", f"silent_{way}"):
                    await self._opened.wait()
                if way == "there":
                    link.asked = True
                elif link.asked:  # the first bytes of a reply
                    link.asked = False
                    if self.drop_reply and self.random.random() < self.drop_reply:
                        self.dropped += 1
                        break
                writer.write(data)
                await writer.drain()
        link.abort()


@dataclass
class _Link:
    """Both ends of one connection."""

    ends: tuple[asyncio.StreamWriter, asyncio.StreamWriter]
    asked: bool = False

    def abort(self) -> None:
        for end in self.ends:
            end.transport.abort()
