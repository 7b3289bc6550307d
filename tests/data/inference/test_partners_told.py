# SPDX-License-Identifier: EUPL-1.2
"""What partners say of a body: only those whom everybody may see that may see it."""

from data.inference.bodies import partners_of
from data.model import Organisation, OrganisationKind, Participation, Visibility


def body(key: str, visibility: Visibility) -> Organisation:
    return Organisation(id=key, name=key, kind=OrganisationKind.COOPERATIVE, visibility=visibility)


def test_a_reserved_partner_says_nothing_of_a_public_body() -> None:
    bodies = {
        each.id: each
        for each in (
            body("public", Visibility.PUBLIC),
            body("other", Visibility.PUBLIC),
            body("lega", Visibility.FEDERATION),
            body("hidden", Visibility.RESERVED),
        )
    }
    rows = [Participation(project="p", organisation=key) for key in bodies]
    assert partners_of(rows, bodies) == {
        "public": ("other",),
        "other": ("public",),
        "lega": ("other", "public"),
        "hidden": ("lega", "other", "public"),
    }


def test_a_demonstration_row_and_a_stranger_tell_nothing() -> None:
    bodies = {each.id: each for each in (body("one", Visibility.PUBLIC), body("two", Visibility.PUBLIC))}
    rows = [
        Participation(project="p", organisation="one"),
        Participation(project="p", organisation="stranger"),
        Participation(project="q", organisation="one", demonstration=True),
        Participation(project="q", organisation="two", demonstration=True),
    ]
    assert partners_of(rows, bodies) == {}
