# SPDX-License-Identifier: EUPL-1.2
"""The command line, `land`. Only typer is imported here; what a command needs is imported when it runs.

Help texts are message keys (`cli.po`) and become words in `main`, in the reader's language.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import typer

from data.errors import LandError, UnknownOrganisation
from service.commands import MODULES
from service.errors import EXIT_DONE, EXIT_FAILED, EXIT_USAGE, outcome
from service.messages import LANGUAGES, Words, has
from service.terminal import app, complain

__all__ = ["app", "main", "run"]

# typer offers the base of its usage errors under no public name.
USAGE_ERROR: Final[type[Exception]] = typer.BadParameter.__mro__[1]
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

for _module in MODULES:
    import_module(f"service.commands.{_module}")


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
        complain(_words(asked).text(error.key, **error.params))
        if isinstance(error, UnknownOrganisation):
            complain(_words(asked).text("cli.search.hint"))
        return outcome(error).exit
    except (typer.Abort, KeyboardInterrupt):
        complain(_words(asked).text("cli.stopped"))
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


def _say_failure(error: Exception, words: Words) -> int:
    """Wrong usage as such; a full disk or a closed door as what it is; anything else with the place in the code."""
    if isinstance(error, USAGE_ERROR):
        complain(words.text("cli.wrong-usage", what=_usage_words(error, words)))
        return EXIT_USAGE
    if isinstance(error, OSError):
        from service.written_files import trouble

        where = Path(str(error.filename)).name if error.filename else ""
        complain(words.text("cli.file-trouble", file=where, why=trouble(error, words)))
        return EXIT_FAILED
    from service.logs import places

    complain(words.text("error.unexpected"))
    complain(words.text("cli.for-the-report", where=" < ".join(reversed(places(error)[:12]))))
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
