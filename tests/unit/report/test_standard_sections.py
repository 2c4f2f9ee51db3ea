from scripts.report.document import plain
from scripts.report.standard_sections import departures_section, parameters_section, provenance_section


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


def test_an_honest_default_that_the_user_set_otherwise_is_listed_once():
    section = departures_section([parameter("splits.group", "epoch", "honest", "user", "patient")])
    (item,) = section.blocks[0].items
    assert plain(item) == "splits.group = epoch: set in the configuration (published patient)."


def test_further_departures_stand_last():
    items = departures_section(PARAMETERS, ["The films did not come with the text."]).blocks[0].items
    assert len(items) == 3
    assert items[-1] == "The films did not come with the text."


def test_versions_and_digests():
    records = [{"step": "fit_model_made_up", "code": "c0de", "versions": {"numpy": "2.0"}}]
    digests, versions = provenance_section("made_up", [("sample sheet", "1" * 64)], 7, records).blocks
    assert [[plain(cell) for cell in row.cells] for row in digests.rows] == [
        ["sample sheet", "1" * 64],
        ["seed", "7"],
    ]
    assert [[plain(cell) for cell in row.cells] for row in versions.rows] == [
        ["fit model", "c0de", "numpy", "2.0"]
    ]


def test_every_parameter_is_in_the_table():
    rows = parameters_section(PARAMETERS).blocks[0].rows
    assert [plain(row.cells[0]) for row in rows] == [p["name"] for p in PARAMETERS]
