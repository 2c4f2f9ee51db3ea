from scripts.report.document import plain
from scripts.report.standard_sections import departures_section, parameters_section


def parameter(name, value, standing="source", changed="", published=None):
    return {"name": name, "value": value, "standing": standing, "reason": "Table 1", "changed": changed,
            "published": value if published is None else published}  # fmt: skip


PARAMETERS = [
    parameter("splits.group", "patient", "honest"),
    parameter("training.epochs", 5, changed="user", published=50),
    parameter("crop.size", 24, changed="simulated", published=100),
    parameter("training.momentum", 0.9, "assumed"),
]


def test_departures_are_the_honest_defaults_and_what_the_user_set():
    section = departures_section(PARAMETERS)
    items = [plain(item) for item in section.blocks[0].items]
    assert len(items) == 2
    assert items[0].startswith("splits.group = patient: ")
    assert items[1] == "training.epochs = 5: set in the configuration (published 50)."


def test_every_parameter_is_in_the_table():
    rows = parameters_section(PARAMETERS).blocks[0].rows
    assert [plain(row.cells[0]) for row in rows] == [p["name"] for p in PARAMETERS]
