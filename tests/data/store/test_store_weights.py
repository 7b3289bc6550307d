"""Learned weights are kept by kind, replaced whole, forgotten by name; every change is a new version."""

import pytest

from data.store import open_store


@pytest.fixture
def store(tmp_path):
    """An empty store."""
    opened = open_store(tmp_path / "land.sqlite")
    yield opened
    opened.close()


def test_weights_are_kept_replaced_and_forgotten(store):
    before = store.version()
    store.keep_weights({"aggregation": "{}", "supply-chain": "{1}"})
    store.keep_weights({"aggregation": "{2}"})
    assert store.learned_weights() == {"aggregation": "{2}", "supply-chain": "{1}"}
    assert store.version() == before + 2
    assert store.forget_weights(["supply-chain", "public-private"]) == ("supply-chain",)
    assert store.learned_weights() == {"aggregation": "{2}"}
    assert store.version() == before + 3


def test_nothing_kept_and_nothing_forgotten_change_nothing(store):
    before = store.version()
    store.keep_weights({})
    assert store.forget_weights(["aggregation"]) == ()
    assert store.version() == before
