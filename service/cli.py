# SPDX-License-Identifier: EUPL-1.2
"""The command line, `land`. Only typer is imported here; what a command needs is imported when it runs.

Help texts are message keys (`cli.po`) and become words in `main`, in the reader's language.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from data.errors import InvalidValue, LandError, UnknownOrganisation
from service.errors import EXIT_DONE, EXIT_FAILED, EXIT_REJECTED, EXIT_USAGE, InvalidSetting, NotPublic, outcome
from service.messages import LANGUAGES, Words, has

if TYPE_CHECKING:
    from data.model import Municipality
    from data.records import Outcome, Source
    from data.store import LoadReport, Store
    from service.settings import Settings
    from service.snapshot import Found, Snapshot

app = typer.Typer(
    name="land", help="cli.land", add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False
)

# typer offers the base of its usage errors under no public name.
USAGE_ERROR: Final[type[Exception]] = typer.BadParameter.__mro__[1]
REJECTIONS_SHOWN: Final = 10
_NO_SUCH_COMMAND: Final = re.compile(r"No such command '(.*)'\.", re.DOTALL)
_LONGEST_NAME: Final = 60
_HELP_WORDS: Final = {
    "Usage:": "cli.help.usage",
    "Options:": "cli.help.options",
    "Commands:": "cli.help.commands",
    "Arguments:": "cli.help.arguments",
    "Show this message and exit.": "cli.help.help",
    "[required]": "cli.help.required",
    "[default: ": "cli.help.default",
    "Try '": "cli.help.try",
}

LanguageOption = Annotated[str | None, typer.Option("--language", help="cli.option.language", metavar="it|en")]
JsonOption = Annotated[bool, typer.Option("--json", help="cli.option.json")]
OutOption = Annotated[Path, typer.Option("--out", help="cli.option.out")]
AllOption = Annotated[bool, typer.Option("--all", help="cli.option.all")]


# --- starting -------------------------------------------------------------------------------------------------


def main(arguments: Sequence[str] | None = None) -> None:
    """The entry of `land`: runs a command and leaves with its exit code."""
    sys.exit(run(list(sys.argv[1:] if arguments is None else arguments)))


def run(arguments: Sequence[str]) -> int:
    """Runs one command line and returns the exit code; what went wrong is said in words, never as a traceback."""
    asked = _language_asked(arguments)
    command = typer.main.get_command(app)
    _put_into_words(command, Words(asked or LANGUAGES[0]))
    try:
        code = command.main(args=list(arguments) or ["--help"], prog_name="land", standalone_mode=False)
    except LandError as error:
        _complain(_words(asked).text(error.key, **error.params))
        if isinstance(error, UnknownOrganisation):
            _complain(_words(asked).text("cli.search.hint"))
        return outcome(error).exit
    except (typer.Abort, KeyboardInterrupt):
        _complain(_words(asked).text("cli.stopped"))
        return EXIT_FAILED
    except Exception as error:  # noqa: BLE001 - a person must never read a traceback
        return _say_failure(error, _words(asked))
    return int(code or EXIT_DONE)


def _language_asked(arguments: Sequence[str]) -> str | None:
    """The language named on the line, wherever it stands."""
    for place, argument in enumerate(arguments):
        name, _, value = argument.partition("=")
        if name == "--language" and not value and place + 1 < len(arguments):
            value = arguments[place + 1]
        if name == "--language" and value in LANGUAGES:
            return value
    return None


def _words(asked: str | None) -> Words:
    """Words of the language asked for, else of the setting, else Italian."""
    if asked in LANGUAGES:
        return Words(asked)
    from pydantic import ValidationError

    from service.settings import Settings

    try:
        return Words(Settings().language)
    except ValidationError:
        return Words(LANGUAGES[0])


def _settings(**given: Any) -> Settings:
    """The settings, with what the command line gives in front of the environment."""
    from pydantic import ValidationError

    from service.settings import Settings

    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        wrong = error.errors()[0]
        name = str(wrong["loc"][0]) if wrong["loc"] else ""
        raise InvalidSetting(setting=f"LAND_{name.upper()}", reason=wrong["msg"]) from error


def _complain(text: str) -> None:
    typer.echo(text, err=True)


def _say_failure(error: Exception, words: Words) -> int:
    """Wrong usage as such; a full disk or a closed door as what it is; anything else with the place in the code."""
    if isinstance(error, USAGE_ERROR):
        _complain(words.text("cli.wrong-usage", what=_usage_words(error, words)))
        return EXIT_USAGE
    if isinstance(error, OSError):
        from service.written_files import trouble

        where = Path(str(error.filename)).name if error.filename else ""
        _complain(words.text("cli.file-trouble", file=where, why=trouble(error, words)))
        return EXIT_FAILED
    from service.logs import places

    _complain(words.text("error.unexpected"))
    _complain(words.text("cli.for-the-report", where=" < ".join(reversed(places(error)[:12]))))
    return EXIT_FAILED


def _usage_words(error: Any, words: Words) -> str:
    """What is wrong with the line, by the kind of typer's error."""
    parameter = getattr(error, "param", None)
    name = getattr(error, "option_name", None)
    if name is None and parameter is not None:
        name = parameter.metavar if parameter.param_type_name == "argument" else parameter.opts[-1]
    unknown = _NO_SUCH_COMMAND.fullmatch(str(getattr(error, "message", "")))
    if unknown:
        commands = ", ".join(sorted(typer.main.get_command(app).commands))  # type: ignore[attr-defined] # it is a group
        return words.text("cli.usage.unknown-command", name=unknown[1][:_LONGEST_NAME], commands=commands)
    key = f"cli.usage.{type(error).__name__}"
    if has(key) and name:
        return words.text(key, name=name)
    return words.text("cli.usage.line", line=error.ctx.command_path if error.ctx else "land", detail=error.message)


