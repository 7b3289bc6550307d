"""Thousands of dirty files over every source: each record has its outcome, each refusal its line, field and reason.

The sources come from the registry: one that is registered without a recipe here fails the first test. A recipe says
what good rows of each of its files look like; the generator writes files of them, about half of the rows spoilt, in
every kind of file that the source says it reads.
"""

import contextlib
import csv
import io
import json
import random
import re
import shutil
import zipfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from data.errors import LandError
from data.model import Message
from data.records import Accepted, Outcome, OutOfArea, ReadOptions, Rejected
from data.sources import SOURCES
from data.sources.reading import Column, Layout, Row, read_rows
from data.store import Store, open_store
from service.messages import Words, catalogue

BODIES = ["99999010582", "99999020581", "99999030580", "99999040589", "99999050588", "99999060587"]
KNOWN = frozenset(BODIES[:4])
PERSONS = ("RSSMRA80A01H501U", "mario.rossi@example.it")
DIRT = [
    "", " ", "\t", "XXXXXXXXXXX", *PERSONS, "99999010583", "-1", "1e999", "NaN", "1.234.56", "32/13/2024",
    "2024-02-30", "=1+1", "{{7*7}}", "<script>alert(1)</script>", "a" * 400, "Ω≈ç√", "\u202egnirts", "\u200b", "０１２",
    "'; DROP TABLE x;--", "\x01\x02", "ß" * 310, "javascript:alert(1)", "063049", "056999", "9" * 21, "l'Òrto", "NULL",
    "None", "#REF!", "\ufeff", "%s%n", "../../etc/passwd", "\U0001f355", "1,5,5", "ROSSI MARIO", "0", "x" * 5_000,
]  # fmt: skip


@dataclass(frozen=True)
class Table:
    """One file of a source: the name that it must have, and for each heading what good cells hold."""

    columns: dict[str, list[str]]
    name: str = "dirty"


def one(**columns: list[str]) -> tuple[Table, ...]:
    return (Table(columns),)


PLACES = ["059011", "057002", "063049"]
MEMBER = {
    "cig": ["Z1", "Z2", "Z3"], "ruolo": ["MANDATARIA", "MANDANTE", ""], "codice_fiscale": BODIES,
    "denominazione": ["PROVA SOC. COOP.", "PROVA SRL"], "tipo_soggetto": [""],
}  # fmt: skip
SUBJECTS = {
    "COD_LOCALE_PROGETTO": ["P1", "P2", "P3"], "OC_CODICE_FISCALE_SOGG": BODIES, "SOGG_COD_RUOLO": ["2", "3", "4"],
    "SOGG_DESCR_RUOLO": ["Attuatore", "Beneficiario"], "OC_DENOMINAZIONE_SOGG": ["PROVA SOC. COOP.", "PROVA SRL"],
    "DESCR_FORMA_GIURIDICA_SOGG": ["Società cooperativa", ""], "COD_COMUNE_SEDE_SOGG": ["058091", "063049", ""],
    "COD_ATECO_SOGG": ["81.21", ""],
}  # fmt: skip
REGISTERED = {
    "Sezione": ["Imprese sociali", "Altri enti"], "Comune": ["Viterbo", "Rieti", "Bolzano"],
    "Provincia": ["VT", "RI", "BZ"],
}  # fmt: skip

