"""The flow of patients: boxes from those listed to those analysed, exclusions beside the arrows."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import zip_longest

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from scripts.report.figures.style import BLACK, in_style, text_width_mm

SIZE = 7.5
LINE_MM = 3.6
PAD_MM = 2.0
GAP_MM = 6.0
SIDE_MM = 5.0


@dataclass(frozen=True)
class FlowNode:
    """A box of patients.

    Parameters
    ----------
    text : first line, such as 'Patients in the sheet'. n : how many, printed as '(n = 381)'.
    excluded : (cause, how many) between this box and those that follow it; drawn in a box at the side.
    children : boxes that follow: one, or several for a split.
    lines : further lines in the box.

    `FlowNode("Listed", 381, (("mask is empty", 1),), (FlowNode("Primary cohort", 242), FlowNode("Validation",
    138)))`
    """

    text: str
    n: int
    excluded: Sequence[tuple[str, int]] = ()
    children: Sequence[FlowNode] = ()
    lines: Sequence[str] = ()


@in_style
def draw_flow_diagram(figure: Figure, root: FlowNode) -> float:
    """Draw the tree from top to bottom over the figure's width; gives the height in mm that it needs.

    The figure (not a SubFigure) is given that height. Text is wrapped to its box; excluded patients are
    counted in total and by cause ('Excluded (n = 3)', 'mask is empty (n = 1)').
    """
    width = figure.get_figwidth() * 25.4
    plan = _Plan(figure)
    height = plan.place(root, 0.5, width - 0.5, 0.5) + 0.5
    figure.set_layout_engine("none")
    figure.set_size_inches(width / 25.4, height / 25.4)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    for x, y, box_width, box_height, lines, centred in plan.boxes:
        _draw_box(axes, x, y, box_width, box_height, lines, centred)
    for points in plan.lines:
        axes.plot(*zip(*points, strict=True), color=BLACK, linewidth=0.8)
    for start, end in plan.arrows:
        axes.annotate(
            "",
            end,
            start,
            arrowprops={"arrowstyle": "-|>", "color": BLACK, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0},
        )
    return height


_Column = tuple[float, float]  # middle and width of boxes, mm
_Step = tuple[float, float]  # heights of a box and of the one beside it, mm


class _Plan:
    """Where boxes, lines and arrows go, in mm from the upper left corner."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.boxes: list[tuple[float, float, float, float, list[str], bool]] = []
        self.lines: list[list[tuple[float, float]]] = []
        self.arrows: list[tuple[tuple[float, float], tuple[float, float]]] = []

    def place(
        self,
        node: FlowNode,
        left: float,
        right: float,
        top: float,
        column: _Column | None = None,
        steps: Sequence[_Step] = (),
    ) -> float:
        """Place a node and all under it between `left` and `right`; gives the lowest y.

        A box and the single ones that follow it stand in one column, left of the middle where any has a box
        beside it. `steps` are the least heights of this box and its followers, which keep neighbours level.
        """
        column = column or self._column(node, left, right)
        middle, width = column
        lines = self._box_lines(node, width)
        least, least_beside = steps[0] if steps else (0.0, 0.0)
        height = max(_height(lines), least)
        self.boxes.append((middle - width / 2, top, width, height, lines, True))
        y = top + height
        beside = self._excluded_lines(node, middle, right)
        if beside:
            y = self._place_beside(beside, middle, right, y, least_beside, bool(node.children))
        elif least_beside and node.children:
            self.lines.append([(middle, y), (middle, y + least_beside + GAP_MM)])
            y += least_beside + GAP_MM
        if len(node.children) == 1:
            self.arrows.append(((middle, y), (middle, y + GAP_MM)))
            return self.place(node.children[0], left, right, y + GAP_MM, column, steps[1:])
        return self._place_split(node, left, right, middle, y) if node.children else y

    def _place_beside(
        self, lines: list[str], middle: float, right: float, y: float, least: float, goes_on: bool
    ) -> float:
        """The box of those excluded, beside the line down from `y`; gives where the line ends."""
        left, height = middle + SIDE_MM, _height(lines)
        needed = max(text_width_mm(self.figure, line, SIZE) for line in lines) * 1.03 + 2 * PAD_MM
        at = y + GAP_MM / 2 + height / 2
        self.boxes.append((left, at - height / 2, min(needed, right - left), height, lines, False))
        self.arrows.append(((middle, at), (left, at)))
        below = y + GAP_MM + max(height, least)
        self.lines.append([(middle, y), (middle, below if goes_on else at)])
        return below

    def _place_split(self, node: FlowNode, left: float, right: float, middle: float, y: float) -> float:
        """Several boxes side by side, each as wide as what follows it needs, their followers level."""
        shares = [self._leaves(child) for child in node.children]
        fork, child_top = y + GAP_MM * 0.7, y + GAP_MM * 1.7
        spans, start = [], left
        for share in shares:
            end = start + (right - left) * share / sum(shares)
            spans.append((start + (0 if start == left else 2.0), end - (0 if end >= right - 1e-6 else 2.0)))
            start = end
        children = [
            (child, span, self._column(child, *span))
            for child, span in zip(node.children, spans, strict=True)
        ]
        each = [self._steps(child, column, span[1]) for child, span, column in children]
        steps = [
            (max(a for a, _ in row), max(b for _, b in row)) for row in zip_longest(*each, fillvalue=(0, 0))
        ]
        lowest = child_top
        for child, span, column in children:
            lowest = max(lowest, self.place(child, *span, child_top, column, steps))
        middles = [column[0] for _, _, column in children]
        self.lines.append([(middle, y), (middle, fork)])
        self.lines.append([(min(*middles, middle), fork), (max(*middles, middle), fork)])
        for x in middles:
            self.arrows.append(((x, fork), (x, child_top)))
        return lowest

    def _steps(self, node: FlowNode, column: _Column, right: float) -> list[_Step]:
        """Heights of the boxes, and of those beside them, from `node` down to the next split."""
        beside = self._excluded_lines(node, column[0], right)
        step = (_height(self._box_lines(node, column[1])), _height(beside) if beside else 0.0)
        return [step, *(self._steps(node.children[0], column, right) if len(node.children) == 1 else [])]

    def _box_lines(self, node: FlowNode, width: float) -> list[str]:
        lines = self._wrapped(f"{node.text} {_count(node.n)}", width)
        return lines + [part for line in node.lines for part in self._wrapped(line, width)]

    def _excluded_lines(self, node: FlowNode, middle: float, right: float) -> list[str]:
        if not node.excluded:
            return []
        width = min(right - middle - SIDE_MM, 80.0)
        lines = self._wrapped(f"Excluded {_count(sum(count for _, count in node.excluded))}", width)
        for cause, count in node.excluded:
            lines += [f"   {line}" for line in self._wrapped(f"{cause} {_count(count)}", width - 3.0)]
        return lines

    def _column(self, node: FlowNode, left: float, right: float) -> _Column:
        """Middle and width of the boxes from `node` down to the next split."""
        room = right - left
        beside, follower = bool(node.excluded), node
        while len(follower.children) == 1:
            follower = follower.children[0]
            beside = beside or bool(follower.excluded)
        width = min(room * (0.5 if beside else 1.0), 80.0)
        if beside and room > 140.0:
            return left + room / 2 - SIDE_MM, width
        return (left + width / 2 if beside else left + room / 2), width

    def _leaves(self, node: FlowNode) -> int:
        return max(1, sum(self._leaves(child) for child in node.children))

    def _wrapped(self, text: str, width_mm: float) -> list[str]:
        """Lines of `text` that fit into a box of that width."""
        room = width_mm - 2 * PAD_MM
        characters = max(8, int(len(text) * room / max(text_width_mm(self.figure, text, SIZE), 0.1)))
        lines = textwrap.wrap(text, characters) or [""]
        while characters > 8 and max(text_width_mm(self.figure, line, SIZE) for line in lines) > room:
            characters -= 1
            lines = textwrap.wrap(text, characters)
        return lines


def _count(n: int) -> str:
    """'(n = 12)', unbreakable."""
    return f"(n\u00a0=\u00a0{n})"


def _height(lines: Sequence[str]) -> float:
    return len(lines) * LINE_MM + 2 * PAD_MM


def _draw_box(
    axes: Axes, x: float, y: float, width: float, height: float, lines: list[str], centred: bool
) -> None:
    axes.add_patch(Rectangle((x, y), width, height, facecolor="white", edgecolor=BLACK, linewidth=0.8))
    for index, line in enumerate(lines):
        at = y + PAD_MM + (index + 0.5) * LINE_MM
        if centred:
            axes.text(x + width / 2, at, line, ha="center", va="center", fontsize=SIZE)
        else:
            axes.text(x + PAD_MM, at, line, ha="left", va="center", fontsize=SIZE)
