"""Who could take a role of a dossier, and who is heard about a plan: signs, reasons, and nobody twice."""

import tomllib
from dataclasses import replace
from importlib.resources import files

import pytest

from data.lazio.goods import good
from data.lazio.plans import plan, plan_of, plans
from data.lazio.roles import role_name, role_of, roles
from data.model import BodyType, OrganisationKind, Status
from data.wording import plain
from matching.fields import FIELD_NAMES
from matching.hearing import hearing
from matching.role_candidates import ask_of, candidates, in_context, search_role
from service.messages import text

COOP, BODY, FIRM = OrganisationKind.COOPERATIVE, OrganisationKind.PUBLIC_BODY, OrganisationKind.FIRM
AMATRICE, ACCUMOLI, RIETI, ROMA = "057002", "057001", "057059", "058091"


def names(world, found) -> list[str]:
    return [world.name(each.organisation) for each in found]


def keys(candidate) -> list[str]:
    return [message.key for message in candidate.reasons]


# --- the vocabularies -------------------------------------------------------------------------------------------


def test_roles_speak_of_fields_themes_and_goods_that_exist() -> None:
    table = files("data").joinpath("lazio", "themes.toml").read_text(encoding="utf-8")
    theme_keys = {each["key"] for each in tomllib.loads(table)["theme"]}
    assert len(roles()) >= 40
    for each in roles():
        assert set(each.fields) <= set(FIELD_NAMES), each.key
        assert set(each.themes) <= theme_keys, each.key
        assert [good(key).key for key in each.goods] == list(each.goods)


def test_words_of_either_language_name_one_role() -> None:
    words = [(plain(word), each.key) for each in roles() for word in {plain(each.key), plain(each.it), plain(each.en)}]
    assert len({word for word, _ in words}) == len(words)
    assert role_of("Capo fila").key == role_of("lead partner").key == "lead"  # type: ignore[union-attr]
    assert role_of("un ruolo tutto nostro") is None
    assert (role_name("lead", "it"), role_name("lead", "en"), role_name("nostro", "en")) == (
        "capofila", "lead partner", "nostro",
    )  # fmt: skip


def test_the_last_plan_takes_what_no_other_does() -> None:
    assert plans()[-1].key == "other"
    assert plan_of("Piano di Zona").key == "piano-di-zona"  # type: ignore[union-attr]
    assert plan_of("verbale") is None


# --- candidates -------------------------------------------------------------------------------------------------


def test_offers_sectors_and_fields_speak_for_a_body_and_nearness_orders_them(world) -> None:
    world.add("Oleificio vicino", kind=COOP, sector="10.41", sector_version="2025", municipality=ACCUMOLI)
    world.add("Oleificio lontano", kind=COOP, sector="10.41", sector_version="2025", municipality=ROMA)
    world.add("Frantoio che offre", kind=COOP, municipality=ROMA)
    world.says("Frantoio che offre", "offers", "molitura per conto terzi")
    world.add("Teatro", kind=COOP, sector="90.20", sector_version="2025", municipality=ACCUMOLI)
    ask = ask_of("food-processing", ("good:oil_milling", "sector:1041"))
    found = candidates(world.index(), ask, (ACCUMOLI,))
    assert names(world, found) == ["Oleificio vicino", "Frantoio che offre", "Oleificio lontano"]
    assert keys(found[0]) == ["role.sector", "role.here"]
    assert keys(found[1])[0] == "role.offers"


def test_a_field_read_off_a_name_is_told_as_inferred(world) -> None:
    world.add("Assistenza anziani prova", kind=COOP, status=None, municipality=ACCUMOLI)
    (found,) = candidates(world.index(), ask_of("care"), (ACCUMOLI,))
    assert "role.field.inferred" in keys(found)
    assert [message.key for message in found.to_verify] == ["role.verify.status"]