RECIPES: dict[str, tuple[Table, ...]] = {
    "organisations": one(
        id=BODIES, denominazione=["Prova Uno", "Prova Due Società"], kind=["cooperative", "impresa"],
        comune=["059011", "Latina", ""], ateco=["01.13", "88.10.00", ""], addetti=["12", "1.200", ""],
        fatturato=["1.234,50", "1000", ""], pec=["info@pec.example.it", ""], visibilità=["public", ""],
    ),
    "participations": one(
        project=["P1", "P2"], org=[*BODIES, "COOP-1"], role=["01-MANDANTE", ""],
        date=["2020-01-02", "02/01/2020", ""], outcome=["bid", "awarded", ""], amount=["10", "1,5", ""],
        buyer_istat=["059011", "063049", ""],
    ),
    "sites": one(
        id=["S1", "S2"], name=["Ex mulino di prova"], kind=["building", "land"], municipality=["057002", "Amatrice"],
        lat=[""], lon=[""], superficie=["100", "1.250,5", ""], availability=["offered", "in uso", ""],
        owner_type=["comune", "private", ""],
    ),
    "declarations": one(
        org=[*BODIES, "COOP-1"], says=["offers", "cerca"], what=["Trasporto di prova", "Magazzino"],
        quantity=["2", ""], municipality=["059011", ""], until=["2030-01-01", ""],
    ),
    "calls": one(
        id=["B1", "B2", "B3"], titolo=["Bando di prova", "Avviso di prova"], ente=["Regione di prova", ""],
        apertura=["2026-01-02", "02/01/2026", ""], scadenza=["2027-01-01", ""], stato=["aperto", "scaduto", ""],
        comuni=["059011", "Amatrice", ""], dotazione=["100.000,00", "5000", ""],
        fonte=["https://www.example.org/bando", "Bollettino di prova"], letto_il=["2026-11-01", ""],
    ),
    "dossiers": (
        Table({
            "id": ["D1", "D2", "D3"], "scopo": ["Aprire una bottega di prova"], "titolo": ["Bottega", ""],
            "tipo": ["tavolo", "dossier", "crisi"], "comuni": ["059011", "Amatrice", ""], "stato": ["presentato", ""],
            "scadenza": ["2027-01-01", ""], "esito": ["", "rinviato"],
        }, "dossiers"),
        Table({
            "dossier": ["D1", "D2"], "ruolo": ["capofila", "partner", "ente ospitante"], "org": [*BODIES, ""],
            "stato": ["aperto", ""], "risorse": ["un furgone", ""],
        }, "roles"),
    ),
    "districts": one(
        area=["Zona di prova", "Altra zona"], level=["distretto", "GAL"], comune=["059011", "Amatrice", "063049"],
        codice=["Z1", ""],
    ),
    "indicators": one(
        comune=["059011", "Amatrice", "063049"], name=["Posti di prova"], value=["1,5", "-2", "35 %"],
        unit=["posti", ""], year=["2023"], source=["Ufficio di prova"], licence=["CC BY", ""],
    ),
    "cinque-per-mille": (Table({
        "Codice fiscale": BODIES, "Denominazione": ["PROVA SOC. COOP. SOCIALE", "CIRCOLO DI PROVA"],
        "Regione": ["LAZIO", "CAMPANIA"], "PR": ["LT"], "Comune": ["LATINA", "NORMA"], "ETS": ["X", ""], "ASD": [""],
        "Ricerca scientifica": [""], "Ricerca sanitaria": [""], "Comuni": ["", "X"],
        "Beni culturali e paesaggistici": [""], "Enti Gestori aree protette": [""],
    }),),
    "ipa": one(
        Codice_IPA=["a_1", "a_2"], Denominazione_ente=["Ente di prova", "Comune di Latina"],
        Codice_comune_ISTAT=["059011", "063049"], Codice_Categoria=["L6", "L33", "C3"],
        Codice_fiscale_ente=[*BODIES, ""], Mail1=["protocollo@pec.example.it"], Tipo_Mail1=["pec"],
    ),
    "anbsc-properties": (
        Table({
            "s_bene": ["I-1-S", "I-2-S"], "genere": ["immobili"], "nome_regione": ["Lazio", "Campania"],
            "nome_provincia": ["Latina"], "nome_comune": ["Fondi", "Latina"], "categoria": ["Terreno"],
            "sottocategoria": ["", "Terreno agricolo"], "provvedimento": ["Confisca def.", "Sequestro", ""],
        }, "managed"),
        Table({
            "m_bene": ["I-1", "I-2"], "s_bene": ["I-3-S", "I-4-S"], "genere": ["immobili"],
            "regione": ["Lazio", "Sicilia"], "provincia": ["Latina"], "comune": ["Fondi"], "categoria": ["Terreno"],
            "sottocategoria": ["Terreno agricolo"], "tipologia": ["Trasferimento al patrimonio"],
            "destinatario": ["Comune di Fondi", ""], "fine": ["Scopi sociali", ""], "utilizzo": ["Serra", ""],
            "decreto_data": ["03/04/2020", ""],
        }, "destined"),
    ),
    "anbsc-companies": (
        Table({
            "s_bene": ["A-1-S", "A-2-S"], "genere": ["aziende"], "nome_regione": ["Lazio", "Campania"],
            "nome_provincia": ["Latina"], "nome_comune": ["Fondi", "Latina"], "categoria": ["Società cooperativa"],
            "sottocategoria": ["Costruzioni"], "provvedimento": ["Confisca def.", ""],
        }, "managed"),
        Table({
            "m_bene": ["A-1", "A-2"], "s_bene": ["A-3-S", "A-4-S"], "genere": ["aziende"],
            "regione": ["Lazio", "Sicilia"], "provincia": ["Latina"], "comune": ["Fondi"], "categoria": ["Altro"],
            "sottocategoria": ["Costruzioni"], "tipologia": ["Vendita", "Liquidazione"], "destinatario": [""],
            "decreto_data": ["03/04/2020", ""],
        }, "destined"),
    ),
    "anbsc-properties-2014": one(
        ID=["1", "2"], tipo=["bene immobile"], PRO_COM=["59007", "58091"], NOME_COM=["Fondi", "Roma"],
        NOME_PRO=["LATINA", ""], NOME_REG=["LAZIO", "SICILIA"], stato=["In gestione", "Destinati consegnati"],
        Categoria=["Terreno"], Sottocategoria=["Villa", "no data"], **{"Ente destinatario": ["Comuni", "no data"]},
    ),
    "historic-centres": one(
        istat=["057002", "059011"], lon=["12.9", "13,1"], lat=["41.4", "42,1"], NOME=["Prova", ""],
    ),
    "municipalities": one(**{
        "Codice Istat del Comune (alfanumerico)": ["059011", "57002", "063049"], "Denominazione": ["Prova"],
        "Superficie territoriale (kmq)": ["10,5", "174.43"], "Zona altimetrica": ["1", "5"],
        "Altitudine": ["955", "21"], "Litoraneo": ["0", "1"], "Isolano": ["0"],
    }),
    "inner-areas": one(**{
        "PROCOM_T": PLACES, "COD_AI_2020": ["A", "F"], "MEDIA tempi": ["0", "71,5"],
        "Denominazione del COMUNE di destinazione prevalente": ["Rieti", "Roma"],
    }),
    "population": (Table({
        "Codice comune": ["059011", "059011", "059011", "063049"], "Comune": ["Prova"],
        "Età": [str(age) for age in range(0, 100, 9)], "Totale": ["7"],
    }, "POSAS_2025_it_Comuni"),),
    "income": one(**{
        "Anno di imposta": ["2020", "2022"], "Codice Istat Comune": ["59011", "057002", "63049"],
        "Regione": ["Lazio", ""], "Numero contribuenti": ["1000", "1.200", ""],
        "Reddito imponibile - Ammontare in euro": ["15000000", "1.234,50", ""],
        "Reddito da pensione - Frequenza": ["300", ""],
    }),
    "dwellings": one(
        REF_AREA=[*PLACES, "ITE4"], INDICATOR=["NUM_DW_AV", "NUM_UNOCC_DW_AV"], TIME_PERIOD=["2021"],
        Osservazione=["10", "1200"],
    ),
    "labour-systems": (
        Table({
            "PRO_COM_T": PLACES, "COD_SLL": ["1210", "928"], "DEN_SLL": ["PROVA"],
        }, "members"),
        Table({"COD_SLL": ["1210", "928"], "DEN_SLL": ["PROVA"], "DEN_Gruppo": ["Sistemi di prova", ""]}, "groups"),
    ),
    "land-take": one(**{
        "PRO_COM": ["59011", "057002", "63049"], "Nome_Comune": ["Prova"], "Nome_Regione": ["Lazio", ""],
        "Incremento netto 2022-2023 [ettari]": ["1,5", "-2", ""], "Suolo consumato 2023 [ettari]": ["100", "10.5"],
        "Suolo consumato 2023 [%]": ["12,5", ""],
    }),
    "reconstruction": (
        Table({
            "regione": ["Lazio", "LAZIO", "Umbria"], "cod_istat_comune": ["057001", "057002"],
            "eues_id": ["EU_1", "EU_2"], "cupxall": ["A11B22000000001", ""],
            "denominazione_intervento": ["Scuola di prova"], "importo_programmato": ["1000.5", "1.234,50"],
            "fase_di_avanzamento_al_30_aprile_2026": ["FA_7 - Inizio", "FA_1"],
            "soggetto_attuatore": ["COMUNE DI PROVA"], "cf_soggetto_attuatore": [*BODIES, ""],
        }, "public"),
        Table({
            "regione": ["Lazio", "Marche"], "provincia": ["Rieti"], "comune": ["Accumoli"],
            "rcr_presentate": ["10"], "rcr_approvate": ["7"], "importo_richiesto": ["1000.50"],
            "importo_concesso": ["900.25"], "importo_liquidato": ["10"], "cantieri_in_corso": ["2"],
            "cantieri_chiusi": ["3"], "cod_istat_comune": ["057001", "057002"],
        }, "private"),
    ),
    "ateco": (Table({
        "CODICE": ["A", "B", "C"], "IT_TITOLO": ["Prova"], "EN_TITOLO": ["Trial", ""], "CODICE_PADRE": [""],
    }),),
    "input-output": one(**{
        "from": ["A01", "C10-C12"], "to": ["J61", "F"], "year": ["2016"], "value": ["0.5", "0,25", "5e-05"],
    }),
    "tender-lots": (
        Table({
            "cig": ["Z1"], "strutturaProponente:codiceFiscaleProp": ["00097020598"], "oggetto": ["Servizio di prova"],
            "strutturaProponente:denominazione": ["COMUNE DI LATINA"], "importoAggiudicazione": ["1.234,50", "0,00"],
            "tempiCompletamento:dataInizio": ["2019-08-08+02:00", ""], "lottoID": ["L1", "L2", "L3"],
        }, "lots"),
        Table({
            "cig": ["Z1"], "codiceFiscale": BODIES, "ragioneSociale": ["PROVA SOC. COOP.", "PROVA SRL"],
            "ruolo": ["02-MANDATARIA", "01-MANDANTE", ""], "partrgrno": ["7", "8", ""], "lottoID": ["L1", "L2"],
        }, "participants"),
        Table({
            "cig": ["Z1"], "codiceFiscale": BODIES, "ragioneSociale": ["PROVA SOC. COOP.", "PROVA SRL"],
            "ruolo": ["02-MANDATARIA", ""], "aggrgrno": ["7", ""], "lottoID": ["L1", "L2"],
        }, "winners"),
    ),
    "anac-winners": (Table({**MEMBER, "id_aggiudicazione": ["A1", "A2"]}, "aggiudicatari"),),
    "anac-participants": (Table(MEMBER, "partecipanti"),),
    "anac-tenders": (
        Table({**MEMBER, "id_aggiudicazione": ["A1", "A2"]}, "aggiudicatari"),
        Table({
            "cig": ["Z1", "Z2", "Z4"], "oggetto_lotto": ["Servizio di prova"], "importo_lotto": ["1000.5", ""],
            "data_pubblicazione": ["2024-01-31", ""], "cf_amministrazione_appaltante": ["00097020598"],
            "denominazione_amministrazione_appaltante": ["COMUNE DI LATINA"], "descrizione_cpv": ["Pulizie", ""],
        }, "cig"),
    ),
    "anac-subcontracts": (Table({
        "cig": ["Z1", "Z2"], "id_subappalto": ["1", "2", ""], "cf_subappaltante": BODIES,
        "data_autorizzazione": ["2024-01-31", ""], "oggetto": ["Opere di prova"], "descrizione_cpv": ["Pulizie", ""],
        "codice_fiscale": BODIES, "denominazione": ["PROVA SOC. COOP.", "PROVA SRL"],
    }, "subappalti"),),
    "opencoesione-subjects": (Table(SUBJECTS, "soggetti"),),
    "opencoesione-projects": (
        Table(SUBJECTS, "soggetti"),
        Table({
            "COD_LOCALE_PROGETTO": ["P1", "P2", "P4"], "OC_TITOLO_PROGETTO": ["Progetto di prova"],
            "OC_TEMA_SINTETICO": ["Ambiente"], "OC_DATA_INIZIO_PROGETTO": ["20240131", ""],
            "FINANZ_TOTALE_PUBBLICO": ["1000,5", ""],
        }, "progetti"),
    ),
    "pnrr": (Table({
        "CUP": ["A11B22000000001", "A11B22000000002"], "Codice Locale Progetto": ["L1", ""],
        "Codice Fiscale Soggetto Attuatore": BODIES, "Soggetto Attuatore": ["PROVA SOC. COOP."],
        "Titolo Progetto": ["Asilo di prova"], "Amministrazione Titolare": ["MINISTERO DI PROVA"],
        "Codice ISTAT Comune": ["059011", "063049", ""], "Comune": ["LATINA"], "Provincia": ["LT"],
        "Regione": ["LAZIO"], "Finanziamento PNRR": ["1.234,50", "1000"], "Data Inizio Effettiva": ["31/01/2024", ""],
    }, "pnrr"),),
    "public-buildings": (Table({
        "Identificativo bene": ["B1", "B2", "B3"], "Amministrazione Codice Fiscale": ["00097020598"],
        "Amministrazione Denominazione": ["COMUNE DI LATINA"], "Natura del bene": ["Fabbricato", "Terreno"],
        "Tipologia del bene": ["Edificio scolastico"], "Regione del bene": ["LAZIO", "CAMPANIA"],
        "Provincia del bene": ["LATINA"], "Comune del bene": ["LATINA"],
        "Codice Comune del bene": ["059011", "E472", "063049"], "Indirizzo": ["VIA DI PROVA"], "Foglio": ["1", "2"],
        "Latitudine": ["41,46", ""], "Longitudine": ["12,9", ""], "Superficie": ["100", "1.250,5", ""],
        "Utilizzo": ["Non utilizzato", "Inutilizzabile", "Dato in uso", "In ristrutturazione"],
    }, "immobili"),),
    "runts": one(**{
        "Codice fiscale": BODIES, "Repertorio": ["101", "102"], "Denominazione": ["Prova APS", "Prova Coop. Sociale"],
        "Rappresentante": ["Prova-Segreta"], "Data iscrizione": ["07/11/2022", ""], **REGISTERED,
    }),
    "cooperative-register": one(**{
        "N. Iscrizione": ["A100001", "C100002"], "Denominazione": ["PROVA UNO", "PROVA DUE"], "Codice Fiscale": BODIES,
        "Sezione": ["Cooperative a mutualità prevalente", "II"], "Categoria": ["Cooperative sociali"],
        "Stato": ["Attiva", "Ibernata"], "Comune": ["Viterbo", "Milano"], "Prov": ["VT", "MI"],
        "Codice ATECO": ["88.10.00", ""], "Numero soci": ["12", "1.234", ""], "PEC": ["pec@coop.example.it", ""],
        "Presidente": ["Prova-Segreta"],
    }),
    "network-contracts": (Table({
        "progr.": ["1", "2"], "denominazione contratto": ["Rete di prova"], "data atto": ["15/03/2021"],
        "numero repertorio": ["10", "11"], "numero atto": ["5"], "oggetto": ["Mezzi in comune", ""], "c.f.": BODIES,
        "denominazione impresa": ["PROVA SOC. COOP.", "PROVA SRL"], "impresa di riferimento": ["SI", ""],
        "comune": ["VITERBO", "NAPOLI"], "PV": ["VT", "NA"], "NG": ["SC", "SR"], "codice ATECO 2007": ["81.21", ""],
    }),),
    "cordis": (Table({
        "projectID": ["1", "2"], "projectAcronym": ["ACRO"], "organisationID": ["901", "902", "903"],
        "vatNumber": [f"IT{BODIES[0]}", f"IT{BODIES[4]}", "missing"], "name": ["PROVA UNO SOC. COOP.", "PROVA SRL"],
        "activityType": ["PRC", "OTH"], "city": ["Rome", "Nowhere"], "country": ["IT", "FR"],
        "nutsCode": ["ITI43", "ITC11"], "role": ["coordinator", "participant"], "ecContribution": ["100000.5", ""],
    }, "organization"),),
}  # fmt: skip