def _put_into_words(command: Any, words: Words) -> None:
    """Replaces the message keys in a command and below it by words."""
    if command.help and has(command.help):
        command.help = command.short_help = words.text(command.help)
    for parameter in command.params:
        if getattr(parameter, "help", None) and has(parameter.help):
            parameter.help = words.text(parameter.help)
    english: Callable[[Any], str] = command.get_help
    command.get_help = lambda context: _translated_help(english(context), words)
    for below in getattr(command, "commands", {}).values():
        _put_into_words(below, words)


def _translated_help(text: str, words: Words) -> str:
    for english, key in _HELP_WORDS.items():
        text = text.replace(english, words.text(key))
    return text


# --- serve ----------------------------------------------------------------------------------------------------


@app.command(help="cli.serve")
def serve(
    host: Annotated[str | None, typer.Option(help="cli.serve.host")] = None,
    port: Annotated[int | None, typer.Option(help="cli.serve.port", min=0, max=65535)] = None,
    public: Annotated[bool, typer.Option("--public", help="cli.serve.public")] = False,
    language: LanguageOption = None,
) -> int:
    """Serves the pages and the API until it is stopped."""
    from service.protection import is_loopback

    settings = _settings(host=host, port=port, public=public or None, language=language)
    if not settings.public and not is_loopback(settings.host):
        raise NotPublic(host=settings.host)
    from service.logs import configure_logs
    from service.serving import serve_until_stopped

    configure_logs(settings.log_level)
    with _open(settings) as store:
        words = Words(settings.language)
        _fill_at_first_run(store, settings, words)
        return serve_until_stopped(
            settings, store, lambda address: _complain(words.text("cli.serving", address=address))
        )


@contextmanager
def _open(settings: Settings) -> Iterator[Store]:
    from data.store import open_store

    store = open_store(settings.store)
    try:
        yield store
    finally:
        store.close()


