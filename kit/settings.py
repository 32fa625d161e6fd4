"""Settings from the environment (`ROADCALL_…`); the README lists them."""

import contextlib
import os
import secrets
from functools import cached_property
from pathlib import Path

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
    port: int = 8000
    database_url: str = ""
    redis_url: str = ""
    secret: str = ""
    """Shared by the services of one installation; signs their calls to each other and the links handed out."""

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
