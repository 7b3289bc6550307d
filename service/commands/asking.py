# SPDX-License-Identifier: EUPL-1.2
"""Questions: who is it, who could work with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import UnknownOrganisation
from service.errors import EXIT_DONE
from service.messages import Words
from service.terminal import (
    JsonOption,
    LanguageOption,
    app,
    complain,
    opened,
    settings_for,
    snapshot_of,
)

if TYPE_CHECKING:
    from data.model import Municipality
    from data.store import Store
    from matching.recommend import Filters
    from service.snapshot import Found, Snapshot


@app.command(help="cli.search")
def search(
    text: Annotated[list[str], typer.Argument(help="cli.search.text", metavar="TEXT")],
    limit: Annotated[int, typer.Option(help="cli.search.limit", min=1, max=50)] = 10,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> int:
    """Finds organisations by name, slips forgiven, by comune or by any identifier."""
    settings = settings_for(language=language)
    words = Words(settings.language)
    with opened(settings) as store:
        found, municipalities = _find(store, " ".join(text), limit)
    if as_json:
        from service.schemas import Found

        typer.echo(Found.model_validate(found).model_dump_json())
        return EXIT_DONE
    if not found.organisations:
        complain(words.text("cli.search.nothing"))
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
    why_not: Annotated[str | None, typer.Option("--why-not", help="cli.recommend.why-not", metavar="ORG")] = None,
    only_new: Annotated[bool, typer.Option("--only-new", help="cli.recommend.only-new")] = False,
    rivals: Annotated[bool, typer.Option("--rivals/--no-rivals", help="cli.recommend.rivals")] = True,
    only_certain: Annotated[bool, typer.Option("--only-certain", help="cli.recommend.only-certain")] = False,
    as_json: JsonOption = False,
    language: LanguageOption = None,
) -> int:
    """Ranked partners of one organisation for one kind of partnership, with reasons."""
    from matching.recommend import Filters
    from service.partners import both_sides_in_words, find_partners, partners_in_words

    settings = settings_for(language=language)
    words = Words(settings.language)
    filters = Filters(only_certain=only_certain, only_new=only_new, rivals=rivals)
    with opened(settings) as store:
        snapshot = snapshot_of(store, whole=True)
        asker = store.resolve(organisation)
        if why_not is not None:
            return _tell_why_not(snapshot, (asker, store.resolve(why_not)), kind, filters, words, as_json=as_json)
        found = find_partners(snapshot, asker, kind, limit=limit, filters=filters)
    if as_json:
        typer.echo(partners_in_words(found, snapshot, words).model_dump_json())
        return EXIT_DONE
    answer = both_sides_in_words(found, snapshot, words)
    for note in found.notes:
        typer.echo(words.render(note))
    if answer.exposure:
        typer.echo(answer.exposure.sentence)
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
        if partner.other_side is not None:
            typer.echo(f"   = {partner.other_side.sentence}")
    return EXIT_DONE


def _tell_why_not(
    snapshot: Snapshot, pair: tuple[str, str], kind: str, filters: Filters, words: Words, *, as_json: bool
) -> int:
    """Why the second is not among the first partners of the first."""
    from service.why_not import absence_in_words, find_absence

    answer = absence_in_words(snapshot, find_absence(snapshot, *pair, kind, filters), words)
    if as_json:
        typer.echo(answer.model_dump_json())
        return EXIT_DONE
    typer.echo(f"{answer.name}: {answer.sentence}")
    for cause in answer.causes:
        typer.echo(f"   ! {cause.sentence}" + (f" ({cause.source})" if cause.source else ""))
    for sign in answer.signs:
        own, beside = (words.write(100 * each, "decimals:1") for each in (sign.contribution, sign.beside))
        typer.echo(f"   {sign.name}: " + words.text("cli.why-not.sign", own=own, beside=beside))
    for text in answer.to_verify:
        typer.echo("   ? " + words.text("cli.check.to-verify", text=text))
    for remedy in answer.remedies:
        typer.echo(f"   > {remedy.sentence}")
    return EXIT_DONE
