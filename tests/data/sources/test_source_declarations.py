"""Own file of declarations: capacity, certifications and availability beside offers and needs."""

from pathlib import Path

from data.model import Visibility

HEAD = "org;dice;cosa;quantita;unita;periodo;fino_al;visibilita\n"


def records(read, path: Path, *lines: str) -> list:
    path.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return [record for row in read("declarations", path).accepted for record in row.records]


def test_every_kind_of_declaration(read, tmp_path: Path):
    found = records(
        read,
        tmp_path / "d.csv",
        "COOP-1;capacità libera;molitura olive;40;q;settimana;31/12/2027;federazione",
        "COOP-1;certificazione;UNI EN ISO 9001:2015;3;pezzi;mese;30/06/2027;pubblico",
        "COOP-1;disponibile;Fare da capofila;;;;;",
        "COOP-1;cerca;School meals;;;;;",
    )
    told = [(each.says, each.what, each.quantity, each.unit, each.period, each.visibility) for each in found]
    assert told == [
        ("capacity", "molitura olive", 40.0, "q", "week", Visibility.FEDERATION),
        ("certified", "ISO 9001", None, None, None, Visibility.PUBLIC),
        ("available", "guidare un raggruppamento", None, None, None, Visibility.RESERVED),
        ("seeks", "mensa scolastica", None, None, None, Visibility.RESERVED),
    ]


def test_a_period_that_nobody_knows_is_refused(read, tmp_path: Path):
    path = tmp_path / "d.csv"
    path.write_text(HEAD + "COOP-1;capacita;molitura;4;q;ogni tanto;;\n", encoding="utf-8")
    (refused,) = read("declarations", path).rejected
    assert (refused.field, refused.reason.key) == ("period", "reject.not-allowed")
