# SPDX-License-Identifier: EUPL-1.2
"""Subcontracts of the whole country (ANAC): who gave work on to whom, a partner link besides the groupings.

Official layout: ZIP of CSV, `;`, UTF-8, one row per subcontract. Kept are the rows of which one of the two bodies is
known to the store. The file names the subcontractor only: a main contractor of whom nobody told the name is left out,
and the subcontract stands with one member.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.identity import TAX_CODE, BadValue, body_code
from data.model import Identifier, Message
from data.records import Accepted, OrganisationRecord, Outcome, ParticipationRecord, ReadOptions
from data.sources.anac import CIG, tender_source
from data.sources.bulk import Mask, Portion, among, outcomes_of, portions
from data.sources.bulk_bodies import facts_of, identifiers_of, known_numbers, name_of
from data.sources.names import names_a_person
from data.sources.reading import BadCell, Column, Layout, Row
from data.sources.values import KEY_LIMIT, day
from data.wording import LINE_LIMIT, PASSAGE_LIMIT, clean

KIND = "subcontract"
GIVES, TAKES = "Subappaltante", "Subappaltatore"

LAYOUT = Layout(
    columns=(
        CIG,
        Column("id", ("id_subappalto",)),
        Column("main", ("cf_subappaltante",), needed=True),
        Column("date", ("data_autorizzazione",)),
        Column("text", ("oggetto",)),
        Column("goods", ("descrizione_cpv",)),
        Column("code", ("codice_fiscale",), needed=True),
        Column("name", ("denominazione",), needed=True),
    ),
    known=("cod_*", "descrizione_*", "classe_importo", "ruolo", "tipo_soggetto"),
)


def read(paths: Sequence[Path], options: ReadOptions) -> Iterator[Outcome]:
    """One outcome per subcontract that concerns us and per refused row; counts of all others."""
    if not options.known_codes:
        options.notices.append(Message("notice.bulk-unknown-bodies"))
    known = known_numbers(options)

    def concerns(portion: Portion) -> Mask:
        wanted: Mask = among(portion.numbers("main"), known) | among(portion.numbers("code"), known)
        return wanted

    return outcomes_of(portions(paths, LAYOUT, options), concerns, _Subcontracts(options.known_codes).outcome)


@dataclass(frozen=True, slots=True)
class _Subcontracts:
    """Makes rows of records; `known` are the bodies that have a name in the store."""

    known: frozenset[str]

    def outcome(self, row: Row) -> Outcome:
        """The two members of a subcontract. Raises `BadCell`."""
        cig, code = row.needed("cig", KEY_LIMIT).upper(), row.must("code", body_code)
        if names_a_person(row.raw("name")):
            raise BadCell("name", "", Message("reject.natural-person"))
        main = self._main(row)
        if main == code:
            raise BadCell("main", code, Message("reject.bulk-own-subcontract"))
        number = clean(row.raw("id"))[:40] or f"{main or ''}|{code}"
        body = OrganisationRecord(identifiers_of(code), tuple(facts_of(code, name_of(row))))
        said = [row.passage("text"), row.passage("goods", LINE_LIMIT)]
        text = " - ".join(part for part in said if part)[:PASSAGE_LIMIT] or None
        on = row.value("date", day)
        ties = tuple(
            ParticipationRecord(
                project=f"anac|{cig}|subcontract|{number}",
                organisation=Identifier(TAX_CODE, who),
                role=role,
                kind=KIND,
                date=on,
                text=text,
            )
            for who, role in ((main, GIVES), (code, TAKES))
            if who
        )
        return Accepted(row.line, f"{cig}|{number}|{code}", (body, *ties), row.file)

    def _main(self, row: Row) -> str | None:
        """The main contractor's code where the store knows its name."""
        try:
            code = row.value("main", body_code)
        except BadValue:
            return None
        return code if code in self.known else None


SOURCE = tender_source(
    "anac-subcontracts", ("Subappalti dei contratti pubblici (ANAC)", "Subcontracts of public contracts (ANAC)"), read
)
