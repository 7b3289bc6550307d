"""Settings: every one has a default that works, is read from LAND_..., and stands in the reader's documents."""

import ast
from pathlib import Path

import pytest
from pydantic import ValidationError

from service import settings
from service.cli import app
from service.settings import Settings

HOUSE = Path(settings.__file__).resolve().parent.parent


def test_no_setting_is_needed():
    plain = Settings()
    assert (plain.host, plain.port, plain.public, plain.language, plain.rate_limit) == (
        "127.0.0.1", 8000, False, "it", 100
    )  # fmt: skip
    assert plain.store.endswith("land.sqlite")
    assert plain.tiles == ""
    assert all(field.description for field in Settings.model_fields.values())


def test_the_environment_is_heard(monkeypatch):
    for name, value in {
        "STORE": "/x/y.sqlite",
        "PORT": "9",
        "PUBLIC": "1",
        "LANGUAGE": "en",
        "RATE_LIMIT": "7",
    }.items():
        monkeypatch.setenv(f"LAND_{name}", value)
    heard = Settings()
    assert (heard.store, heard.port, heard.public, heard.language, heard.rate_limit) == (
        "/x/y.sqlite",
        9,
        True,
        "en",
        7,
    )
    assert heard.store_path() == Path("/x/y.sqlite")
    assert Settings(store="sqlite:////x/y.sqlite").store_path() == Path("/x/y.sqlite")
    assert Settings(store="postgresql+psycopg://h/d").store_path() is None


@pytest.mark.parametrize(
    ("name", "value"),
    [("port", 70_000), ("port", -1), ("language", "fr"), ("rate_limit", -1), ("body_limit", 0), ("store", ""),
     ("log_level", "LOUD"), ("body_seconds", 0), ("trusted_proxies", "*"), ("trusted_proxies", "10.0.0.1, proxy")],
)  # fmt: skip
def test_a_wrong_value_is_refused_by_name(name, value):
    with pytest.raises(ValidationError) as refused:
        Settings(**{name: value})
    assert refused.value.errors()[0]["loc"] == (name,)


def test_trusted_proxies_are_named_by_commas():
    assert Settings().proxies == []
    assert Settings(trusted_proxies=" 127.0.0.1, 10.0.0.0/8 ,,::1").proxies == ["127.0.0.1", "10.0.0.0/8", "::1"]


def test_only_the_settings_read_the_environment():
    reading = []
    for file in sorted(HOUSE.glob("*/**/*.py")):
        if file.parts[len(HOUSE.parts)] not in {"data", "geo", "matching", "service"} or file.name == "settings.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            named = getattr(node, "attr", None) or getattr(node, "id", None)
            if named in {"environ", "getenv"}:
                reading.append(f"{file.name}:{node.lineno}")
    assert reading == []


def test_every_setting_and_command_stands_in_the_readme_or_the_guide():
    guide = "".join(file.read_text(encoding="utf-8") for file in sorted((HOUSE / "service/web/guide").rglob("*.html")))
    said = (HOUSE / "README.md").read_text(encoding="utf-8") + guide
    assert [name for name in Settings.model_fields if f"LAND_{name.upper()}" not in said] == []
    commands = [each.name or each.callback.__name__.replace("_", "-") for each in app.registered_commands]
    assert len(commands) >= 8
    assert [name for name in commands if f"land {name}" not in said] == []
