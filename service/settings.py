# SPDX-License-Identifier: EUPL-1.2
"""What an operator can change, each with a default that works; the only reader of the environment (`LAND_...`)."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Literal

from platformdirs import user_cache_path, user_data_path
from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

Language = Literal["it", "en"]


def default_store() -> str:
    """Path of the SQLite file under the user's data folder."""
    return str(user_data_path("land-lazio", appauthor=False) / "land.sqlite")


def default_cache() -> str:
    """Folder of downloaded files under the user's cache folder."""
    return str(user_cache_path("land-lazio", appauthor=False) / "downloads")


class Settings(BaseSettings):
    """One value per setting, read from `LAND_` + its name in capitals; wrong values stop the start with their name."""

    model_config = SettingsConfigDict(env_prefix="LAND_", frozen=True, extra="ignore")

    store: str = Field(
        default_factory=default_store,
        min_length=1,
        description="Where the data are: a file (SQLite) or a postgresql+psycopg:// address (PostGIS).",
    )
    cache: str = Field(
        default_factory=default_cache, min_length=1, description="Folder where `land fetch` keeps what it downloads."
    )
    host: str = Field(default="127.0.0.1", description="Address that `land serve` listens on.")
    port: int = Field(
        default=8000, ge=0, le=65535, description="Port that `land serve` listens on; 0 takes a free one."
    )
    public: bool = Field(default=False, description="Serve read-only, and only public rows and fields.")
    language: Language = Field(default="it", description="Language where the reader has not chosen one.")
    example: bool = Field(default=True, description="Fill an empty store with the demonstration organisations.")
    rate_limit: int = Field(
        default=100,
        ge=0,
        le=1_000_000,
        description="Searches, recommendations and exports a minute per visitor with --public; 0 means no limit.",
    )
    body_limit: int = Field(
        default=262_144, ge=1_024, le=1_073_741_824, description="Largest request body taken, in bytes."
    )
    upload_limit: int = Field(
        default=20_000_000, ge=1_024, le=1_073_741_824, description="Largest file taken on the pages, in bytes."
    )
    body_seconds: float = Field(
        default=10.0, gt=0, le=600, description="Seconds within which a request body must have arrived."
    )
    trusted_proxies: str = Field(
        default="",
        max_length=1_000,
        description="Addresses or networks of reverse proxies, by commas; only their word on who asks is taken.",
    )
    tiles: str = Field(
        default="",
        max_length=500,
        pattern=r"^(https://[A-Za-z0-9.-]+(:\d+)?/[^\s;,'\"]*)?$",
        description="Address of an online map layer with {z}/{x}/{y}; empty means none, so nobody is told who looks.",
    )
    tiles_credit: str = Field(default="", max_length=200, description="Attribution that the map layer asks for.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level logged.")

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, given: str) -> str:
        for part in given.split(","):
            if part.strip():
                ipaddress.ip_network(part.strip())
        return given

    @property
    def proxies(self) -> list[str]:
        """The trusted proxies, one by one."""
        return [part.strip() for part in self.trusted_proxies.split(",") if part.strip()]

    def store_path(self) -> Path | None:
        """The SQLite file, or None when the store is a server."""
        if "://" in self.store and not self.store.startswith("sqlite:///"):
            return None
        return Path(self.store.removeprefix("sqlite:///"))
