"""The flow of patients: boxes from those listed to those analysed, exclusions beside the arrows."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

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

    `FlowNode("Listed", 381, (("mask is empty", 1),), (FlowNode("Primary cohort", 242), FlowNode("Validation", 138)))`
    """

    text: str
    n: int
    excluded: Sequence[tuple[str, int]] = ()
    children: Sequence[FlowNode] = ()
    lines: Sequence[str] = ()


@in_style
def draw_flow_diagram(figure: Figure, root: FlowNode) -> float:
    """Draw the tree from top to bottom over the figure's width; gives the height in mm that it needs.

    The figure (not a SubFigure) is given that height. Text is wrapped to its box; excluded patients are counted in total
    and by cause ('Excluded (n = 3)', 'mask is empty (n = 1)').
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


class _Plan:
    """Where boxes, lines and arrows go, in mm from the upper left corner."""

    def __init__(self, figure: Figure) -> None:
        self.figure = figure
        self.boxes: list[tuple[float, float, float, float, list[str], bool]] = []
        self.lines: list[list[tuple[float, float]]] = []
        self.arrows: list[tuple[tuple[float, float], tuple[float, float]]] = []

    def place(self, node: FlowNode, left: float, right: float, top: float) -> float:
        """Place a node and all under it between `left` and `right`; gives the lowest y."""
        room = right - left
        has_side = self._has_side(node)
        box_width = min(room * (0.46 if has_side else 1.0), 80.0)
        middle = left + box_width / 2 if has_side else left + room / 2
        lines = self._wrapped(f"{node.text} (n = {node.n})", box_width)
        for line in node.lines:
            lines += self._wrapped(line, box_width)
        height = len(lines) * LINE_MM + 2 * PAD_MM
        self.boxes.append((middle - box_width / 2, top, box_width, height, lines, True))
        y = top + height
        if node.excluded:
            total = sum(count for _, count in node.excluded)
            side_left = middle + SIDE_MM
            side_width = min(right - side_left, 80.0)
            side = self._wrapped(f"Excluded (n = {total})", side_width)
            for cause, count in node.excluded:
                wrapped = self._wrapped(f"{cause} (n = {count})", side_width - 3.0)
                side += [f"   {line}" for line in wrapped]
            side_height = len(side) * LINE_MM + 2 * PAD_MM
            at = y + GAP_MM / 2 + side_height / 2
            self.boxes.append((side_left, at - side_height / 2, side_width, side_height, side, False))
            self.arrows.append(((middle, at), (side_left, at)))
            below = at + side_height / 2 + GAP_MM / 2
            self.lines.append([(middle, y), (middle, below if node.children else at)])
            y = below
        if not node.children:
            return y
        return self._place_children(node, left, right, middle, y)

    def _place_children(self, node: FlowNode, left: float, right: float, middle: float, y: float) -> float:
        shares = [self._leaves(child) for child in node.children]
        if len(node.children) == 1:
            child_top = y + GAP_MM
            lowest = self.place(node.children[0], left, right, child_top)
            self.arrows.append(((middle, y), (self._middle_of(node.children[0], left, right), child_top)))
            return lowest
        fork, child_top = y + GAP_MM * 0.7, y + GAP_MM * 1.6
        lowest, start, middles = child_top, left, []
        for child, share in zip(node.children, shares, strict=True):
            end = start + (right - left) * share / sum(shares)
            inner = (start + (0 if start == left else 2.0), end - (0 if end >= right - 1e-6 else 2.0))
            lowest = max(lowest, self.place(child, *inner, child_top))
            middles.append(self._middle_of(child, *inner))
            start = end
        self.lines.append([(middle, y), (middle, fork)])
        self.lines.append([(min(*middles, middle), fork), (max(*middles, middle), fork)])
        for x in middles:
            self.arrows.append(((x, fork), (x, child_top)))
        return lowest

    def _has_side(self, node: FlowNode) -> bool:
        """Whether the node, or the single one that follows it, has a box at its side: these share a middle."""
        return bool(node.excluded) or (len(node.children) == 1 and self._has_side(node.children[0]))

    def _middle_of(self, node: FlowNode, left: float, right: float) -> float:
        room = right - left
        return left + min(room * 0.46, 80.0) / 2 if self._has_side(node) else left + room / 2

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
