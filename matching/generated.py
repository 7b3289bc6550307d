# SPDX-License-Identifier: EUPL-1.2
"""Invented networks of which the truth is known: who would work with whom, and with what chance, is written by us.

An organisation has a theme, a place, a kind, a circle of habitual partners that nothing but its history betrays, and an
activity that is skewed and drifts with time; some appear late. Every group has a leader, drawn by activity; each member
is of the leader's circle, or anybody with a chance that grows with activity, fitting theme, nearness and fitting kind.
Nothing in them is real: names and words are syllables. `Oracle` ranks by the chance itself: the best that can be had.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final, Self

import numpy as np

from data.networks import Floats, Ints, Network, network_of
from matching.generated_recipes import RECIPES, Recipe

EPOCHS: Final = 10
# Organisations imagined for each that is kept, and the most of those kept that have taken part in anything.
_MORE: Final = 1.5
_BUSY: Final = 0.9
_START: Final = date(2014, 1, 1)
_EPOCH_DAYS: Final = 365


@dataclass(frozen=True, slots=True)
class World:
    """The hidden truth. Per organisation: `cell` (theme x province x kind), `circle`, and `activity` (epochs, n).
    Between cells: `kernel`, the pull of a leader's cell (row) towards a member's."""

    recipe: Recipe
    theme: Ints
    province: Ints
    kind: Ints
    cell: Ints
    circle: Ints
    activity: Floats
    kernel: Floats
    themes: int
    provinces: int


@dataclass(frozen=True, slots=True)
class Generated:
    """An invented network, the rows of its two files, and its truth."""

    nodes: list[dict[str, object]]
    links: list[dict[str, object]]
    network: Network
    oracle: Oracle


class Oracle:
    """Ranks by the true chance that two are next in one group: the ceiling of every other ranker."""

    name = "oracle"

    def __init__(self, world: World) -> None:
        self._world = world
        self._epoch = -1

    def fit_network(self, network: Network) -> Self:
        """Takes the epoch that follows the latest date; comes back itself."""
        times = network.link_time[~np.isnan(network.link_time)]
        last = len(self._world.activity) - 1
        days = float(times.max()) + 1 - _START.toordinal() if len(times) else 0.0
        epoch = min(max(int(days // _EPOCH_DAYS), 0), last)
        if epoch != self._epoch:
            self._epoch = epoch
            self._cells, self._cross, self._shared = _chances(self._world, epoch)
        return self

    def scores(self, row: int) -> Floats:
        """The chance up to a factor that is the same for all."""
        world, activity = self._world, self._world.activity[self._epoch]
        cell, circle = world.cell[row], world.circle[row]
        chance = self._cells[cell][world.cell] + self._cross[circle][world.cell] + self._cross[world.circle, cell]
        chance = chance + np.where(world.circle == circle, self._shared[circle], 0.0)
        return np.asarray(chance * activity)


def _chances(world: World, epoch: int) -> tuple[Floats, Floats, Floats]:
    """Chance of a pair, for one unit of activity each: by both cells; by a circle and a cell; by a common circle.

    With A the activity of a cell or circle, W the kernel, Z = W A, s the share drawn from the circle and m the members
    beside the leader: leading pairs (1 - s) m W (1/Z + 1/Z') and s m 2 / A(circle); pairs of members of one leader
    m (m - 1) times (1 - s)^2 W' A/Z^2 W, s (1 - s) of the leaders in a circle W/Z, s^2 / A(circle).
    """
    recipe = world.recipe
    activity, cells, circles = world.activity[epoch], len(world.kernel), int(world.circle.max(initial=-1)) + 1
    of_cell = np.bincount(world.cell, activity, minlength=cells)
    of_circle = np.maximum(np.bincount(world.circle, activity, minlength=circles), 1e-12)
    drawn = world.kernel / np.maximum(world.kernel @ of_cell, 1e-12)[:, None]
    beside = recipe.members[2] - 1.0
    pairs = beside * max(beside - 1.0, 0.0)
    s = recipe.circle
    by_cells = (1 - s) * beside * (drawn + drawn.T) + pairs * (1 - s) ** 2 * (drawn.T @ (of_cell[:, None] * drawn))
    spread = np.zeros((circles, cells))
    np.add.at(spread, (world.circle, world.cell), activity)
    cross = pairs * s * (1 - s) * (spread / of_circle[:, None]) @ drawn
    shared = (2 * s * beside + pairs * s**2) / of_circle
    return by_cells, cross, shared


# --- the world ----------------------------------------------------------------------------------------------


def generate(
    kind: str, size: int, seed: int = 1, *, dated: float | None = None, located: float | None = None
) -> Generated:
    """A network of one of `RECIPES` with `size` organisations; the same for the same arguments.

    `dated`, `located`: other shares of groups with a date and of organisations with a position than the recipe's.
    """
    recipe = RECIPES[kind]
    recipe = replace(
        recipe,
        dated=recipe.dated if dated is None else dated,
        located=recipe.located if located is None else located,
    )
    chance = np.random.default_rng([seed, size])
    whole = _world(recipe, int(size * _MORE), chance)
    world, groups = _kept(whole, _groups(whole, chance), size, chance)
    nodes = _nodes(world, chance)
    links = _links(world, groups, nodes, chance)
    network = network_of(nodes, links)
    at = {str(node["id"]): place for place, node in enumerate(nodes)}
    order = np.array([at[key] for key in network.ids], dtype=np.int64)
    return Generated(nodes, links, network, Oracle(_reordered(world, order)))


def _kept(world: World, groups: list[Group], size: int, chance: np.random.Generator) -> tuple[World, list[Group]]:
    """`size` organisations, as in real files mostly those that took part in something, and their groups."""
    busy = np.zeros(len(world.theme), dtype=bool)
    busy[[member for group in groups for member in group.members]] = True
    took, idle = chance.permutation(np.flatnonzero(busy)), chance.permutation(np.flatnonzero(~busy))
    took = took[: max(int(size * _BUSY), size - len(idle))]
    chosen = np.sort(np.concatenate([took, idle])[:size])
    place = {int(old): new for new, old in enumerate(chosen.tolist())}
    left = (tuple(place[member] for member in group.members if member in place) for group in groups)
    return _reordered(world, chosen), [
        replace(group, members=members) for group, members in zip(groups, left, strict=True) if len(members) > 1
    ]


def _reordered(world: World, order: Ints) -> World:
    per_organisation = {name: getattr(world, name)[order] for name in ("theme", "province", "kind", "cell", "circle")}
    return replace(world, **per_organisation, activity=world.activity[:, order])


def _world(recipe: Recipe, size: int, chance: np.random.Generator) -> World:
    themes = int(np.clip(size // 100, 6, 14))
    provinces = int(np.clip(size // 80, 6, 36))
    theme = chance.integers(0, themes, size)
    crowded = chance.dirichlet(np.full(provinces, 2.0))
    province = chance.choice(provinces, size, p=crowded)
    kind = chance.choice(len(recipe.kinds), size, p=np.array(recipe.kind_shares) / sum(recipe.kind_shares))
    circle = _circles(theme, province, chance)
    return World(
        recipe=recipe,
        theme=theme,
        province=province,
        kind=kind,
        cell=(theme * provinces + province) * len(recipe.kinds) + kind,
        circle=circle,
        activity=_activity(recipe, size, chance),
        kernel=_kernel(recipe, themes, provinces),
        themes=themes,
        provinces=provinces,
    )


def _circles(theme: Ints, province: Ints, chance: np.random.Generator) -> Ints:
    """Circles of about a dozen: mostly of one theme and of near provinces, one in six from anywhere."""
    size = len(theme)
    apart = chance.random(size) < 1 / 6
    order = np.lexsort((province + chance.normal(0, 2.0, size), np.where(apart, chance.permutation(theme), theme)))
    circle = np.empty(size, dtype=np.int64)
    circle[order] = np.arange(size) // 12
    return circle


def _activity(recipe: Recipe, size: int, chance: np.random.Generator) -> Floats:
    """Activity by epoch: skewed, drifting, nothing before a late start; constant where few groups are dated."""
    base = np.exp(chance.normal(0.0, 1.1, size))
    if recipe.dated < 0.5:
        return base[None, :]
    drift = np.cumsum(chance.normal(0.0, 0.35, (EPOCHS, size)), axis=0)
    start = np.where(chance.random(size) < recipe.late, chance.integers(1, EPOCHS, size), 0)
    return np.asarray(np.where(np.arange(EPOCHS)[:, None] >= start, base * np.exp(drift), 0.0))


def _kernel(recipe: Recipe, themes: int, provinces: int) -> Floats:
    step = np.abs(np.arange(themes)[:, None] - np.arange(themes))
    step = np.minimum(step, themes - step)
    by_theme = np.array(recipe.theme)[np.minimum(step, 2)]
    region, country = _region(np.arange(provinces)), _country(recipe, np.arange(provinces))
    far = np.where(
        np.eye(provinces, dtype=bool),
        0,
        np.where(region[:, None] == region, 1, np.where(country[:, None] == country, 2, 3)),
    )
    by_place = np.array(recipe.nearness)[far]
    return np.asarray(np.kron(np.kron(by_theme, by_place), np.array(recipe.pull, dtype=np.float64)))


def _region(province: Ints) -> Ints:
    return np.asarray(province // 3)


def _country(recipe: Recipe, province: Ints) -> Ints:
    return np.asarray(_region(province) % recipe.countries)


# --- the groups ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """One group: its members, leader first, its lot, its epoch, and whether it won."""

    members: tuple[int, ...]
    lot: int
    epoch: int
    won: bool


class _Draw:
    """Draws organisations by activity: all, of a circle, or of a cell that a leader's cell pulls."""

    def __init__(self, world: World, epoch: int, chance: np.random.Generator) -> None:
        self.chance, self.world = chance, world
        activity = world.activity[epoch]
        self._all = _Urn(np.zeros(len(activity), dtype=np.int64), activity, 1)
        self._circles = _Urn(world.circle, activity, int(world.circle.max()) + 1)
        self._cells = _Urn(world.cell, activity, len(world.kernel))
        pulled = np.cumsum(world.kernel * np.bincount(world.cell, activity, minlength=len(world.kernel)), axis=1)
        self._pulled = pulled / pulled[:, -1:]
        self._flat = (self._pulled + np.arange(len(pulled))[:, None]).ravel()

    def leaders(self, count: int) -> Ints:
        """Leaders by activity."""
        return self._all.draw(np.zeros(count, dtype=np.int64), self.chance)

    def members(self, leaders: Ints) -> Ints:
        """One member for each leader."""
        drawn = np.searchsorted(self._flat, self.world.cell[leaders] + self.chance.random(len(leaders)), side="right")
        anybody = self._cells.draw(np.minimum(drawn, self._flat.size - 1) % len(self._pulled), self.chance)
        habitual = self._circles.draw(self.world.circle[leaders], self.chance)
        return np.where(self.chance.random(len(leaders)) < self.world.recipe.circle, habitual, anybody)


class _Urn:
    """Organisations in boxes, drawn from a box by their weight."""

    def __init__(self, box: Ints, weight: Floats, boxes: int) -> None:
        self._order = np.argsort(box, kind="stable")
        self._sum = np.concatenate([[0.0], np.cumsum(weight[self._order])])
        self._bounds = np.searchsorted(box[self._order], np.arange(boxes + 1))

    def draw(self, box: Ints, chance: np.random.Generator) -> Ints:
        low, high = self._sum[self._bounds[box]], self._sum[self._bounds[box + 1]]
        at = np.searchsorted(self._sum, low + chance.random(len(box)) * (high - low), side="right") - 1
        last = np.maximum(self._bounds[box + 1] - 1, self._bounds[box])
        return np.asarray(self._order[np.clip(at, self._bounds[box], np.minimum(last, len(self._order) - 1))])


def _groups(world: World, chance: np.random.Generator) -> list[Group]:
    """All groups in the order of their epochs; a quarter of those whose leader led before take that group up again."""
    recipe = world.recipe
    epochs = len(world.activity)
    total = max(int(world.activity.shape[1] * recipe.groups_per_organisation), 4)
    groups: list[Group] = []
    led: dict[int, tuple[int, ...]] = {}
    lot = 0
    for epoch in range(epochs):
        draw = _Draw(world, epoch, chance)
        count = total // epochs
        rivals = chance.integers(1, recipe.rivals + 1, count)
        lots = np.repeat(np.arange(count), rivals)[:count]
        leaders = draw.leaders(count)[lots]
        first = np.concatenate([[True], lots[1:] != lots[:-1]])
        leaders = np.where(first, leaders, draw.members(leaders))
        sizes = _sizes(recipe, count, chance)
        slots = np.repeat(np.arange(count), sizes + 2)
        members = draw.members(leaders[slots])
        starts = np.concatenate([[0], np.cumsum(sizes + 2)])
        again = chance.random(count) < recipe.again
        for number in range(count):
            leader, size = int(leaders[number]), int(sizes[number])
            before = led.get(leader, ())[: max(size // 2, 1)] if again[number] else ()
            drawn = members[starts[number] : starts[number + 1]].tolist()
            chosen = tuple(dict.fromkeys((leader, *before, *drawn)))[:size]
            led[leader] = chosen[1:]
            groups.append(Group(chosen, lot + int(lots[number]), epoch, bool(first[number])))
        lot += count
    return groups


def _sizes(recipe: Recipe, count: int, chance: np.random.Generator) -> Ints:
    fewest, most, mean = recipe.members
    if most == fewest:
        return np.full(count, fewest, dtype=np.int64)
    return np.asarray(
        np.clip(fewest + chance.geometric(1 / (mean - fewest + 1), count) - 1, fewest, most), dtype=np.int64
    )


# --- what is seen of it -------------------------------------------------------------------------------------


def _words(chance: np.random.Generator, count: int) -> list[str]:
    """Invented words of three syllables, each once."""
    syllables = [a + b for a in "bcdfglmnprstv" for b in "aeiou"]
    made: dict[str, None] = {}
    while len(made) < count:
        made["".join(syllables[at] for at in chance.integers(0, len(syllables), 3))] = None
    return list(made)


class _Vocabulary:
    """Words of each theme and words of all."""

    def __init__(self, themes: int) -> None:
        self._words = _words(np.random.default_rng(0), themes * 25 + 300)
        self._themes = themes

    def text(self, theme: int, length: int, telling: float, chance: np.random.Generator) -> str:
        """Words of which a share is of the theme."""
        own = chance.integers(0, 25, length) + 25 * theme
        any_other = chance.integers(25 * self._themes, len(self._words), length)
        return " ".join(self._words[at] for at in np.where(chance.random(length) < telling, own, any_other))


def _nodes(world: World, chance: np.random.Generator) -> list[dict[str, object]]:
    recipe, size = world.recipe, len(world.theme)
    words = _Vocabulary(world.themes)
    ids = chance.permutation(size * 7)[:size]
    region, country = _region(world.province), _country(recipe, world.province)
    centre = np.stack([chance.uniform(37, 58, world.provinces), chance.uniform(-8, 24, world.provinces)])
    home = centre[:, _region(np.arange(world.provinces)) * 3 % world.provinces]
    centre = home + chance.normal(0, 0.8, centre.shape)
    place = centre[:, world.province] + chance.normal(0, 0.15, (2, size))
    located = chance.random(size) < recipe.located
    described = chance.random(size) < recipe.texts
    sector = np.where(chance.random(size) < 0.85, world.theme, chance.integers(0, world.themes, size))
    sectored = chance.random(size) < recipe.sectors
    employees = np.maximum(np.exp(chance.normal(2.5, 1.0, size)) * world.activity.mean(axis=0) ** 0.5, 1).astype(int)
    nodes: list[dict[str, object]] = []
    for at in range(size):
        telling = 0.5 if chance.random() < 0.4 else 0.0
        node: dict[str, object] = {
            "id": f"{int(ids[at]):08d}",
            "name": words.text(int(world.theme[at]), 3, telling, chance).title(),
            "type": recipe.kinds[world.kind[at]],
            "country": f"{chr(65 + int(country[at]))}{chr(90 - int(country[at]))}",
            "nuts2": f"R{int(region[at]):02d}",
            "nuts3": f"P{int(world.province[at]):02d}",
        }
        if recipe.located:
            node["city"] = f"C{int(world.province[at]):02d}{int(chance.integers(0, 9))}"
        if located[at]:
            node |= {"lat": round(float(place[0, at]), 4), "lon": round(float(place[1, at]), 4)}
        if described[at]:
            node["text"] = words.text(int(world.theme[at]), 12, 0.3, chance)
        if sectored[at]:
            node |= {"sector": f"{int(sector[at]) + 10}.{int(chance.integers(1, 4))}", "size": int(employees[at])}
        nodes.append(node)
    return nodes


def _links(
    world: World, groups: list[Group], nodes: list[dict[str, object]], chance: np.random.Generator
) -> list[dict[str, object]]:
    recipe = world.recipe
    words = _Vocabulary(world.themes)
    links: list[dict[str, object]] = []
    for number, group in enumerate(groups):
        theme = int(world.theme[group.members[0]])
        told: dict[str, Any] = {"project": f"g{number:06d}"}
        if chance.random() < recipe.dated:
            days = group.epoch * _EPOCH_DAYS + int(chance.integers(0, _EPOCH_DAYS))
            told["date"] = (_START + timedelta(days=days)).isoformat()
        if recipe.project_texts:
            told["text"] = words.text(theme, 10, 0.35, chance)
            told["sector"] = f"T{theme:02d}" if chance.random() < 0.7 else ""
        if recipe.rivals > 1:
            told |= {"lot": f"l{group.lot:06d}", "outcome": "awarded" if group.won else "bid"}
        if recipe.buyers:
            told["buyer"] = f"ente {(int(world.province[group.members[0]]) * 7 + theme % 2) % recipe.buyers:02d}"
        links += [{**told, "org": nodes[member]["id"]} for member in group.members]
    return links