def _fill_at_first_run(store: Store, settings: Settings, words: Words) -> None:
    """Puts the demonstration organisations into a store that knows no cooperative yet."""
    from data.example import EXAMPLE
    from data.model import Audience, OrganisationKind

    if not settings.example or any(done.source == EXAMPLE.info.name for done in store.loads()):
        return
    if any(body.kind is OrganisationKind.COOPERATIVE for body in store.organisations(Audience.OPERATOR)):
        return
    report = store.load(EXAMPLE, [])
    _complain(words.text("cli.example-loaded", rows=report.added))


# --- load and sources -----------------------------------------------------------------------------------------


@app.command(help="cli.load")
def load(
    source: Annotated[str, typer.Argument(help="cli.load.source", metavar="SOURCE")],
    paths: Annotated[list[Path], typer.Argument(help="cli.load.paths", metavar="PATH")],
    columns: Annotated[Path | None, typer.Option(help="cli.load.columns")] = None,
    complete: Annotated[bool, typer.Option("--complete", help="cli.load.complete")] = False,
    report: Annotated[Path | None, typer.Option(help="cli.load.report")] = None,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> int:
    """Imports the files of one source: all of it or nothing, with an account of every row."""
    from data.records import ReadOptions
    from data.sources import source as source_named
    from data.sources.reading import column_map
    from service.written_files import prepared, spare

    settings = _settings(language=language)
    words = Words(settings.language)
    wanted = source_named(source)
    options = ReadOptions(columns=column_map(columns) if columns else {})
    if report is not None:
        spare("--report", report, [*paths, columns, settings.store_path()], words)
    with prepared(report) as write, _open(settings) as store:
        done = store.load(_with_progress(wanted, words), paths, options, complete=complete)
        write(report_text(done, words))
    if as_json:
        typer.echo(_json(done.counts()))
    else:
        _tell_load(done, words)
    return EXIT_REJECTED if done.rejected else EXIT_DONE


def _with_progress(source: Source, words: Words) -> Source:
    """The source, its rows counted before the eyes of who waits at a terminal."""
    if not sys.stderr.isatty():
        return source
    from data.records import Source

    def counted(paths: Sequence[Path], options: Any) -> Iterator[Outcome]:
        from rich.console import Console
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        shown = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
        with Progress(*shown, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(words.text("cli.rows-read", rows=0))
            for count, row in enumerate(source.read(paths, options), start=1):
                if count % 500 == 0:
                    progress.update(task, description=words.text("cli.rows-read", rows=count))
                yield row
            progress.update(task, description=words.text("cli.writing"))

    return Source(source.info, counted)


def report_text(done: LoadReport, words: Words) -> str:
    """A CSV with one row per rejected row: file, line, field, value, reason in words."""
    from service.exports import csv_text

    header = ("file", "line", "field", "value", "reason")
    rows = ((row.file, row.line, row.field, row.value, words.render(row.reason)) for row in done.rejections)
    return csv_text(header, rows)


def _tell_load(done: LoadReport, words: Words) -> None:
    typer.echo(words.text("cli.loaded", **done.counts()))
    for notice in done.notices:
        typer.echo(words.render(notice))
    for row in done.rejections[:REJECTIONS_SHOWN]:
        reason = words.render(row.reason)
        _complain(words.text("cli.rejected-row", file=row.file, line=row.line, field=row.field, reason=reason))
    if len(done.rejections) > REJECTIONS_SHOWN:
        _complain(words.text("cli.rejected-more", rows=len(done.rejections) - REJECTIONS_SHOWN))


@app.command(help="cli.sources")
def sources(as_json: JsonOption = False, language: LanguageOption = None) -> int:
    """Lists every source: publisher, licence, address, format, when ours was loaded and how old its data are."""
    from data.model import Evidence
    from service.source_list import list_sources
    from service.source_notes import age_of_data

    settings = _settings(language=language)
    words = Words(settings.language)
    with _open(settings) as store:
        loads = store.loads()
    entries = list_sources(loads, words.language)
    ages = {done.source: done for done in loads}
    if as_json:
        typer.echo(_json([entry.model_dump(mode="json") for entry in entries]))
        return EXIT_DONE
    for entry in entries:
        typer.echo(f"{entry.name}: {entry.title}")
        typer.echo("  " + " · ".join(part for part in (entry.publisher, entry.licence, entry.address) if part))
        when = entry.loaded.finished[:10] if entry.loaded else words.text("cli.never-loaded")
        line = words.text("cli.source-line", formats=" ".join(entry.formats), when=when)
        age = age_of_data(ages.get(entry.name), words) if entry.loaded and entry.evidence is Evidence.OFFICIAL else ""
        typer.echo("  " + line + (f"; {age}" if age else ""))
    return EXIT_DONE


# --- search, recommend, map -------------------------------------------------------------------------------------------


@app.command(help="cli.search")
def search(
    text: Annotated[list[str], typer.Argument(help="cli.search.text", metavar="TEXT")],
    limit: Annotated[int, typer.Option(help="cli.search.limit", min=1, max=50)] = 10,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> int:
    """Finds organisations by name, slips forgiven, by comune or by any identifier."""
    settings = _settings(language=language)
    words = Words(settings.language)
    with _open(settings) as store:
        found, municipalities = _find(store, " ".join(text), limit)
    if as_json:
        from service.schemas import Found

        typer.echo(Found.model_validate(found).model_dump_json())
        return EXIT_DONE
    if not found.organisations:
        _complain(words.text("cli.search.nothing"))
    for body in found.organisations:
        comune = municipalities.get(body.municipality or "")
        where = comune.name if comune else body.province or words.text("cli.search.no-place")
        code = next((each.value for each in body.identifiers if each.scheme == "tax-code"), body.id)
        kind = words.text(f"org.kind.{body.kind}")
        typer.echo(words.text("cli.search.row", code=code, name=body.name, kind=kind, where=where))
    return EXIT_DONE


def _find(store: Store, text: str, limit: int) -> tuple[Found, dict[str, Municipality]]:
    """What the text finds, and the comuni by code; without the partner index, which a search does not need."""
    from data.model import Audience
    from service.search import NameIndex
    from service.snapshot import Found, build_directory, find_by_name

    bodies = store.organisations(Audience.OPERATOR)
    municipalities = {comune.istat: comune for comune in store.municipalities()}
    try:
        owner = store.resolve(text)
        return Found(tuple(body for body in bodies if body.id == owner), ()), municipalities
    except UnknownOrganisation:
        names = NameIndex.build([body.name for body in bodies])
        directory = build_directory(names, bodies, municipalities)
        return find_by_name(directory, bodies, municipalities, text, limit), municipalities


@app.command(help="cli.recommend")
def recommend(
    organisation: Annotated[str, typer.Argument(help="cli.recommend.organisation", metavar="ORG")],
    kind: Annotated[str, typer.Option(help="cli.recommend.kind")],
    limit: Annotated[int, typer.Option(help="cli.recommend.limit", min=1, max=500)] = 20,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> int:
    """Ranked partners of one organisation for one kind of partnership, with reasons."""
    from service.partners import find_partners, partners_in_words

    settings = _settings(language=language)
    words = Words(settings.language)
    with _open(settings) as store:
        snapshot = _snapshot(store, whole=True)
        found = find_partners(snapshot, store.resolve(organisation), kind, limit=limit)
    answer = partners_in_words(found, snapshot, words)
    if as_json:
        typer.echo(answer.model_dump_json())
        return EXIT_DONE
    for note in found.notes:
        typer.echo(words.render(note))
    if answer.refusal:
        typer.echo(answer.refusal)
    for place, partner in enumerate(answer.recommendations, start=1):
        comune = snapshot.municipalities.get(partner.partner.municipality or "")
        typer.echo(f"{place}. {partner.partner.name}" + (f" ({comune.name})" if comune else ""))
        for reason in [each.sentence for each in partner.contributions if each.contribution > 0][:3]:
            typer.echo(f"   + {reason}")
        for reason in partner.against[:2]:
            typer.echo(f"   - {reason}")
        for check in (each for each in partner.checks if each.state != "passed"):
            typer.echo("   ? " + words.text(f"cli.check.{check.state}", text=check.text))
    return EXIT_DONE


def _snapshot(store: Store, *, whole: bool) -> Snapshot:
    """The store as the operator sees it (`whole`), or as the public does."""
    from data.model import Audience
    from service.snapshot import build_snapshot, today

    return build_snapshot(store, Audience.OPERATOR if whole else Audience.PUBLIC, today())


@app.command(name="map", help="cli.map")
def draw_map(
    out: OutOption,
    sector: Annotated[str | None, typer.Option(help="cli.map.sector")] = None,
    indicator: Annotated[str | None, typer.Option(help="cli.map.indicator")] = None,
    whole: AllOption = False,
    language: LanguageOption = None,
) -> int:
    """Writes one self-contained map file that opens without a network."""
    from service.map_file import write_map_file
    from service.written_files import spare

    settings = _settings(language=language)
    words = Words(settings.language)
    spare("--out", out, [settings.store_path()], words)
    with _open(settings) as store:
        empty = write_map_file(_snapshot(store, whole=whole), out, sector=sector, indicator=indicator, words=words)
    _tell_written(out, words, whole=whole)
    if empty:
        _complain(empty)
    return EXIT_DONE


# --- export, backup, restore ----------------------------------------------------------------------------------


@app.command(help="cli.export")
def export(
    what: Annotated[str, typer.Argument(help="cli.export.what", metavar="WHAT")],
    out: OutOption,
    file_format: Annotated[str, typer.Option("--format", help="cli.export.format")],
    whole: AllOption = False,
    language: LanguageOption = None,
) -> int:
    """Writes what the store holds to a file of an open format."""
    from service.exports import writer
    from service.written_files import spare

    write = writer(what, file_format)
    settings = _settings(language=language)
    words = Words(settings.language)
    spare("--out", out, [settings.store_path()], words)
    with _open(settings) as store:
        content = write(_snapshot(store, whole=whole), words)
    out.write_bytes(content)
    _tell_written(out, words, whole=whole)
    return EXIT_DONE


def _tell_written(out: Path, words: Words, *, whole: bool) -> None:
    _complain(words.text("cli.written", file=str(out)))
    _complain(words.text("cli.written-all" if whole else "cli.written-public"))


@app.command(help="cli.backup")
def backup(
    target: Annotated[Path, typer.Argument(help="cli.backup.file", metavar="FILE")], language: LanguageOption = None
) -> int:
    """Copies the whole store into a file, also while it is being written."""
    from service.written_files import reserved

    settings = _settings(language=language)
    words = Words(settings.language)
    if target.exists():
        raise InvalidValue(field="FILE", value=str(target), allowed=words.text("cli.new-file"))
    with _open(settings) as store, reserved(target):
        store.backup(target)
    _complain(words.text("cli.written", file=str(target)))
    return EXIT_DONE


@app.command(help="cli.restore")
def restore(
    source: Annotated[Path, typer.Argument(help="cli.restore.file", metavar="FILE")], language: LanguageOption = None
) -> int:
    """Puts a backup in the store's place; the store that was there is kept beside it."""
    from service.restoring import restore_store

    settings = _settings(language=language)
    kept = restore_store(source, settings)
    words = Words(settings.language)
    _complain(words.text("cli.restored", file=str(source)))
    if kept is not None:
        _complain(words.text("cli.kept", file=str(kept)))
    return EXIT_DONE


def _json(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)
