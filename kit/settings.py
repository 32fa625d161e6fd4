"""Settings from the environment (`ROADCALL_…`); the README lists them."""

import contextlib
import os
import secrets
from functools import cached_property
from pathlib import Path
from typing import Self

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from kit.files import write_private


def _default_data() -> Path:
    # As root the database runs as another user, who must reach the folder: a home of mode 0700 would not do.
    if os.geteuid() == 0:
        return Path("/var/lib/roadcall")
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local/share")) / "roadcall"


class Settings(BaseSettings):
    """What a process is told from outside. Unset URLs mean the embedded servers that `roadcall run` starts."""

    model_config = SettingsConfigDict(env_prefix="ROADCALL_", extra="ignore")

    data: Path = _default_data()
    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65535)
    database_url: str = ""
    redis_url: str = ""
    secret: str = ""
    """Shared by the services of one installation; signs their calls to each other and the links handed out."""

    requests_per_s: float = Field(50.0, ge=0.0, le=100_000.0)
    """What one person or phone may ask of each service in each process, on average over ten seconds; a system's key
    four times as much, each signed link of guests a twenty-fifth. 0: no limit."""

    accounts_url: str = ""
    orders_url: str = ""
    parts_url: str = ""
    stations_url: str = ""
    dispatch_url: str = ""
    mobile_url: str = ""

    osrm_url: str = ""
    valhalla_url: str = ""
    photos_url: str = ""
    """Where photos are kept: empty means a folder under `data`, otherwise an object store's URL (s3://bucket/prefix)."""

    push_contact: str = ""
    """How the makers of browsers reach the operator (mailto:… or https://…); empty: no web push is sent."""
    push_services: str = "fcm.googleapis.com push.services.mozilla.com notify.windows.com push.apple.com"
    """Hosts (with what lies below them) that web pushes may go to, with spaces between."""
    jpush_url: str = "https://api.jpush.cn"
    jpush_key: str = ""
    """The AppKey of a maker's own app at JPush; empty: nothing is sent there."""
    jpush_secret: str = ""

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: str) -> str:
        if value:
            from sqlalchemy.engine import make_url
            from sqlalchemy.exc import ArgumentError

            try:
                known = make_url(value).drivername.startswith("postgres")
            except (ArgumentError, ValueError):
                known = False
            if not known:
                raise ValueError("is no address of PostgreSQL: write postgresql://user:password@host:5432/database")
        return value

    @field_validator("redis_url")
    @classmethod
    def _is_redis(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("is no address of Redis: write redis://host:6379, rediss://… or unix:///path")
        return value

    @classmethod
    def told(cls) -> Self:
        """What the environment says. Raises SystemExit, naming variable and cure, when it cannot be meant."""
        try:
            return cls()
        except ValidationError as error:
            faults = error.errors(include_input=False, include_url=False)  # an address holds a password
            lines = [f"ROADCALL_{str(fault['loc'][0]).upper()}: {fault['msg']}" for fault in faults]
            raise SystemExit("\n".join(f"roadcall: {line.replace('Value error, ', '')}" for line in lines)) from None

    @cached_property
    def shared_secret(self) -> str:
        """The installation's secret; made and kept (mode 600) under `data` when none is given."""
        if self.secret:
            return self.secret
        path = self.data / "secret"
        if not path.exists():
            mine = path.with_name(f".secret.{os.getpid()}")
            write_private(mine, secrets.token_urlsafe(48))
            # Of several processes that start at once only one gives its secret to all.
            with contextlib.suppress(FileExistsError):
                os.link(mine, path)
            mine.unlink()
        return path.read_text().strip()

    @property
    def worker_ready(self) -> Path:
        """The file that a worker makes once it is warm; one from an earlier life it removes at its start."""
        return self.data / "worker-ready"

    def url_of(self, service: str) -> str:
        """Where a service listens when it is not in this process."""
        url: str = getattr(self, f"{service}_url")
        return url or f"http://{self.host}:{self.port}"
