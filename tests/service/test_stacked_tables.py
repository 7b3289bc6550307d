"""On a telephone wide tables are cards: every cell must name its column, since the headings are not seen there."""

import re

import pytest
from starlette.testclient import TestClient

from service.app import static_folder

PAGES = (
    "/it/fonti/dati",
    "/it/fonti/dati/elenco?gruppo=tutte&cosa=municipality&stato=known",
    "/it/fonti/dati/elenco?cosa=founded&stato=unknown",
    "/it/rendiconto",
    "/en/report",
)


def cells_of(page: str) -> list[str]:
    """The opening tags of all cells of the tables that become cards."""
    tables = re.findall(r'<table class="[^"]*land-stacked[^"]*">(.*?)</table>', page, re.DOTALL)
    return [cell for table in tables for cell in re.findall(r"<td[^>]*>(?!</td>)", table)]


@pytest.mark.parametrize("address", PAGES)
def test_every_cell_names_its_column(operator: TestClient, address: str) -> None:
    answer = operator.get(address)
    assert answer.status_code == 200
    assert "<table" not in re.sub(r'<table class="[^"]*land-stacked', "", answer.text)
    assert [cell for cell in cells_of(answer.text) if 'data-label="' not in cell or 'data-label=""' in cell] == []


def test_the_pages_have_tables_at_all(operator: TestClient) -> None:
    assert all(cells_of(operator.get(address).text) for address in ("/it/fonti/dati", "/it/rendiconto"))


def test_the_pattern_is_in_the_sheet_of_every_page() -> None:
    sheet = (static_folder() / "css" / "land.css").read_text("utf-8")
    assert ".land-stacked td::before { content: attr(data-label);" in sheet
