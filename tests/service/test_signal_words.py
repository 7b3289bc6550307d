"""Every signal of the ranking of networks has a name in both languages, and no name is of a signal that is gone."""

from datetime import date, timedelta
from functools import cache
from importlib.resources import files

import numpy as np
import pytest

from data.networks import Network, network_of
from matching.generated import generate
from matching.generated_recipes import RECIPES
from matching.network_frames import is_dated
from matching.network_profiles import ATTRIBUTES, build_profiles
from matching.network_signals import build_signals
from matching.network_weights import PRIOR
from service.evaluation_words import ranker_name, signal_name
from service.messages import LANGUAGES, Words, read_po

PREFIX = "evaluate.signal."


def rich() -> Network:
    """Forty organisations of which everything is known, at work together with dates, sectors, texts and rivals."""
    chance = np.random.default_rng(3)
    nodes = [
        {
            "id": f"o{row:02}", "name": f"Ente {'abcde'[row % 5] * 4}", "type": f"kind{row % 3}",
            "country": f"c{row % 2}", "nuts2": f"r{row % 4}", "nuts3": f"p{row % 8}", "city": f"m{row % 16}",
            "sector": f"s{row % 6}", "lat": 41 + row / 40, "lon": 12 + row / 50, "text": f"lavori {'xyz'[row % 3] * 5}",
        }
        for row in range(40)
    ]  # fmt: skip
    links = [
        {
            "project": f"g{group:03}", "org": f"o{row:02}", "date": str(date(2015, 1, 1) + timedelta(days=30 * group)),
            "sector": f"t{group % 5}", "text": f"opera {'klm'[group % 3] * 4}", "lot": f"l{group // 2:03}",
        }
        for group in range(80)
        for row in chance.choice(40, 3, replace=False)
    ]  # fmt: skip
    return network_of(nodes, links)


@cache
def made() -> frozenset[str]:
    """Names of all signals that are made for a network of which everything is known, and for invented ones."""
    found: set[str] = set()
    for network in (rich(), *(generate(kind, 120).network for kind in RECIPES)):
        for dated in {is_dated(network), False}:
            signals = build_signals(network, build_profiles(network), dated)
            found |= {name for name, _ in signals.of(np.zeros(1, dtype=np.int64))}
    return frozenset(found)


def test_the_networks_above_make_every_signal():
    assert set(PRIOR) <= made()
    assert {f"same-{name}" for name in ATTRIBUTES if name != "kinds"} <= made()
    assert {"rivals", "topics", "objects", "nearness", "latest-popularity", "two-steps-ever"} <= made()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_signal_has_a_name_of_its_own_and_no_name_is_left_over(language):
    room = files("service").joinpath("web", "locale", language, "network_signals.po").read_text(encoding="utf-8")
    named = read_po(room)
    assert {key.removeprefix(PREFIX) for key in named} == made()
    words = Words(language)
    said = [signal_name(name, words) for name in made()]
    assert len(set(said)) == len(said)
    assert not set(said) & made()


def test_a_variant_is_called_by_what_it_lacks_or_has():
    assert ranker_name("without:same-nuts3", Words("it")) == "senza «stessa provincia»"
    assert ranker_name("only:same-nuts3", Words("en")) == "only “same province”"
