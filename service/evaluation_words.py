# SPDX-License-Identifier: EUPL-1.2
"""A table of an evaluation in plain words, for the terminal and for the quality page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from matching.evaluate import Group
from matching.evaluation_table import OURS, Against, Line, Table
from matching.product_ranker import EXPERT, LEARNED
from service.messages import Words, has

COLUMNS: Final = ("ndcg", "hits", "recall", "mrr", "hard", "coverage", "small")
WIDTH: Final = 17
# Figures that nothing flatters come first.
ORDER: Final = (
    Group.WARM_SEEN, Group.COLD_SEEN, Group.WARM_MASKED, Group.COLD_MASKED, Group.WARM, Group.COLD,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Block:
    """One group of a table in words: heading, a row of cells per ranker, sentences of comparison."""

    group: str
    heading: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    sentences: tuple[str, ...]


def ranker_name(name: str, words: Words) -> str:
    """What a ranker is called; a variant of ours by the signal that it lacks or has alone."""
    way, _, signal = name.partition(":")
    if signal:
        return words.text(f"evaluate.{way}", signal=signal_name(signal, words))
    return words.text(f"evaluate.ranker.{name}")


def signal_name(signal: str, words: Words) -> str:
    """What a signal is called, or its name in the code."""
    key = f"evaluate.signal.{signal}"
    return words.text(key) if has(key) else signal


def blocks_of(table: Table, words: Words) -> tuple[Block, ...]:
    """The groups that ask anything."""
    return tuple(_block(table, group.value, words) for group in ORDER if table.questions.get(group.value))


def lines_of(table: Table, words: Words) -> Iterator[str]:
    """The table as lines of a terminal."""
    yield words.text(
        "evaluate.what",
        organisations=table.organisations,
        projects=table.projects,
        links=f"evaluate.links.{table.links}",
    )
    yield how_cut(table, words)
    blocks = blocks_of(table, words)
    if not blocks:
        yield words.text("evaluate.nothing")
        return
    wide = max(len(ranker_name(name, words)) for name in table.rankers) + 2
    for block in blocks:
        yield ""
        yield block.heading
        yield "".ljust(wide) + "".join(words.text(f"evaluate.col.{name}").rjust(WIDTH) for name in COLUMNS)
        for name, cells in block.rows:
            yield name.ljust(wide) + "".join(cell.rjust(WIDTH) for cell in cells)
        yield from block.sentences
    yield ""
    for name in COLUMNS:
        yield words.text("evaluate.means", column=words.text(f"evaluate.col.{name}"), meaning=f"evaluate.about.{name}")
    if table.ablations:
        yield ""
        yield from _ablation_lines(table, words)
    yield ""
    for limit in limits_of(table):
        yield words.text(limit)


def how_cut(table: Table, words: Words) -> str:
    """How what had to be foretold was parted from what was learned."""
    key = "evaluate.by-time" if table.by_time else "evaluate.by-lots"
    return words.text(key, cuts=table.cuts, whole=table.cuts_whole, lots=table.lots)


def limits_of(table: Table) -> tuple[str, ...]:
    """Keys of what the figures do not say."""
    kept_back = ("evaluate.limit.last",) if table.cuts < table.cuts_whole else ()
    of_pages = ("training.limit.pages",) if EXPERT in table.rankers or LEARNED in table.rankers else ()
    return ("evaluate.limit.record", "evaluate.limit.open", "evaluate.limit.other-data", *of_pages, *kept_back)


def _block(table: Table, group: str, words: Words) -> Block:
    rows = tuple(
        (ranker_name(line.ranker, words), tuple(cells(line, words))) for line in table.lines if line.group == group
    )
    sentences = tuple(sentence(each, words) for each in table.against if each.group == group and told(each))
    heading = words.text(f"evaluate.group.{group}", questions=table.questions[group])
    return Block(group, heading, rows, sentences)


def told(against: Against) -> bool:
    """True for ours and the lists of the pages; the trained trees stand in the table only."""
    return against.ranker in (OURS, EXPERT, LEARNED) and against.gain["value"] is not None


def cells(line: Line, words: Words) -> Iterator[str]:
    """The figures of a line, in the order of COLUMNS."""
    for name in COLUMNS:
        if name == "coverage":
            yield share(line.coverage, words)
        elif name == "small":
            yield f"{share(line.small_shown, words)} / {share(line.small_right, words)}"
        elif name in ("hits", "recall"):
            yield share(line.marks[name]["value"], words)
        else:
            yield points(line.marks[name]["value"], words)


def sentence(against: Against, words: Words) -> str:
    """What the difference is and whether it can be told from chance."""
    gain, ratio = against.gain, against.ratio
    low, high = gain["low"], gain["high"]
    verdict = "unclear"
    if low is not None and high is not None:
        verdict = "better" if low > 0 else "worse" if high < 0 else "unclear"
    room = "evaluate" if against.ranker == OURS else "training"
    return words.text(
        f"{room}.verdict.{verdict}",
        ours=ranker_name(against.ranker, words),
        mark=words.text(f"evaluate.col.{against.mark}").capitalize(),
        other=ranker_name(against.other, words),
        ratio=number(ratio["value"], words, 2),
        ratio_low=number(ratio["low"], words, 2),
        ratio_high=number(ratio["high"], words, 2),
        gain=points(gain["value"], words),
        low=points(low, words),
        high=points(high, words),
        detectable=points(against.detectable, words),
    )


def _ablation_lines(table: Table, words: Words) -> Iterator[str]:
    yield words.text("evaluate.ablations")
    for each in table.ablations:
        if each.group in (Group.WARM_SEEN, Group.COLD_SEEN, Group.COLD_MASKED):
            yield words.text(
                "evaluate.ablation",
                variant=ranker_name(each.ranker, words),
                group=f"evaluate.short.{each.group}",
                gain=points(each.gain["value"], words),
                low=points(each.gain["low"], words),
                high=points(each.gain["high"], words),
            )


def points(value: float | None, words: Words) -> str:
    """A mark 0..1 as points of a hundred."""
    return number(None if value is None else 100 * value, words, 1)


def number(value: float | None, words: Words, decimals: int) -> str:
    """A number with so many decimals, a dash for what is not known."""
    return "–" if value is None else words.text(f"evaluate.number.{decimals}", value=value)


def share(value: float | None, words: Words) -> str:
    """A share as a percentage, a dash for what is not known."""
    return "–" if value is None else words.text("evaluate.share", value=value)