OUTLINES = frozenset({"boundaries"})
"""Sources of outlines, no tables: their files are made by `outline_file`."""
NOT_GENERATED = {"example": "written by the product itself", "lazio": "shipped with the product"}
"""Sources without a recipe, and why."""
FORMS = {".csv": 12, ".xlsx": 1, ".zip": 2, ".parquet": 2}
SPOILERS = ("cell", "cell", "cell", "extra", "missing", "open", "nul", "byte", "newline", "note")
CATALOGUES = {language: catalogue(language) for language in ("it", "en")}


# --- the generator ----------------------------------------------------------------------------------------


@dataclass
class Made:
    """A generated file, and what is known of it: its rows, how many are sound, its records if they can be counted."""

    path: Path
    rows: int
    sound: int
    records: int | None


class Maker:
    """Makes the files of one seed; everything in them depends on the seed alone."""

    def __init__(self, seed: int, folder: Path) -> None:
        self.chance = random.Random(seed)
        names = sorted({*RECIPES, *OUTLINES} & SOURCES.keys())
        self.source = names[seed % len(names)]
        self.folder = folder

    def files(self) -> list[Made]:
        """One file for each table of the source, in a kind that the source reads."""
        if self.source in OUTLINES:
            return [self.outline_file()]
        kinds = [kind for kind in FORMS if kind in SOURCES[self.source].info.formats]
        kind = self.chance.choices(kinds, [FORMS[one] for one in kinds])[0]
        write = {".csv": self.text_file, ".xlsx": self.workbook, ".zip": self.archive, ".parquet": self.columns_file}
        return [write[kind](table) for table in RECIPES[self.source]]

    def text_file(self, table: Table, folder: Path | None = None) -> Made:
        """A CSV: any delimiter, encoding, order of columns, with blank lines, cut lines and broken bytes."""
        chance = self.chance
        delimiter = chance.choice(";;,,\t")
        bulk = ".parquet" in SOURCES[self.source].info.formats
        encoding = chance.choice(["utf-8", "utf-8", "utf-8-sig", "cp1252", "utf-8" if bulk else "utf-16"])
        head = list(table.columns.items())
        chance.shuffle(head)
        lines = [line([name for name, _ in head], delimiter)]
        rows, sound, counted = chance.randint(0, 12), 0, True
        for _ in range(rows):
            good = [chance.choice(values) for _, values in head]
            if chance.random() < 0.6:
                sound += 1
                lines.append(line(good, delimiter))
            else:
                spoiler = chance.choice(SPOILERS)
                counted = counted and spoiler not in {"open", "nul", "newline"}
                lines.append(self.spoilt(spoiler, good, delimiter))
            if chance.random() < 0.1:
                lines.append(chance.choice(["\n", "   \n", delimiter * 3 + "\n"]))
        ending = chance.choice(["\n", "\n", "\r\n"])
        content = "".join(lines).replace("\n", ending).encode(encoding, errors="replace")
        if encoding == "utf-8" and chance.random() < 0.1:
            content += b"\xff\xfe broken \x81\n"
            counted = False
        path = (folder or self.folder) / f"{table.name}.csv"
        path.write_bytes(content)
        return Made(path, rows, sound, rows if counted else None)

    def spoilt(self, spoiler: str, cells: list[str], delimiter: str) -> str:
        match spoiler:
            case "extra":
                return line([*cells, "one too many"], delimiter)
            case "missing":
                return line(cells[:-1], delimiter)
            case "open":
                return '"' + line(cells, delimiter)
            case "nul":
                return line(cells, delimiter).replace("\n", "\x00\n")
            case "byte":
                return line([*cells[:-1], "\udcff?"], delimiter)
            case "newline":
                return line([f"{cell}\n{cell}" for cell in cells], delimiter)
            case "note":
                return "Una nota di prova che non è un dato\n"
        return line(self.dirtied(cells), delimiter)

    def dirtied(self, cells: list[str]) -> list[str]:
        place = self.chance.randrange(len(cells))
        return [self.chance.choice(DIRT) if at == place else cell for at, cell in enumerate(cells)]

    def grid(self, table: Table) -> tuple[list[list[str]], int]:
        """Rows of the table, some with a dirty cell, and how many have none."""
        rows, sound = [], 0
        for _ in range(self.chance.randint(0, 12)):
            good = [self.chance.choice(values) for values in table.columns.values()]
            clean = self.chance.random() < 0.6
            sound += clean
            rows.append(good if clean else self.dirtied(good))
        return rows, sound

    def workbook(self, table: Table) -> Made:
        """A workbook with a title above, numbers as numbers now and then, and another sheet that is no table."""
        rows, sound = self.grid(table)
        book = openpyxl.Workbook(write_only=True)
        sheet = book.create_sheet("Dati")
        if self.chance.random() < 0.3:
            sheet.append(["Elenco di prova"])
        sheet.append(list(table.columns))
        for row in rows:
            sheet.append([self.cell(text) for text in row])
        book.create_sheet("Note").append(["Nessun dato qui"])
        path = self.folder / f"{table.name}.xlsx"
        book.save(path)
        return Made(path, len(rows), sound, len(rows))

    def cell(self, text: str) -> object:
        text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f]", "", text)
        return int(text) if re.fullmatch(r"[1-9]\d{0,10}", text) and self.chance.random() < 0.3 else text

    def archive(self, table: Table) -> Made:
        inside = self.folder / "inside"
        inside.mkdir(exist_ok=True)
        made = self.text_file(table, inside)
        path = self.folder / f"{table.name}.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.write(made.path, f"dati/{made.path.name}")
        return Made(path, made.rows, made.sound, made.records)

    def columns_file(self, table: Table) -> Made:
        rows, sound = self.grid(table)
        columns = {name: [row[at] for row in rows] for at, name in enumerate(table.columns)}
        path = self.folder / f"{table.name}.parquet"
        pq.write_table(pa.table({name: pa.array(cells, pa.string()) for name, cells in columns.items()}), path)
        return Made(path, len(rows), sound, len(rows))

    def outline_file(self) -> Made:
        """Outlines of comuni, some of them spoilt in their code, ring or type."""
        chance, features, sound = self.chance, [], 0
        for _ in range(chance.randint(1, 8)):
            x, y = 12 + chance.random(), 41.2 + chance.random()
            ring = [[x, y], [x + 0.01, y], [x + 0.01, y + 0.01], [x, y]]
            geometry: object = {"type": "Polygon", "coordinates": [ring]}
            code: object = chance.choice(PLACES)
            if chance.random() < 0.6:
                sound += 1
            else:
                code = chance.choice([code, code, *DIRT, None, 59011, 1.5, [], {}])
                geometry = chance.choice([
                    geometry, None, {}, [], {"type": "Point", "coordinates": [x, y]}, {"type": "Polygon"},
                    {"type": "Polygon", "coordinates": []}, {"type": "Polygon", "coordinates": [ring[:2]]},
                    {"type": "Polygon", "coordinates": [[["a", y], *ring[1:]]]},
                    {"type": "Polygon", "coordinates": [[[x + 400, y], *ring[1:]]]},
                    {"type": "Polygon", "coordinates": [[[x], *ring[1:]]]}, {"type": 7, "coordinates": ring},
                ])  # fmt: skip
            features.append({"type": "Feature", "properties": {"istat": code, "name": "Prova"}, "geometry": geometry})
        path = self.folder / "dirty.geojson"
        path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
        return Made(path, len(features), sound, len(features))