@pytest.mark.parametrize("role", ["care", "work-integration"])
def test_a_type_read_off_a_name_is_told_as_inferred_and_is_to_be_verified(world, role: str) -> None:
    kind = "A" if role == "care" else "B"
    facts = {"kind": COOP, "social_type": kind, "sector": "88.10", "sector_version": "2025", "municipality": ACCUMOLI}
    world.add("Nota", **facts)
    world.add("Dedotta", inferred=("social_type",), **facts)
    ask = replace(ask_of(role), social_types=frozenset({kind}))
    found = {world.name(each.organisation): each for each in candidates(world.index(), ask, (ACCUMOLI,))}
    assert "role.social-type" in keys(found["Nota"])
    assert found["Nota"].to_verify == ()
    assert "role.social-type" not in keys(found["Dedotta"])
    (told,) = (each for each in found["Dedotta"].reasons if each.key == "role.social-type.inferred")
    assert [each.key for each in found["Dedotta"].to_verify] == ["role.verify.type"]
    sentence = f"Sembra una cooperativa sociale di tipo {kind} (dedotto dal nome: da verificare)."
    assert text(told.key, "it", **told.params) == sentence


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"kind": COOP, "status": Status.ACTIVE}, True),
        ({"kind": COOP, "status": Status.LIQUIDATION}, False),
        ({"kind": FIRM}, False),
        ({"kind": COOP, "social_type": "A"}, False),
        ({"kind": COOP, "social_type": "B"}, True),
    ],
)
def test_what_leaves_a_body_out(world, facts: dict[str, object], named: bool) -> None:
    world.add("Inserimento lavorativo prova", municipality=ACCUMOLI, **facts)
    found = candidates(world.index(), ask_of("work-integration", ("social-type:B",)), (ACCUMOLI,))
    assert bool(found) is named


def test_a_role_that_names_no_work_asks_for_who_is_near(world) -> None:
    world.add("Vicina", kind=COOP, municipality=ACCUMOLI)
    world.add("Lontana", kind=COOP, municipality=ROMA)
    assert names(world, candidates(world.index(), ask_of("lead"), (AMATRICE,))) == ["Vicina"]


def test_a_municipality_is_looked_for_among_bodies_of_its_type(world) -> None:
    world.add("Comune di prova", kind=BODY, body_type=BodyType.MUNICIPALITY, municipality=ACCUMOLI)
    world.add("Scuola di prova", kind=BODY, body_type=BodyType.SCHOOL, municipality=ACCUMOLI)
    assert names(world, candidates(world.index(), ask_of("municipality"), (ACCUMOLI,))) == ["Comune di prova"]


def test_who_is_in_it_or_has_declined_is_not_named_and_common_work_counts(world) -> None:
    for name in ("Prima", "Seconda", "Terza", "Quarta"):
        world.add(name, kind=COOP, sector="88.10", sector_version="2025", municipality=ACCUMOLI)
    world.project("p1", "Prima", "Terza")
    found = candidates(
        world.index(), ask_of("care"), (ACCUMOLI,), taken=[world.id("Prima")], left_out=[world.id("Seconda")]
    )
    assert names(world, found) == ["Terza", "Quarta"]
    assert "role.together" in keys(found[0])
    assert "role.together" not in keys(found[1])


def test_own_words_look_for_the_goods_and_fields_that_they_name(world) -> None:
    world.add("Trasporti prova", kind=COOP, sector="49.41", sector_version="2025", municipality=ACCUMOLI)
    world.add("Teatro", kind=COOP, sector="90.20", sector_version="2025", municipality=ACCUMOLI)
    assert names(world, candidates(world.index(), ask_of("chi trasporta con furgoni"), (ACCUMOLI,))) == [
        "Trasporti prova"
    ]


CANTEEN = ("good:collective_catering",)


def test_a_good_is_looked_for_in_offers_sectors_and_names_and_what_is_supposed_weighs_less(world) -> None:
    sector = {"kind": COOP, "sector_version": "2007", "municipality": ACCUMOLI}
    world.add("Offerta", kind=COOP, municipality=ACCUMOLI)
    world.says("Offerta", "offers", "mensa scolastica")
    world.add("Nota", sector="56.29.10", **sector)
    world.add("Dedotta", sector="56.29.10", inferred=("sector",), **sector)
    world.add("Divisione", sector="56", **sector)
    world.add("Divisione dedotta", sector="56", inferred=("sector",), **sector)
    world.add("Mense Aurora", kind=COOP, municipality=ACCUMOLI)
    world.add("Bar", sector="56.30.00", **sector)
    world.add("Mens Sana", kind=COOP, municipality=ACCUMOLI)
    found = candidates(world.index(), ask_of("catering", CANTEEN), (ACCUMOLI,))
    assert names(world, found) == ["Offerta", "Nota", "Dedotta", "Divisione", "Divisione dedotta", "Mense Aurora"]
    kind = ["sector", "sector.inferred", "sector-wide", "sector-wide.inferred", "name"]
    assert [f"role.good.{each}" for each in kind] == [
        next(key for key in keys(each) if key.startswith("role.good.")) for each in found[1:]
    ]
    told = next(each for each in found[4].reasons if each.key == "role.good.sector-wide.inferred")
    assert text(told.key, "it", **told.params) == (
        "Il suo settore (ATECO 56), dedotto e da verificare, comprende chi fornisce: ristorazione collettiva."
    )


