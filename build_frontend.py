"""Build hook: brings the front-end libraries that pages need."""

from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontEndHook(BuildHookInterface[Any]):
    """Copies pinned browser libraries into the package before it is built."""