def line(cells: Iterable[str], delimiter: str) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return text.getvalue()


# --- what must hold ---------------------------------------------------------------------------------------


def read_all(name: str, paths: Sequence[Path]) -> tuple[list[Outcome], int] | LandError:
    """The outcomes and the lines of notes that are no records, or the error of ours that refuses the file whole."""
    options = ReadOptions(known_codes=KNOWN)
    try:
        found = list(SOURCES[name].read(paths, options))
    except LandError as refused:
        return refused
    notes = sum(notice.params["count"] for notice in options.notices if notice.key == "notice.note-lines")
    return found, int(notes)


def check_ledger(outcomes: Sequence[Outcome]) -> None:
    """Each line of each file has one outcome; each refusal a line, a field and a sentence in both languages."""
    told = Counter((one.file, one.line) for one in outcomes)
    assert [place for place, times in told.items() if times > 1] == []
    for one in outcomes:
        assert one.line >= 1
        if isinstance(one, OutOfArea):
            assert one.count >= 1
        if isinstance(one, Rejected):
            assert one.field
            assert len(one.value) <= 200
            assert all(one.reason.key in catalogue for catalogue in CATALOGUES.values()), one.reason.key
            assert not any(person in one.value for person in PERSONS)
        if isinstance(one, Accepted):
            assert one.key
            assert len(one.key) <= 400
            assert not any(person in repr(one) for person in PERSONS), one