def test_codes_of_a_good_are_read_in_the_numbering_of_the_sector(world) -> None:
    world.add("Nuova", kind=COOP, sector="56.22", sector_version="2025", municipality=ACCUMOLI)
    world.add("Vecchia", kind=COOP, sector="56.22", sector_version="2007", municipality=ACCUMOLI)
    assert names(world, candidates(world.index(), ask_of("partner", CANTEEN), (ACCUMOLI,))) == ["Nuova"]


def test_after_who_does_what_is_asked_stand_those_of_the_work_of_the_role_and_the_nearest_is_told(world) -> None:
    world.add("Bar vicino", kind=COOP, sector="56.30.00", municipality=RIETI)
    world.add("Bar lontano", kind=COOP, sector="56.30.00", municipality=ROMA)
    ask, wider = ask_of("catering", CANTEEN), ask_of("catering", CANTEEN, wider=True)
    found = search_role(world.index(), ask, wider, (ACCUMOLI,))
    assert (found.candidates, names(world, found.others)) == ((), ["Bar vicino", "Bar lontano"])
    assert world.name(found.nearest.organisation) == "Bar vicino"
    world.add("Mensa", kind=COOP, sector="56.29", municipality=ROMA)
    found = search_role(world.index(), ask, wider, (ACCUMOLI,), limit=2)
    assert (names(world, found.candidates), names(world, found.others)) == (["Mensa"], ["Bar vicino"])
    assert found.total == 1
    world.add("Mensa seconda", kind=COOP, sector="56.29", municipality=ROMA)
    assert search_role(world.index(), ask, wider, (ACCUMOLI,), limit=1).total == 2
    assert world.name(found.nearest.organisation) == "Mensa"


def test_a_role_that_names_no_work_asks_far_away_only_when_nobody_is_near(world) -> None:
    world.add("Lontana", kind=COOP, municipality=ROMA)
    world.add("Senza luogo", kind=COOP)
    ask = ask_of("lead")
    found = search_role(world.index(), ask, ask, (AMATRICE,))
    assert names(world, found.candidates) == ["Lontana", "Senza luogo"]
    assert found.nearest.km > 60
    world.add("Vicina", kind=COOP, municipality=ACCUMOLI)
    assert names(world, search_role(world.index(), ask, ask, (AMATRICE,)).candidates) == ["Vicina"]
    assert search_role(new_index_without_places(world), ask, ask, (AMATRICE,)).nearest is None


def new_index_without_places(world):
    for name, body in list(world.organisations.items()):
        world.organisations[name] = replace(body, municipality=None, province=None)
    return world.index()


def test_a_seat_outside_lazio_is_nobody_for_a_role_here(world) -> None:
    for name, province in (("Di Ferrara", "FE"), ("Di Rieti", "RI"), ("Ignota", None)):
        world.add(name, kind=COOP, sector="88.10", sector_version="2025", province=province)
    assert names(world, candidates(world.index(), ask_of("care"), (ACCUMOLI,))) == ["Di Rieti", "Ignota"]


# --- hearing ----------------------------------------------------------------------------------------------------


def heard(world, key: str, comuni) -> dict[str, list[str]]:
    found = hearing(world.index(), plan(key), comuni)
    return {
        each.group.it: [world.name(one.organisation) + ("?" if one.doubt else "") for one in each.bodies]
        for each in found
    }


