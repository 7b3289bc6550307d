# SPDX-License-Identifier: EUPL-1.2
"""The guide inside the product: its pages, and what they take from the code so that it cannot go stale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from data.model import Evidence
from matching.kinds import PARTNERSHIPS
from service.home import examples_of
from service.messages import Words, has
from service.partner_cards import POINTS
from service.snapshot import Snapshot
from service.source_page import shelves_of

if TYPE_CHECKING:
    from matching.graph import PartnerIndex

# The last part of a guide page's address -> its template, by language.
GUIDES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {
        "it": {
            "cooperativa": "cooperative",
            "federazione": "federation",
            "pianificazione": "planning",
            "registri": "registers",
            "dossier": "dossiers",
            "territorio": "territory",
            "paese": "national",
            "doppioni": "duplicates",
            "misure": "measures",
            "elenco": "batch",
        },
        "en": {
            "cooperative": "cooperative",
            "federation": "federation",
            "planning": "planning",
            "registers": "registers",
            "dossiers": "dossiers",
            "territory": "territory",
            "country": "national",
            "duplicates": "duplicates",
            "measures": "measures",
            "list": "batch",
        },
    }
)


@dataclass(frozen=True, slots=True)
class Weight:
    """One sign of a kind and the most points it gives (negative: takes); `chosen` what the expert weights give it,
    where those in force were learned."""

    name: str
    points: float
    chosen: float | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument or option of a command."""

    name: str
    about: str


@dataclass(frozen=True, slots=True)
class Command:
    """One command of `land` with what it takes."""

    name: str
    about: str
    usage: str
    parameters: tuple[Parameter, ...]


def guide_of(snapshot: Snapshot, words: Words, name: str) -> dict[str, Any]:
    """What a page of the guide shows beside its own words."""
    found: dict[str, Any] = {"examples": examples_of(snapshot), "points": POINTS}
    if name == "index":
        found |= {
            "guide_names": tuple(GUIDES["it"]),
            "weights": weights(snapshot.index),
            "commands": commands(words.language),
            "marks": tuple(Evidence),
        }
    return found | {"shelves": shelves_of(snapshot, words.language)}


def weights(index: PartnerIndex | None = None) -> tuple[tuple[str, tuple[Weight, ...]], ...]:
    """For each kind of partnership its signs and their points, the weightiest first: the table that ranks.

    Of an index those in force there, learned or not; without one the expert weights.
    """
    found = []
    for kind in PARTNERSHIPS.values():
        used = kind.weights if index is None else index.weights_of(kind)
        chosen = kind.weights if used is not kind.weights else {}
        rows = (
            Weight(name, weight * POINTS, chosen[name] * POINTS if chosen else None) for name, weight in _heaviest(used)
        )
        found.append((kind.name, tuple(rows)))
    return tuple(found)


def _heaviest(table: Mapping[str, float]) -> list[tuple[str, float]]:
    return sorted(table.items(), key=lambda entry: -entry[1])


@lru_cache(maxsize=4)
def commands(language: str) -> tuple[Command, ...]:
    """Every command of the command line, read from the command line itself."""
    import typer

    from service.cli import app

    group: Any = typer.main.get_command(app)
    words = Words(language)
    return tuple(_command(command, words) for _, command in sorted(group.commands.items()))


def _command(command: Any, words: Words) -> Command:
    parameters = [each for each in command.params if each.name != "help"]
    arguments = [each for each in parameters if each.param_type_name == "argument"]
    options = [each for each in parameters if each.param_type_name != "argument"]
    usage = " ".join(["land", str(command.name), *(_argument(each) for each in arguments)])
    return Command(
        name=str(command.name),
        about=_in_words(command.help, words),
        usage=usage,
        parameters=(
            *(Parameter(_argument(each), _in_words(each.help, words)) for each in arguments),
            *(Parameter(_option(each), _in_words(each.help, words)) for each in options),
        ),
    )


def _argument(parameter: Any) -> str:
    return str(parameter.metavar or parameter.name.upper())


def _option(parameter: Any) -> str:
    name = str(parameter.opts[-1])
    return name if parameter.is_flag else f"{name} {parameter.metavar or parameter.name.upper()}"


def _in_words(key: str | None, words: Words) -> str:
    return words.text(key) if key and has(key) else (key or "")