def count_of(outcomes: Iterable[Outcome]) -> int:
    return sum(one.count if isinstance(one, OutOfArea) else 1 for one in outcomes)


ANY = Layout((Column("any", ("*",), needed=True),))


def count_records(path: Path) -> int:
    """Records of a CSV as the plain reader of tables counts them, told without any importer."""
    inside = path.parent / "inside" / f"{path.stem}.csv"
    return sum(1 for _ in read_rows(inside if path.suffix == ".zip" else path, ANY, ReadOptions()))


def check(name: str, files: Sequence[Made], tally: Counter[str]) -> None:
    """What a source makes of these files holds all that the ledger promises."""
    paths = [made.path for made in files]
    found = read_all(name, paths)
    tally["files"] += len(files)
    tally["rows"] += sum(made.rows for made in files)
    tally["sound rows"] += sum(made.sound for made in files)
    if isinstance(found, LandError):
        assert all(found.key in catalogue for catalogue in CATALOGUES.values())
        tally["refused whole"] += 1
        return
    outcomes, notes = found
    check_ledger(outcomes)
    texts = [path for path in paths if path.suffix in {".csv", ".zip"}]
    expected = sum(count_records(made.path) if made.path in texts else made.records or 0 for made in files)
    assert count_of(outcomes) + notes == expected, (name, [path.name for path in paths])
    if all(made.records is not None for made in files):
        assert count_of(outcomes) + notes == sum(made.records or 0 for made in files)
        tally["counted twice"] += 1
    again = read_all(name, paths)
    assert not isinstance(again, LandError)
    assert again[0] == outcomes
    tally.update(type(one).__name__ for one in outcomes)
    tally.update({f"{name} accepted": sum(isinstance(one, Accepted) for one in outcomes)})


