"""The guide cannot go stale: every command and address in it is run, every table in it is compared with the code."""

import html
import json
import re
import shlex
from pathlib import Path

import pytest

from matching.features import FEATURES
from matching.kinds import PARTNERSHIPS
from service import cli, guide
from service.guide import GUIDES, commands, weights
from service.messages import LANGUAGES, Words

PAGES = [
    *(("it", "guida", None), ("en", "guide", None)),
    *(
        (language, "guida" if language == "it" else "guide", name)
        for language in LANGUAGES
        for name in GUIDES[language]
    ),
]
RUN = re.compile(r"<pre class=\"land-command\" data-run[^>]*><code>(.*?)</code></pre>", re.DOTALL)
FILE = re.compile(r"<pre class=\"land-command\" data-file=\"([^\"]+)\"[^>]*><code>(.*?)</code></pre>", re.DOTALL)
LINK = re.compile(r"href=\"(/[^\"]*)\"")
# What the pages say of a command: the import of the sample with a wrong row leaves with 3.
EXPECTED = {"organisations": 3}


def address_of(language: str, guide: str, name: str | None) -> str:
    return f"/{language}/{guide}" + (f"/{name}" if name else "")


def read(client, page) -> str:
    answer = client.get(address_of(*page))
    assert answer.status_code == 200
    return answer.text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: address_of(*page))
def test_every_address_in_the_guide_answers(operator, page):
    links = {html.unescape(link).partition("#")[0] for link in LINK.findall(read(operator, page))}
    assert len(links) > 10
    wrong = {link: status for link in sorted(links) if (status := operator.get(link).status_code) != 200}
    assert wrong == {}


@pytest.mark.parametrize("page", [page for page in PAGES if page[2]], ids=lambda page: address_of(*page))
def test_every_command_in_the_guide_does_what_it_says(own_store, operator, page, tmp_path, monkeypatch, capsys):
    text = read(operator, page)
    lines = [html.unescape(line) for line in RUN.findall(text)]
    assert lines
    for name, content in FILE.findall(text):
        assert Path(name).name == name
        (tmp_path / name).write_text(html.unescape(content), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LAND_STORE", str(tmp_path / "own.sqlite"))
    for line in lines:
        words = shlex.split(line)
        assert words[0] == "land"
        code = cli.run(words[1:])
        expected = EXPECTED.get(words[2], 0) if words[1] == "load" else 0
        assert code == expected, (line, capsys.readouterr().err)
        said = capsys.readouterr().out
        if "--json" in words:
            assert json.loads(said)["kind"] in PARTNERSHIPS
        if "--language" in words and said and "--json" not in words:
            assert "[" not in re.sub(r"\[[a-z]{2}\]", "", said.partition("\n")[0])
        for place, word in enumerate(words):
            if word in {"--out", "--report"}:
                assert (tmp_path / words[place + 1]).stat().st_size > 0, line


def test_files_shown_in_the_guide_are_used_in_it(operator):
    for page in PAGES:
        text = read(operator, page)
        for name, _ in FILE.findall(text):
            assert any(name in html.unescape(line) for line in RUN.findall(text)), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_weights_shown_are_those_that_rank(operator, language):
    text = read(operator, (language, "guida" if language == "it" else "guide", None))
    words = Words(language)
    for kind, rows in weights():
        assert {row.name for row in rows} == set(PARTNERSHIPS[kind].weights)
        for row in rows:
            name = html.escape(words.text(f"sign.{row.name}"), quote=False).replace("'", "&#39;")
            number = f"{'−' if row.points < 0 else ''}{abs(row.points):.0f}"
            assert re.search(rf'{re.escape(name)}</th><td class="land-number">{number}</td>', text), row


def test_a_changed_weight_changes_the_guide(monkeypatch):
    kind = PARTNERSHIPS["aggregation"]
    before = dict(weights())["aggregation"]
    changed = {**kind.weights, "nearby": 0.5}
    monkeypatch.setattr(guide, "PARTNERSHIPS", {"aggregation": type(kind)(**{**fields(kind), "weights": changed})})
    after = dict(weights())["aggregation"]
    assert after != before
    assert after[0].name == "nearby"


def fields(entry) -> dict[str, object]:
    return {name: getattr(entry, name) for name in type(entry).__dataclass_fields__}


def test_every_sign_has_a_name_in_both_languages():
    for language in LANGUAGES:
        for name in FEATURES:
            assert not Words(language).text(f"sign.{name}").startswith("["), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_command_and_option_is_in_the_guide(operator, language):
    import typer

    text = html.unescape(read(operator, (language, "guida" if language == "it" else "guide", None)))
    group = typer.main.get_command(cli.app)
    assert [command.name for command in commands(language)] == sorted(group.commands)
    for name, command in group.commands.items():
        assert f"land {name}" in text
        for parameter in command.params:
            if parameter.param_type_name == "option" and parameter.name != "help":
                assert parameter.opts[-1] in text, (name, parameter.name)
    abouts = [about for each in commands(language) for about in (each.about, *(p.about for p in each.parameters))]
    assert [about for about in abouts if not about or about.startswith("cli.")] == []


def test_signs_in_favour_make_the_hundred_points_that_the_guide_speaks_of():
    for kind, rows in weights():
        assert sum(row.points for row in rows if row.points > 0) == pytest.approx(guide.POINTS), kind
