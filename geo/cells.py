# SPDX-License-Identifier: EUPL-1.2
"""Dividing a region into one cell per site, each near its known share of the area. Plane coordinates in kilometres."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree
from scipy.spatial.distance import cdist

from data.errors import InvalidValue

Geometry: TypeAlias = Any
FloatArray: TypeAlias = NDArray[np.float64]
IntArray: TypeAlias = NDArray[np.intp]
BoolArray: TypeAlias = NDArray[np.bool_]

SAMPLES: Final = 80_000
"""About how many grid samples divide a region (a step near half a kilometre for Lazio)."""
MOST_SAMPLES: Final = 2_000_000
RIVALS: Final = 14
"""How many sites compete for one sample: those whose disc edge is nearest."""

# Balancing: a cell that lacks a share raises its lift by RATE times the log of the lack, less by COOLING every round.
RATE: Final = 0.4
COOLING: Final = 0.97
ROUNDS: Final = 60
TOUCH_UP: Final = 15

# Recentring: how often and how strongly tops are moved so that sites come to stand mid-cell, how far (radii) at most.
RECENTRINGS: Final = 4
PULL: Final = 0.4
LEASH: Final = 0.3


@dataclass(frozen=True, slots=True)
class _Grid:
    """Evenly spaced samples over a region with an empty margin, row by row from the south-west."""

    west: float
    south: float
    step: float
    columns: int
    rows: int

    @classmethod
    def over(cls, outline: Geometry, step: float) -> _Grid:
        west, south, east, north = shapely.bounds(outline)
        columns, rows = (int(np.ceil(span / step)) + 4 for span in (east - west, north - south))
        return cls(west - 1.5 * step, south - 1.5 * step, step, columns, rows)

    def points(self) -> FloatArray:
        x = self.west + self.step * np.arange(self.columns)
        y = self.south + self.step * np.arange(self.rows)
        return np.column_stack([np.tile(x, self.rows), np.repeat(y, self.columns)])

    def corners(self, points: FloatArray) -> IntArray:
        """The four samples around each point, shape (n, 4)."""
        column = np.floor((points[:, 0] - self.west) / self.step).astype(np.intp)
        row = np.floor((points[:, 1] - self.south) / self.step).astype(np.intp)
        around = (row * self.columns + column)[:, None] + np.array([0, 1, self.columns, self.columns + 1])
        return np.asarray(around, dtype=np.intp)


def divide(outline: Geometry, sites: FloatArray, areas: FloatArray) -> NDArray[Any]:
    """One polygon per site, in their order: together they fill the outline, each near its share of the area.

    Takes a polygon without holes and the sites (n, 2) inside it in km. A place belongs to the site with the smallest
    distance / radius - lift, the radius being that of a disc of the site's area; the lifts are found by rounds, as in
    a power diagram, on a grid of samples. Every cell is one polygon that contains its site; neighbours share their
    vertices. Raises InvalidValue when sites coincide or stand too close for a grid.
    """
    if len(sites) == 1:
        return np.array([outline], dtype=object)
    shares, step = areas / areas.sum(), _step(outline, sites)
    cones = _Cones(sites, np.sqrt(areas / np.pi), np.zeros(len(sites)))
    _, _, rough = _samples(outline, 2.0 * step)
    contest = cones.contest(rough, 4.0 * step)
    cones = cones.balanced(rough, contest, shares, ROUNDS)
    for _ in range(RECENTRINGS):
        cones = cones.recentred(sites, rough, cones.winners(rough, contest), 2.0 * step)
        cones = cones.balanced(rough, contest, shares, TOUCH_UP)
    grid, inside, fine = _samples(outline, step)
    contest = cones.contest(fine, 4.0 * step)
    cones = cones.balanced(fine, contest, shares, TOUCH_UP)
    labels = np.full(grid.columns * grid.rows, len(sites), dtype=np.intp)
    labels[inside] = cones.winners(fine, contest)
    return _polygons(grid, _settled(grid, labels, sites), cones, outline, sites)


def _samples(outline: Geometry, step: float) -> tuple[_Grid, IntArray, FloatArray]:
    """A grid over the outline, which of its samples lie inside, and where those are."""
    grid = _Grid.over(outline, step)
    points = grid.points()
    shapely.prepare(outline)
    inside = np.flatnonzero(shapely.contains_xy(outline, points[:, 0], points[:, 1]))
    return grid, inside, points[inside]


def _step(outline: Geometry, sites: FloatArray) -> float:
    """Sample spacing in km, fine enough that no two sites stand between the same samples."""
    distances, _ = cKDTree(sites).query(sites, k=2, p=np.inf)
    apart = float(np.asarray(distances)[:, 1].min())
    step = min(float(np.sqrt(shapely.area(outline) / SAMPLES)), apart / 2.05)
    if step <= 0.0 or shapely.area(outline) / step**2 > MOST_SAMPLES:
        raise InvalidValue(field="lon, lat", value=f"{apart:.3f} km", allowed="distinct reference points")
    return step


@dataclass(frozen=True, slots=True)
class _Cones:
    """One cone per comune; a sample belongs to the lowest. Tops (n, 2) and radii (n,) in km, lifts (n,) in radii."""

    tops: FloatArray
    radii: FloatArray
    lifts: FloatArray

    def slopes(self, points: FloatArray, of: IntArray) -> FloatArray:
        """Distance of each point from the top of the given cone, in radii of that cone's disc."""
        away = points - self.tops[of]
        return np.hypot(away[..., 0], away[..., 1]) / self.radii[of]

    def heights(self, points: FloatArray, of: IntArray) -> FloatArray:
        """Height of the given cone over each point."""
        return self.slopes(points, of) - self.lifts[of]

    def contest(self, points: FloatArray, tile: float) -> IntArray:
        """The cones that may be lowest at each point, shape (k, points); looked up once per square of `tile` km."""
        count = min(RIVALS, len(self.tops))
        squares = np.floor(points / tile).astype(np.int64)
        corner = squares.min(axis=0)
        squares -= corner
        width = int(squares[:, 0].max()) + 1
        keys, which = np.unique(squares[:, 1] * width + squares[:, 0], return_inverse=True)
        centres = (np.column_stack([keys % width, keys // width]) + corner + 0.5) * tile
        edges = cdist(centres, self.tops) - self.radii
        nearest = np.sort(np.argpartition(edges, count - 1, axis=1)[:, :count], axis=1)
        return np.ascontiguousarray(nearest[which].T)

    def winners(self, points: FloatArray, contest: IntArray) -> IntArray:
        """The lowest cone at each point."""
        lowest = np.argmin(self.heights(points, contest), axis=0)
        return np.asarray(contest[lowest, np.arange(len(points))], dtype=np.intp)

    def balanced(self, points: FloatArray, contest: IntArray, shares: FloatArray, rounds: int) -> _Cones:
        """These cones lifted, round after round, until each wins about its share of the points."""
        slopes, lifts = self.slopes(points, contest), self.lifts.copy()
        wanted, everywhere = shares * len(points), np.arange(len(points))
        for turn in range(rounds):
            lowest = np.argmin(slopes - lifts[contest], axis=0)
            won = np.bincount(contest[lowest, everywhere], minlength=len(shares))
            lack = np.log(wanted / np.maximum(won, 0.05 * wanted))
            lifts += RATE * COOLING**turn * np.clip(lack, -1.0, 1.0)
        return replace(self, lifts=lifts)

    def recentred(self, sites: FloatArray, points: FloatArray, winners: IntArray, step: float) -> _Cones:
        """These cones with tops moved so that each site comes nearer the middle of what its cone wins.

        The middle is what the reference points are in their comuni: half-way along the stretch at half height. A top
        stays within LEASH radii of its site.
        """
        low, high = np.full(len(sites), np.inf), np.full(len(sites), -np.inf)
        np.minimum.at(low, winners, points[:, 1])
        np.maximum.at(high, winners, points[:, 1])
        won = np.isfinite(low)
        middle = sites.copy()
        middle[won, 1] = (low[won] + high[won]) / 2.0
        near = np.flatnonzero(np.abs(points[:, 1] - middle[winners, 1]) <= 1.01 * step)
        count = np.bincount(winners[near], minlength=len(sites))
        total = np.bincount(winners[near], points[near, 0], minlength=len(sites))
        middle[count > 0, 0] = total[count > 0] / count[count > 0]
        moved = self.tops + PULL * (sites - middle) - sites
        length = np.maximum(np.hypot(moved[:, 0], moved[:, 1]), 1e-9)
        return replace(self, tops=sites + moved * np.minimum(1.0, LEASH * self.radii / length)[:, None])


def _settled(grid: _Grid, labels: IntArray, sites: FloatArray) -> IntArray:
    """The labels with every cell in one piece around its site and no void inside: stray samples join a neighbour."""
    labels = labels.copy()
    corners = grid.corners(sites)
    labels[corners] = np.arange(len(sites))[:, None]
    homes = np.append(corners[:, 0], 0)
    square = labels.reshape(grid.rows, grid.columns)
    stray = _strays(square, homes).ravel()
    while stray.any():
        for shift in (1, grid.columns, -1, -grid.columns):
            where = np.flatnonzero(stray)
            where = where[~stray[where + shift]]
            labels[where] = labels[where + shift]
            stray[where] = False
    return labels


def _strays(square: NDArray[np.intp], homes: IntArray) -> BoolArray:
    """Which samples are cut off from the piece of their label that holds the label's home sample."""
    index = np.arange(square.size).reshape(square.shape)
    pairs = [
        (index[:, :-1][same], index[:, 1:][same]) if axis else (index[:-1][same], index[1:][same])
        for axis, same in ((1, square[:, :-1] == square[:, 1:]), (0, square[:-1] == square[1:]))
    ]
    first, second = (np.concatenate(side) for side in zip(*pairs, strict=True))
    graph = coo_array((np.ones(len(first), dtype=np.int8), (first, second)), shape=(square.size, square.size))
    _, piece = connected_components(graph, directed=False)
    return ~np.isin(piece, piece[homes])


def _polygons(grid: _Grid, labels: IntArray, cones: _Cones, outline: Geometry, sites: FloatArray) -> NDArray[Any]:
    """The border lines between labels as polygons, in the order of the sites.

    Between two neighbouring samples of different labels the border passes where their cones are level (or where the
    outline runs); each square of four samples takes the mean of its crossings; neighbouring squares are joined.
    """
    steps, squares = _steps(grid, labels)
    crossings = _crossings(grid.points()[steps], labels[steps], cones, outline)
    used, at = np.unique(squares, return_inverse=True)
    at = at.reshape(squares.shape)
    both = np.repeat(crossings, 2, axis=0)
    sums = [np.bincount(at.ravel(), both[:, axis], minlength=len(used)) for axis in (0, 1)]
    corners = np.column_stack(sums) / np.bincount(at.ravel())[:, None]
    faces = shapely.get_parts(shapely.polygonize(shapely.linestrings(corners[at])))
    site, face = shapely.STRtree(faces).query(shapely.points(sites), predicate="within")
    cells = np.empty(len(sites), dtype=object)
    cells[site] = faces[face]
    return cells


def _steps(grid: _Grid, labels: IntArray) -> tuple[IntArray, IntArray]:
    """Pairs of neighbouring samples with different labels, and the two squares on either side of each; both (m, 2)."""
    index = np.arange(grid.rows * grid.columns).reshape(grid.rows, grid.columns)
    east = np.column_stack([index[:, :-1].ravel(), index[:, 1:].ravel()])
    north = np.column_stack([index[:-1].ravel(), index[1:].ravel()])
    east, north = (pair[labels[pair[:, 0]] != labels[pair[:, 1]]] for pair in (east, north))
    squares = [
        np.column_stack([east[:, 0] - grid.columns, east[:, 0]]),
        np.column_stack([north[:, 0] - 1, north[:, 0]]),
    ]
    return np.concatenate([east, north]), np.concatenate(squares)


def _crossings(ends: FloatArray, labels: IntArray, cones: _Cones, outline: Geometry) -> FloatArray:
    """Where the border cuts each step between two samples; ends (m, 2, 2) and labels (m, 2) give (m, 2)."""
    shore = (labels == len(cones.tops)).any(axis=1)
    first, second = np.empty(len(ends)), np.empty(len(ends))
    coast = shapely.boundary(outline)
    shapely.prepare(coast)
    for side, value in ((0, first), (1, second)):
        value[shore] = shapely.distance(coast, shapely.points(ends[shore, side]))
        ours, theirs = (cones.heights(ends[~shore, side], labels[~shore, which]) for which in (side, 1 - side))
        value[~shore] = theirs - ours
    whole = first + second
    share = np.divide(first, whole, out=np.full(len(ends), 0.5), where=whole != 0.0)
    return np.asarray(ends[:, 0] + np.clip(share, 0.05, 0.95)[:, None] * (ends[:, 1] - ends[:, 0]), dtype=np.float64)