def run(seeds: Iterable[int], folder: Path) -> Counter[str]:
    """Every file of these seeds, checked; what came out, counted."""
    tally: Counter[str] = Counter()
    for seed in seeds:
        maker = Maker(seed, folder)
        try:
            check(maker.source, maker.files(), tally)
        except Exception as fault:
            raise AssertionError(f"seed {seed}, {maker.source}: {type(fault).__name__}: {fault}") from fault
    return tally


def test_every_source_has_a_recipe():
    assert {*RECIPES, *OUTLINES, *NOT_GENERATED} >= SOURCES.keys()


def test_five_thousand_dirty_files(tmp_path):
    tally: Counter[str] = Counter()
    for start in range(0, 100_000, 500):
        tally += run(range(start, start + 500), tmp_path)
        if tally["files"] >= 5_000:
            break
    assert tally["sound rows"] >= 0.3 * tally["rows"]
    outcomes = tally["Accepted"] + tally["Rejected"] + tally["OutOfArea"]
    assert tally["Accepted"] >= 0.3 * outcomes, tally
    assert tally["Rejected"] > 3_000
    assert tally["refused whole"] < 0.1 * tally["files"], tally
    assert tally["counted twice"] > 500
    assert [name for name in {*RECIPES, *OUTLINES} & SOURCES.keys() if not tally[f"{name} accepted"]] == []


