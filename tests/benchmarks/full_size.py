"""Files of the whole country in the official layouts, made up and seeded, written as fast as a disk takes them.

All bodies are invented, with tax codes whose check digits hold. A few per cent of the rows concern bodies of ours or
comuni of Lazio; some rows are dirty in the ways that real files are: persons' codes, masks, wrong check digits, cells
too many or too few, quotes that nobody closes, cells with line breaks, bytes of another encoding.
"""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from stdnum import luhn

from data.lazio import municipalities

OURS = 2_000
LOCAL = 4_000
OTHERS = 60_000
PER_CHUNK = 20_000

ROLES = ("Programmatore", "Attuatore", "Beneficiario", "Realizzatore")
SUBJECT_COLUMNS = (
    "COD_LOCALE_PROGETTO", "CUP", "OC_COD_CICLO", "SOGG_COD_RUOLO", "SOGG_DESCR_RUOLO", "SOGG_PROGR_RUOLO",
    "OC_CODICE_FISCALE_SOGG", "OC_DENOMINAZIONE_SOGG", "COD_FORMA_GIURIDICA_SOGG", "DESCR_FORMA_GIURIDICA_SOGG",
    "COD_COMUNE_SEDE_SOGG", "INDIRIZZO_SOGG", "CAP_SOGG", "COD_ATECO_SOGG", "DESCRIZIONE_ATECO_SOGG",
    "COD_ADDETTI_SOGG", "DESCR_ADDETTI_SOGG", "OC_COD_ENTE_IPA", "OC_FLAG_UNO", "OC_FLAG_DUE", "OC_FLAG_TRE",
    "OC_FLAG_QUATTRO", "OC_FLAG_CINQUE", "OC_FLAG_SEI", "OC_FLAG_SETTE",
)  # fmt: skip
WINNER_COLUMNS = ("cig", "ruolo", "codice_fiscale", "denominazione", "tipo_soggetto", "id_aggiudicazione")
BUILDING_COLUMNS = (
    "Anno", "Amministrazione Codice Fiscale", "Amministrazione Denominazione", "Identificativo bene", "Natura del bene",
    "Tipologia del bene", "Titolo proprietà", "Regione del bene", "Provincia del bene", "Comune del bene",
    "Codice Comune del bene", "Indirizzo", "Numero civico", "Foglio", "Particella", "Subalterno",
    "Fonte Georeferenziazione", "Latitudine", "Longitudine", "Superficie", "Utilizzo", "Finalità",
)  # fmt: skip
USES = ("Utilizzato direttamente", "Dato in uso a titolo gratuito", "Dato in uso a titolo oneroso", "Non utilizzato",
        "In ristrutturazione/manutenzione", "Utilizzato parzialmente", "")  # fmt: skip
USE_SHARES = (0.48, 0.12, 0.08, 0.2, 0.04, 0.05, 0.03)
PERSONS = ("RSSMRA80A01H501U", "BNCLCU75B41F839X")


def tax_code(number: int, office: int = 58) -> str:
    """An invented tax code of a body: a number of seven digits, the office, the check digit."""
    bare = f"{number:07d}{office:03d}"
    return bare + luhn.calc_check_digit(bare)


def our_codes(count: int = OURS) -> list[str]:
    """The codes of the bodies that the store is to know."""
    return [tax_code(9_900_000 + place) for place in range(count)]


def write_ours(path: Path, count: int = OURS) -> Path:
    """An own file of organisations with the bodies of ours."""
    lines = ["id,name,kind,municipality"]
    lines += [f"{code},Cooperativa di prova {place},cooperative,059011" for place, code in enumerate(our_codes(count))]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@dataclass(frozen=True)
