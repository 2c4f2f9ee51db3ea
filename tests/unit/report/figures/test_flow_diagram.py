"""Flow of patients."""

import itertools

import pytest
from matplotlib.patches import Rectangle

from scripts.report.figures.flow_diagram import FlowNode, draw_flow_diagram
from scripts.report.figures.style import new_figure, save_svg

LONG = "feature extraction failed because the mask has fewer than two voxels on this patient's image"
TREE = FlowNode(
    "Patients in the sheet",
    10,
    (("mask is empty", 1), ("geometry differs", 1)),
    (
        FlowNode(
            "Admitted",
            8,
            (),
            (
                FlowNode("Primary", 5, (), (FlowNode("Analysed", 5, lines=("RNA-seq: 2",)),)),
                FlowNode("Validation", 3, ((LONG, 1),), (FlowNode("Analysed", 2),)),
            ),
        ),
    ),
)


def drawn(path, tree):
    figure = new_figure(178, 40)
    height = draw_flow_diagram(figure, tree)
    save_svg(figure, path)
    (axes,) = figure.axes
    boxes = [p for p in axes.patches if isinstance(p, Rectangle)]
    return figure, axes, boxes, height


def test_boxes_counts_and_size(tmp_path):
    figure, axes, boxes, height = drawn(tmp_path / "x.svg", TREE)
    texts = [text.get_text().replace("\u00a0", " ") for text in axes.texts if text.get_text()]
    assert texts[:5] == [
        "Patients in the sheet (n = 10)",
        "Excluded (n = 2)",
        "   mask is empty (n = 1)",
        "   geometry differs (n = 1)",
        "Admitted (n = 8)",
    ] or set(texts) >= {"Patients in the sheet (n = 10)", "Excluded (n = 2)", "Admitted (n = 8)"}
    assert "RNA-seq: 2" in texts
    assert len(boxes) == 8
    assert figure.get_figheight() * 25.4 == pytest.approx(height)
    for box in boxes:
        assert box.get_x() >= 0
        assert box.get_x() + box.get_width() <= 178
        assert box.get_y() >= 0
        assert box.get_y() + box.get_height() <= height


def test_boxes_do_not_overlap_and_hold_their_text(tmp_path):
    _, axes, boxes, _ = drawn(tmp_path / "x.svg", TREE)
    extents = [box.get_window_extent() for box in boxes]
    assert not any(a.overlaps(b) for a, b in itertools.combinations(extents, 2))
    for text in axes.texts:
        box = text.get_window_extent()
        if text.get_text():
            assert any(
                e.x0 <= box.x0 and box.x1 <= e.x1 and e.y0 <= box.y0 and box.y1 <= e.y1 for e in extents
            )


def test_neighbours_are_level(tmp_path):
    _, axes, boxes, _ = drawn(tmp_path / "x.svg", TREE)
    lowest = max(box.get_y() for box in boxes)
    last = [box.get_height() for box in boxes if box.get_y() == pytest.approx(lowest)]
    assert len(last) == 2
    assert last[0] == pytest.approx(last[1])
    analysed = [t.get_position()[1] for t in axes.texts if t.get_text().startswith("Analysed")]
    assert len(analysed) == 2
    assert analysed[0] == pytest.approx(analysed[1], abs=2.0)


def test_a_single_box_and_one_without_followers(tmp_path):
    assert len(drawn(tmp_path / "x.svg", FlowNode("Patients", 3))[2]) == 1
    assert len(drawn(tmp_path / "y.svg", FlowNode("Patients", 3, (("all failed", 3),)))[2]) == 2