@pytest.mark.long
def test_very_many_dirty_files(tmp_path):
    assert run(range(100_000, 300_000), tmp_path)["Rejected"] > 100_000


def known_store(folder: Path) -> Path:
    """A store that knows one of the bodies of the recipes."""
    file = folder / "known.sqlite"
    table = folder / "known.csv"
    table.write_text(f"id,name,kind\n{BODIES[0]},Prova Uno,cooperative\n")
    store = open_store(file)
    assert store.load(SOURCES["organisations"], [table]).added == 1
    store.close()
    return file


def load_twice(store: Store, name: str, paths: Sequence[Path]) -> None:
    """The second load of the same files changes nothing, and says so of every row."""
    store.load(SOURCES[name], paths)
    between = store.version()
    second = store.load(SOURCES[name], paths)
    assert (second.added, second.changed, second.gone) == (0, 0, 0), name
    assert second.read == second.unchanged + second.rejected + second.out_of_area
    assert store.version() == between
    for refused in second.rejections:
        for language in ("it", "en"):
            assert Words(language).render(refused.reason)


def test_the_same_dirty_file_twice_changes_nothing(tmp_path):
    """Through a store of its own for each pair of loads."""
    known, tried = known_store(tmp_path), Counter[str]()
    for seed in range(len(RECIPES) * 3):
        maker = Maker(seed, tmp_path)
        paths = [made.path for made in maker.files()]
        store = open_store(shutil.copyfile(known, tmp_path / "own.sqlite"))
        with contextlib.suppress(LandError):
            load_twice(store, maker.source, paths)
            tried[maker.source] += 1
        store.close()
    assert tried.keys() == {*RECIPES, *OUTLINES} & SOURCES.keys()