class Bodies:
    """A pool of bodies: what each is called, and where the parts of the pool begin and end."""

    codes: list[str]
    names: list[str]
    forms: list[str]
    seats: list[str]
    sectors: list[str]
    programmers: int
    hub: int
    ours: range
    local: range
    others: range
    dirty: range

    @classmethod
    def made(cls) -> "Bodies":
        local_seats = [one.istat for one in municipalities()]
        kinds = (
            ("SOCIETA COOPERATIVA SOCIALE", "SOCIETA' COOPERATIVA", "88.10.00"),
            ("SRL", "SOCIETA' A RESPONSABILITA' LIMITATA", "41.20.00"),
            ("ASSOCIAZIONE", "ASSOCIAZIONE RICONOSCIUTA", "94.99.90"),
            ("SPA", "SOCIETA' PER AZIONI", "62.01.00"),
        )
        rows = [
            (tax_code(9_000_000 + n, 1), f"REGIONE DI PROVA {n}", "REGIONE", "001272", "84.11.10") for n in range(20)
        ]
        rows.append((tax_code(9_000_100), "AGENZIA NAZIONALE DI PROVA", "ENTE PUBBLICO", "058091", "84.13.10"))
        parts = [len(rows)]
        for start, count, office, seats in (
            (9_900_000, OURS, 58, [""]),
            (9_700_000, LOCAL, 59, local_seats),
            (1_000_000, OTHERS, 15, ["015146", "063049", "072006", ""]),
        ):
            for n in range(count):
                word, form, sector = kinds[n % len(kinds)]
                rows.append((tax_code(start + n, office), f"{word} DI PROVA {n}", form, seats[n % len(seats)], sector))
            parts.append(len(rows))
        rows += [(code, "ROSSI DI PROVA", "IMPRENDITORE INDIVIDUALE", "058091", "") for code in PERSONS]
        rows += [(code, "DATO OSCURATO", "", "058091", "") for code in ("***********", "XXXXXXXXXXX", "")]
        rows += [
            ("99999010583", "CODICE SBAGLIATO DI PROVA", "", "058091", ""),
            ("IE6388047V", "ESTERA LTD", "", "", ""),
        ]
        columns = [list(column) for column in zip(*rows, strict=True)]
        first, second, third, fourth = parts
        return cls(
            *columns, 20, 20, range(first, second), range(second, third), range(third, fourth), range(fourth, len(rows))
        )


# --- subjects of cohesion projects ------------------------------------------------------------------------