def test_a_piano_di_zona_hears_type_a_cooperatives_and_the_public_bodies_of_its_comuni(world) -> None:
    world.add("Comune", kind=BODY, body_type=BodyType.MUNICIPALITY, municipality=ACCUMOLI)
    world.add("Tipo A", kind=COOP, social_type="A", municipality=AMATRICE)
    world.add("Tipo B", kind=COOP, social_type="B", municipality=AMATRICE)
    world.add("Cooperativa sociale Ignota", kind=COOP, municipality=AMATRICE)
    world.add("Agricola", kind=COOP, category="pesca", municipality=AMATRICE)
    world.add("Altrove", kind=COOP, social_type="A", municipality=ROMA)
    world.add("Finita", kind=COOP, social_type="A", municipality=AMATRICE, status=Status.DISSOLVED)
    world.add("Associazione", kind=OrganisationKind.THIRD_SECTOR, municipality=AMATRICE)
    found = heard(world, "piano-di-zona", (ACCUMOLI, AMATRICE))
    assert found["Cooperative sociali di tipo A (o A+B)"] == ["Tipo A"]
    assert found["Cooperative sociali di cui è da verificare il tipo"] == ["Cooperativa sociale Ignota?"]
    assert found["Cooperative sociali di tipo B (inserimento lavorativo)"] == ["Tipo B"]
    assert found["Enti pubblici dei comuni del piano"] == ["Comune"]
    assert found["Enti del Terzo settore"] == ["Associazione"]
    assert not any("Agricola" in bodies or "Altrove" in bodies or "Finita" in bodies for bodies in found.values())


def test_a_body_that_may_belong_to_several_groups_leaves_none_of_them_empty_in_appearance(world) -> None:
    facts = {"kind": COOP, "municipality": AMATRICE}
    world.add("Cooperativa sociale Ignota", **facts)
    world.add("Cooperativa sociale Dedotta", social_type="B", inferred=("social_type",), **facts)
    found = hearing(world.index(), plan("piano-di-zona"), (AMATRICE,))
    first, second, apart = found[:3]
    assert (first.bodies, second.bodies) == ((), ())
    assert (first.maybe, second.maybe, apart.maybe) == (2, 2, 0)
    assert [world.name(each.organisation) for each in apart.bodies] == [
        "Cooperativa sociale Dedotta", "Cooperativa sociale Ignota",
    ]  # fmt: skip
    assert [each.doubt.key for each in apart.bodies] == [
        "hearing.verify.social-type.supposed", "hearing.verify.social-type",
    ]  # fmt: skip
    assert text(apart.bodies[0].doubt.key, "it", **apart.bodies[0].doubt.params) == (
        "tipo non noto: sembra di tipo B (dedotto)"
    )
    assert [each.maybe for each in found[3:]] == [0, 0, 0]


def test_a_body_that_may_belong_to_one_group_only_stays_there_with_the_doubt(world) -> None:
    world.add("Consorzio Alfa sociale", kind=OrganisationKind.CONSORTIUM, category="sociali", municipality=AMATRICE)
    found = heard(world, "piano-di-zona", (AMATRICE,))
    assert found["Consorzi di cooperative sociali"] == ["Consorzio Alfa sociale?"]
    assert len(found) == len(plan("piano-di-zona").hear)


def test_a_health_body_of_the_province_is_heard_though_its_seat_is_elsewhere(world) -> None:
    world.add("Azienda sanitaria locale di Rieti", kind=BODY, body_type=BodyType.HEALTH, municipality=RIETI)
    world.add("Comune di Rieti", kind=BODY, body_type=BodyType.MUNICIPALITY, municipality=RIETI)
    (group,) = (each for each in hearing(world.index(), plan("snai"), (ACCUMOLI,)) if each.bodies)
    assert [(world.name(one.organisation), one.wider) for one in group.bodies] == [
        ("Azienda sanitaria locale di Rieti", True)
    ]


def test_each_body_stands_in_one_group_only(world) -> None:
    world.add("Agricola", kind=COOP, sector="01.11", sector_version="2025", municipality=ACCUMOLI)
    world.add("Ostello", kind=COOP, sector="55.20", sector_version="2025", municipality=ACCUMOLI)
    world.add("Ignota", kind=COOP, municipality=ACCUMOLI)
    found = [name for bodies in heard(world, "gal", (ACCUMOLI,)).values() for name in bodies]
    assert sorted(found) == ["Agricola", "Ignota?", "Ostello"]


def test_a_role_that_names_no_work_is_ordered_by_what_the_dossier_is_about(world) -> None:
    world.add("Teatro", kind=COOP, sector="90.20", sector_version="2025", municipality=ACCUMOLI)
    world.add("Cura", kind=COOP, sector="88.10", sector_version="2025", municipality=ACCUMOLI)
    world.add("Ditta", kind=FIRM, municipality=ACCUMOLI)
    ask = in_context(ask_of("lead"), (), "assistenza agli anziani soli")
    found = candidates(world.index(), ask, (ACCUMOLI,))
    assert names(world, found) == ["Cura", "Teatro", "Ditta"]
    assert in_context(ask_of("culture"), ("elderly",), "anziani") == ask_of("culture")
