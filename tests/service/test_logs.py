# SPDX-License-Identifier: EUPL-1.2
"""Logs go to stderr as it is at the moment of writing."""

import io
import json
import logging
import sys

import pytest

from service.logs import configure_logs


@pytest.fixture
def root_logger():
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield root
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_stream_that_was_replaced_and_closed_gets_nothing(monkeypatch, root_logger):
    first, second = io.StringIO(), io.StringIO()
    monkeypatch.setattr(sys, "stderr", first)
    configure_logs("INFO")
    logging.getLogger("service").info("one")
    monkeypatch.setattr(sys, "stderr", second)
    written = first.getvalue()
    first.close()
    logging.getLogger("service").info("two")
    assert json.loads(written)["message"] == "one"
    assert "Traceback" not in second.getvalue()
    assert json.loads(second.getvalue())["message"] == "two"