def subject_chunks(rows: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Project numbers and places in the pool, four rows to a project in the order of the roles."""
    pool = Bodies.made()
    for start in range(0, rows, 4 * PER_CHUNK):
        chance = np.random.default_rng([seed, start])
        many = min(PER_CHUNK, -(-(rows - start) // 4))
        places = chance.integers(pool.others.start, pool.others.stop, (many, 4))
        places[:, 0] = chance.integers(0, pool.programmers, many)
        draw = chance.random(many)
        places[draw < 0.05, 1] = pool.hub
        mine = draw > 0.985
        places[mine, 2] = chance.integers(pool.ours.start, pool.ours.stop, many)[mine]
        near = (draw > 0.97) & ~mine
        places[near, 2] = chance.integers(pool.local.start, pool.local.stop, many)[near]
        dirt = chance.random(many) < 0.02
        places[dirt, 3] = chance.integers(pool.dirty.start, pool.dirty.stop, many)[dirt]
        projects = np.repeat(np.arange(start // 4, start // 4 + many), 4)
        yield projects[: rows - start], places.reshape(-1)[: rows - start]


def subject_lines(rows: int, seed: int = 3) -> Iterator[bytes]:
    """The text of the file of subjects, a chunk at a time; about one line in 700 is broken or spans several."""
    pool = Bodies.made()
    yield (";".join(f'"{name}"' for name in SUBJECT_COLUMNS) + "\n").encode()
    filler = ";".join(["", "N", "S", "2", "", "N", "0", "1"])
    tails = [
        f'{code};"{name}";10;"{form}";{seat};"VIA DI PROVA 1";00100;{sector};"ATTIVITA DI PROVA";3;"10-49";{filler}'
        for code, name, form, seat, sector in zip(
            pool.codes, pool.names, pool.forms, pool.seats, pool.sectors, strict=True
        )
    ]
    roles = [f"2014-2020;{place};{role};1" for place, role in enumerate(ROLES, start=1)]
    for projects, places in subject_chunks(rows, seed):
        lines = [
            f"PRJ{project:08d};J{project:08d}000;{roles[at % 4]};{tails[place]}\n"
            for at, (project, place) in enumerate(zip(projects.tolist(), places.tolist(), strict=True))
        ]
        for at in range(350, len(lines), 701):
            lines[at] = _spoilt(lines[at], at)
        text = "".join(lines).encode()
        yield text.replace(b"VIA DI PROVA 1", b"VIA DI PROV\xc0", 1) if len(lines) > 2_000 else text


def _spoilt(line: str, place: int) -> str:
    match place % 5:
        case 0:
            return line.replace("VIA DI PROVA 1", "VIA DI PROVA\n1 INTERNO 2")
        case 1:
            return line.replace(";00100;", ";00100;di troppo;")
        case 2:
            return line.replace(";00100;", ";")
        case 3:
            return line.replace('"VIA DI PROVA 1"', '"VIA DI PROVA 1')
        case _:
            return "\n" + line


def write_subjects_csv(path: Path, rows: int, seed: int = 3) -> Path:
    """The file of subjects as a ZIP of one CSV (`.zip`) or as a plain CSV."""
    return _write(path, "soggetti.csv", subject_lines(rows, seed))


def write_subjects_parquet(path: Path, rows: int, seed: int = 3) -> Path:
    """The file of subjects as Parquet, with numbers where a publisher's tool would write numbers."""
    pool = Bodies.made()
    texts = [pa.array(one) for one in (pool.codes, pool.names, pool.forms, pool.seats, pool.sectors)]
    columns = {
        "OC_CODICE_FISCALE_SOGG": texts[0], "OC_DENOMINAZIONE_SOGG": texts[1], "DESCR_FORMA_GIURIDICA_SOGG": texts[2],
        "COD_COMUNE_SEDE_SOGG": texts[3], "COD_ATECO_SOGG": texts[4],
    }  # fmt: skip
    writer = None
    for projects, places in subject_chunks(rows, seed):
        numbers = np.char.zfill(projects.astype("U8"), 8)
        role = np.arange(len(projects)) % 4
        known = {
            "COD_LOCALE_PROGETTO": pa.array(np.char.add("PRJ", numbers)),
            "SOGG_COD_RUOLO": pa.array(role + 1),
            "SOGG_DESCR_RUOLO": pa.array(ROLES).take(pa.array(role)),
            "COD_ADDETTI_SOGG": pa.array(np.where(role == 3, np.nan, 3.0)),
            **{name: found.take(pa.array(places)) for name, found in columns.items()},
        }
        empty = pa.nulls(len(projects), pa.string())
        table = pa.table({name: known.get(name, empty) for name in SUBJECT_COLUMNS})
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()
    return path


# --- winners ----------------------------------------------------------------------------------------------


def winner_lines(rows: int, seed: int = 5) -> Iterator[bytes]:
    """The text of the file of winners: four awards in five to one body, the others to groupings of three."""
    pool = Bodies.made()
    yield (";".join(f'"{name}"' for name in WINNER_COLUMNS) + "\n").encode()
    tails = [f'"{code}";"{name}";"{form}"' for code, name, form in zip(pool.codes, pool.names, pool.forms, strict=True)]
    for start in range(0, rows, 4 * PER_CHUNK):
        chance = np.random.default_rng([seed, start])
        many = min(4 * PER_CHUNK, rows - start)
        places = chance.integers(pool.others.start, pool.others.stop, many)
        draw = chance.random(many)
        places[draw > 0.985] = chance.integers(pool.ours.start, pool.ours.stop, many)[draw > 0.985]
        places[draw < 0.01] = chance.integers(pool.dirty.start, pool.dirty.stop, many)[draw < 0.01]
        lines = []
        for at, place in enumerate(places.tolist()):
            block, within = divmod(start + at, 7)  # four single awards, then one grouping of three
            award = block * 5 + min(within, 4)
            role = ("OPERATORE ECONOMICO MONOSOGGETTIVO", "MANDATARIA", "MANDANTE", "MANDANTE")[max(0, within - 3)]
            lines.append(f'"Z{award:09d}";"{role}";{tails[place]};"{award - 1_000_000}"\n')
        for at in range(500, len(lines), 1_501):
            lines[at] = lines[at].replace(" DI PROVA ", ' DI "PROVA\nDI NOTTE" ') if at % 2 else lines[at][:-3] + "\n"
        yield "".join(lines).encode()


def write_winners(path: Path, rows: int, seed: int = 5) -> Path:
    """The file of winners as a ZIP of one CSV."""
    return _write(path, "aggiudicatari_csv.csv", winner_lines(rows, seed))


# --- public buildings -------------------------------------------------------------------------------------


def building_lines(rows: int, seed: int) -> Iterator[bytes]:
    """The text of one file of properties, latin-1: eight rows in a hundred in Lazio, a third of those not in use."""
    comuni = municipalities()
    yield (";".join(BUILDING_COLUMNS) + "\r\n").encode("latin-1")
    far = (
        ("LOMBARDIA", "MI", "MILANO", "015146"),
        ("CAMPANIA", "NA", "NAPOLI", "063049"),
        ("PUGLIA", "BA", "BARI", "072006"),
    )
    places = [f"{region};{sign};{name};{code}" for region, sign, name, code in far]
    places += [f"LAZIO;{one.province};{one.name.upper()};{one.istat}" for one in comuni]
    points = ["45,4;9,1"] * len(far) + [f"{one.lat:.5f};{one.lon:.5f}".replace(".", ",") for one in comuni]
    for start in range(0, rows, 4 * PER_CHUNK):
        chance = np.random.default_rng([seed, start])
        many = min(4 * PER_CHUNK, rows - start)
        where = np.where(chance.random(many) < 0.08, chance.integers(3, len(places), many), chance.integers(0, 3, many))
        use = chance.choice(len(USES), many, p=USE_SHARES)
        area = chance.integers(0, 5_000, many)
        lines = []
        for at, (place, word, size) in enumerate(zip(where.tolist(), use.tolist(), area.tolist(), strict=True)):
            number = start + at
            land = number % 3 == 0
            point = f"Indirizzo;{points[place]}" if number % 10 < 7 else "Comune;;"
            lines.append(
                f"2023;[{number % 900:011d}];AMMINISTRAZIONE DI PROVA N° {number % 900};{seed}-{number};"
                f"{'Terreno;Terreno agricolo' if land else 'Fabbricato;Unità immobiliare'};Proprietà;"
                f"{places[place]};VIA DELL'UNITÀ {number % 300};{number % 90};{number % 40};{number % 900};;"
                f"{point};{size},50;{USES[word]};\r\n"
            )
        for at in range(900, len(lines), 1_801):
            lines[at] = lines[at].replace(";Proprietà;", ";") if at % 2 else lines[at].replace("VIA DELL'", 'VIA "')
        yield "".join(lines).encode("latin-1")


def write_buildings(folder: Path, rows: int, files: int = 31, seed: int = 7) -> list[Path]:
    """The files of properties as ZIPs, their names with spaces and apostrophes as the publisher's have."""
    each = -(-rows // files)
    return [
        _write(
            folder / f"Immobili_2023 dell'area {place:02d}.zip",
            f"Immobili dell'area {place:02d}.csv",
            building_lines(min(each, rows - place * each), seed * 1000 + place),
        )
        for place in range(files)
        if rows > place * each
    ]


def _write(path: Path, name: str, chunks: Iterator[bytes]) -> Path:
    with path.open("wb") as file:
        if path.suffix == ".zip":
            with (
                zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
                archive.open(name, "w", force_zip64=True) as member,
            ):
                for chunk in chunks:
                    member.write(chunk)
        else:
            with io.BufferedWriter(file) as plain:
                for chunk in chunks:
                    plain.write(chunk)
    return path
