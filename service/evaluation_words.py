# SPDX-License-Identifier: EUPL-1.2
"""A table of an evaluation in plain words, for the terminal and for the quality page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from matching.evaluate import Group
from matching.evaluation_table import COMPARED, OURS, Against, Line, Table
from matching.product_ranker import EXPERT, LEARNED
from service.messages import Words, has

COLUMNS: Final = ("ndcg", "hits", "recall", "mrr", "hard", "coverage", "small")
WIDTH: Final = 17
ENOUGH: Final = 20
"""Questions of a group below which nothing is said of who does better."""
LEAST: Final = 0.001
"""The least share of a mark that is shown: a tenth of a point."""
# Figures that nothing flatters come first.
ORDER: Final = (
    Group.WARM_SEEN, Group.COLD_SEEN, Group.WARM_MASKED, Group.COLD_MASKED, Group.WARM, Group.COLD,
)  # fmt: skip
UNFLATTERED: Final = (Group.WARM_SEEN, Group.COLD_SEEN, Group.WARM_MASKED, Group.COLD_MASKED)
VARIED: Final = (Group.WARM_SEEN, Group.COLD_SEEN, Group.COLD_MASKED)
"""Groups in which signals are left out and left alone: none is flattered, and each asks enough."""
WAYS: Final = ("without", "only")
WIDTH_VARIED: Final = 28


@dataclass(frozen=True, slots=True)
class Block:
    """One group of a table in words: heading, a row of cells per ranker, sentences of comparison."""

    group: str
    heading: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Brought:
    """What signals bring to one group: heading, a row per signal (its name; what changes without it, and with it
    alone; the most missed first), and the names of those without which no answer changes."""

    group: str
    heading: str
    rows: tuple[tuple[str, tuple[str, ...]], ...]
    idle: tuple[str, ...]


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
    if sentences and not enough(table, group):
        sentences = (words.text("evaluate.too-few", enough=ENOUGH),)
    heading = words.text(f"evaluate.group.{group}", questions=table.questions[group])
    return Block(group, heading, rows, sentences)


def enough(table: Table, group: str) -> bool:
    """True where a group asks enough for saying who does better."""
    return table.questions.get(group, 0) >= ENOUGH


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
    verdict = verdict_of(against)
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


def verdict_of(against: Against) -> str:
    """better, worse, or unclear where the interval of the difference holds zero."""
    low, high = against.gain["low"], against.gain["high"]
    if low is None or high is None:
        return "unclear"
    return "better" if low > 0 else "worse" if high < 0 else "unclear"


def standing(tables: Iterable[Table], words: Words) -> tuple[str, ...]:
    """How many comparisons of ours with the best simple way are won, lost and not told from chance, where enough is
    asked and nothing flatters us: a sentence per mark that they are made by, none where none was made."""
    asked = [
        each
        for table in tables
        for each in table.against
        if each.ranker == OURS and each.group in UNFLATTERED and enough(table, each.group)
    ]
    found = []
    for mark in COMPARED:
        counts = Counter(verdict_of(each) for each in asked if each.mark == mark and each.gain["value"] is not None)
        if counts:
            each = {name: counts[name] for name in ("better", "worse", "unclear")}
            column = words.text(f"evaluate.col.{mark}").capitalize()
            found.append(words.text("evaluate.page.standing", mark=column, all=counts.total(), **each))
    return tuple(found)


def brought_of(table: Table, words: Words) -> tuple[Brought, ...]:
    """What every signal brings to each group that asks anything; nothing where it was not measured."""
    asked = {each.group for each in table.ablations}
    return tuple(_brought(table, group, words) for group in VARIED if group in asked)


def _brought(table: Table, group: Group, words: Words) -> Brought:
    found = {each.ranker: each for each in table.ablations if each.group == group}
    signals = dict.fromkeys(name.partition(":")[2] for name in found)
    idle = [name for name in signals if not any(found[f"without:{name}"].gain[end] for end in ("value", "low", "high"))]
    weighing = sorted(
        (name for name in signals if name not in idle), key=lambda name: found[f"without:{name}"].gain["value"] or 0.0
    )
    rows = ((name, tuple(_change(found[f"{way}:{name}"], words) for way in WAYS)) for name in weighing)
    return Brought(
        group.value,
        words.text(f"evaluate.group.{group.value}", questions=table.questions[group.value]),
        tuple((signal_name(name, words), cells) for name, cells in rows),
        tuple(signal_name(name, words) for name in idle),
    )


def _change(against: Against, words: Words) -> str:
    gain = {name: points(against.gain[name], words) for name in ("value", "low", "high")}
    return words.text("evaluate.ablation.change", **gain)


def _ablation_lines(table: Table, words: Words) -> Iterator[str]:
    yield words.text("evaluate.ablations")
    found = brought_of(table, words)
    wide = max((len(name) for each in found for name, _ in each.rows), default=0) + 2
    for each in found:
        yield ""
        yield each.heading
        yield "".ljust(wide) + "".join(words.text(f"evaluate.ablation.{way}").rjust(WIDTH_VARIED) for way in WAYS)
        for name, cells in each.rows:
            yield name.ljust(wide) + "".join(cell.rjust(WIDTH_VARIED) for cell in cells)
        if each.idle:
            yield words.text("evaluate.ablation.idle", signals="; ".join(each.idle))


def points(value: float | None, words: Words) -> str:
    """A mark 0..1 as points of a hundred; nothing is never "-0,0"."""
    if value is not None and abs(value) < LEAST / 2:
        value = 0.0
    return number(None if value is None else 100 * value, words, 1)


def number(value: float | None, words: Words, decimals: int) -> str:
    """A number with so many decimals, a dash for what is not known."""
    return "–" if value is None else words.text(f"evaluate.number.{decimals}", value=value)


def share(value: float | None, words: Words) -> str:
    """A share as a percentage, a dash for what is not known."""
    return "–" if value is None else words.text("evaluate.share", value=value)