CHAINS = {
    "anac-winners": "cig;ruolo;codice_fiscale;denominazione;id_aggiudicazione\n"
    "Z1;MANDATARIA;{0};PROVA UNO;A1\nZ1;MANDANTE;{1};PROVA DUE;A1\n"
    "Z2;MANDATARIA;{1};PROVA DUE;A2\nZ2;MANDANTE;{2};PROVA TRE;A2\n",
    "opencoesione-subjects": "COD_LOCALE_PROGETTO;OC_CODICE_FISCALE_SOGG;SOGG_COD_RUOLO;OC_DENOMINAZIONE_SOGG\n"
    "P1;{0};3;PROVA UNO\nP1;{1};4;PROVA DUE\nP2;{1};3;PROVA DUE\nP2;{2};4;PROVA TRE\n",
}


@pytest.mark.parametrize("name", CHAINS)
def test_bodies_that_came_with_a_file_do_not_bring_in_more_of_it(tmp_path, name):
    """The partner of a partner is out of the area, however often the file is loaded."""
    store = open_store(known_store(tmp_path))
    path = tmp_path / "chain.csv"
    path.write_text(CHAINS[name].format(*BODIES))
    first = store.load(SOURCES[name], [path])
    assert (first.read, first.added, first.out_of_area) == (4, 2, 2)
    load_twice(store, name, [path])
    store.close()


def test_the_ledger_check_would_notice():
    """The control: a lost row, a row told twice, a nameless reason, a person, and a reader that stumbles."""
    fine = Rejected(3, "id", "x", Message("reject.missing"))
    check_ledger([fine])
    for broken in (
        [fine, fine],
        [Rejected(9, "", "x", fine.reason)],
        [Rejected(3, "id", "x", type(fine.reason)("reject.never-heard-of"))],
        [Rejected(3, "id", PERSONS[0], fine.reason)],
        [Accepted(3, "", ())],
        [Accepted(3, PERSONS[1], ())],
    ):
        with pytest.raises(AssertionError):
            check_ledger(broken)


@pytest.mark.parametrize("fault", ["loses a row", "stumbles"])
def test_the_run_would_notice_a_reader_with_a_fault(tmp_path, monkeypatch, fault):
    name = "organisations"
    source = SOURCES[name]

    def faulty(paths, options):
        for number, found in enumerate(source.read(paths, options)):
            if number == 3 and fault == "loses a row":
                continue
            if number == 3:
                raise ValueError("planted")
            yield found

    planted = {**SOURCES, name: replace(source, read=faulty)}
    monkeypatch.setitem(globals(), "SOURCES", planted)
    with pytest.raises(AssertionError, match=name):
        run(range(2_000), tmp_path)


# --- any bytes, any table ---------------------------------------------------------------------------------


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.sampled_from(sorted(RECIPES.keys() & SOURCES.keys())), st.booleans())
@example(b'"', "organisations", True)
@example(b'a,"\n"b', "organisations", True)
@example(b"\xff\xfe\x00\xd8", "organisations", False)
@example(b"\xef\xbb\xbf", "organisations", False)
def test_any_bytes_at_all(tmp_path, content, name, headed):
    """Whatever the bytes, with or without good headings: outcomes with reasons, or an error of ours."""
    table = RECIPES[name][0]
    head = ";".join(table.columns).encode() + b"\n" if headed else b""
    path = tmp_path / f"{table.name}.csv"
    path.write_bytes(head + content)
    found = read_all(name, [path])
    if not isinstance(found, LandError):
        check_ledger(found[0])


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.text(max_size=30), min_size=3, max_size=3), max_size=8), st.sampled_from(";,\t"))
def test_a_well_written_table_loses_nothing(tmp_path, rows, delimiter):
    """What Python's own writer writes comes back cell by cell, whatever is in it but null characters."""
    rows = [[cell.replace("\x00", "") for cell in row] for row in rows]
    path = tmp_path / "written.csv"
    with path.open("w", encoding="utf-8", errors="replace", newline="") as stream:
        writer = csv.writer(stream, delimiter=delimiter, quoting=csv.QUOTE_ALL)
        writer.writerow(["a", "b", "c"])
        writer.writerows(rows)
    layout = Layout(tuple(Column(name, needed=True) for name in "abc"))
    seen = list(read_rows(path, layout, ReadOptions()))
    with path.open(encoding="utf-8", newline="") as stream:
        expected = [
            row for row in list(csv.reader(stream, delimiter=delimiter))[1:] if any(cell.strip() for cell in row)
        ]
    assert [list(row.cells.values()) for row in seen if isinstance(row, Row)] == expected
