"""What the operator may set for the pages (`ROADCALL_…`)."""

from urllib.parse import urlsplit

from pydantic import field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class ConsoleSettings(BaseSettings):
    """Unset, the map shows the shipped road network."""

    model_config = SettingsConfigDict(env_prefix="ROADCALL_", extra="ignore")

    tile_url: str = ""
    """WGS-84 map tiles, as https://…/{z}/{x}/{y}.png; GCJ-02 tiles would be half a kilometre off."""

    tile_attribution: str = ""
    """What the tiles' provider wants shown."""

    @field_validator("tile_url")
    @classmethod
    def _has_places(cls, value: str) -> str:
        if value and not all(name in value for name in ("{z}", "{x}", "{y}")):
            raise ValueError("a tile address names {z}, {x} and {y}")
        return value

    @property
    def tile_origin(self) -> str:
        """Scheme and host of the tiles, for the content security policy; empty without tiles of another host."""
        parts = urlsplit(self.tile_url)
        return f"{parts.scheme}://{parts.netloc.replace('{s}', '*')}" if parts.netloc else ""
