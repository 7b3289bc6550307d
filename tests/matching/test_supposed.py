"""What inference supposes suggests partners, below what is known and said as such, and never rules anybody out."""

from datetime import date
from typing import Any

import pytest

from matching.candidates import Filters, possible_rows
from matching.checks import CheckState, party_facts, removed
from matching.kinds import partnership
from matching.question import Question
from matching.supposed import SUPPOSED

GROVES, MILLS = ("oil:groves",), ("oil:mills",)


def signs(recommendation: Any) -> dict[str, float]:
    """The values of the signs of one suggestion."""
    return {each.feature: each.value for each in recommendation.contributions}


@pytest.fixture
def mill(world: Any) -> Any:
    """An oil mill that asks; a known grower and one of whom only the name tells, both in its comune."""
    world.add("frantoio", sector="10.41", comune="Viterbo")
    world.add("olivicoltori noti", sector="01.26", comune="Viterbo")
    world.add("olivicoltori dal nome", chain_stages=GROVES, inferred=("chain_stages",), comune="Viterbo")
    return world


def test_a_supposed_stage_makes_a_link_below_the_known_one(mill: Any):
    found = mill.ask("frantoio", "supply-chain").recommendations
    assert [mill.name(each.partner) for each in found] == ["olivicoltori noti", "olivicoltori dal nome"]
    known, supposed = (signs(each)["next-stage"] for each in found)
    assert supposed == pytest.approx(SUPPOSED * known)


def test_a_supposed_link_says_so_and_is_to_be_verified(mill: Any):
    supposed = mill.ask("frantoio", "supply-chain").recommendations[1]
    [reason] = [each.message for each in supposed.contributions if each.feature == "next-stage"]
    assert reason.key.startswith("feature.next-stage.inferred")
    assert [one.key for one in reason.params["da"]] == ["judging-by.name"]
    states = {check.rule: check.state for check in supposed.checks}
    assert CheckState.FAILED not in states.values()
    assert states["N12"] is CheckState.TO_VERIFY


def test_who_wants_certain_facts_only_sees_no_supposed_link(mill: Any):
    assert mill.partners("frantoio", "supply-chain", filters=Filters(only_certain=True)) == ["olivicoltori noti"]


@pytest.mark.parametrize(("inferred", "ruled_out"), [((), True), (("sector",), False)])
def test_only_a_known_activity_outside_the_chain_rules_out(
    world: Any, today: date, inferred: tuple[str, ...], ruled_out: bool
):
    """Rule N12 removes where no chain links the two; what is only supposed of one of them leaves it open."""
    world.add("frantoio", sector="10.41", comune="Viterbo")
    world.add("tessitori", sector="13.20", comune="Viterbo", inferred=inferred)
    index, kind = world.index(), partnership("supply-chain")
    asker = index.row(world.id("frantoio"))
    question = Question(index, index.columns, asker, possible_rows(index, asker, kind), today)
    assert bool(removed(question, kind)["N12"].any()) is ruled_out


def test_a_stage_of_ones_own_word_counts_before_a_code(world: Any):
    world.add("frantoio", chain_stages=MILLS, sector="62.01", comune="Viterbo")
    world.add("olivicoltori", sector="01.26", comune="Viterbo")
    [found] = world.ask("frantoio", "supply-chain").recommendations
    assert signs(found)["next-stage"] == 1.0
    assert "inferred" not in found.contributions[0].message.key


def test_a_supposed_activity_is_alike_below_a_known_one(world: Any):
    world.add("pulitori", sector="81.21", comune="Roma")
    world.add("noti", sector="81.21", comune="Roma")
    world.add("dal nome", sector="81.21", inferred=("sector",), comune="Roma")
    found = {world.name(each.partner): each for each in world.ask("pulitori", "aggregation").recommendations}
    assert signs(found["dal nome"])["same-activity"] == pytest.approx(SUPPOSED)
    assert signs(found["noti"])["same-activity"] == 1.0
    assert found["dal nome"].score < found["noti"].score


def test_a_supposed_type_neither_proves_nor_fails_a_rule(world: Any):
    world.add("tipo b dal nome", category="sociali", social_type="B", inferred=("social_type",))
    world.add("tipo b noto", category="sociali", social_type="B")
    assert "social_type" not in party_facts(world.organisations["tipo b dal nome"])
    assert party_facts(world.organisations["tipo b noto"])["social_type"] == "B"
