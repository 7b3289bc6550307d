# SPDX-License-Identifier: EUPL-1.2
"""What the file formats of one's own share: Italian headings, visibility, kind of evidence, who publishes."""

from __future__ import annotations

from data.model import Evidence, Visibility
from data.sources.reading import Column, Row
from data.sources.values import choice

WHOEVER = "chi carica il file / whoever loads the file"
UNSTATED = "secondo chi carica il file / as whoever loads the file states"

VISIBILITIES = {
    "pubblico": Visibility.PUBLIC,
    "pubblica": Visibility.PUBLIC,
    "federazione": Visibility.FEDERATION,
    "riservato": Visibility.RESERVED,
    "riservata": Visibility.RESERVED,
}
EVIDENCES = {"ufficiale": Evidence.OFFICIAL, "dichiarato": Evidence.DECLARED, "dedotto": Evidence.INFERRED}

MUNICIPALITY = Column(
    "municipality", ("comune", "istat", "codice_istat", "codice_comune", "comune_istat", "citta", "sede")
)
PROVINCE = Column("province", ("provincia", "prov", "pr", "sigla_provincia", "sigla"))
LON = Column("lon", ("longitudine", "longitude", "lng", "long", "x"))
LAT = Column("lat", ("latitudine", "latitude", "y"))
DATE = Column("date", ("data", "data_aggiornamento", "aggiornato_al"))
VISIBILITY = Column("visibility", ("visibilita", "riservatezza"))
EVIDENCE = Column("evidence", ("evidenza", "tipo_di_dato"))


def visibility_of(row: Row, otherwise: Visibility) -> Visibility:
    """Who may read the row: what it says, else `otherwise`."""
    return row.value("visibility", lambda word: choice(Visibility, word, VISIBILITIES)) or otherwise


def evidence_of(row: Row) -> Evidence:
    """What the row rests on: declared, unless its own column says otherwise."""
    return row.value("evidence", lambda word: choice(Evidence, word, EVIDENCES)) or Evidence.DECLARED
