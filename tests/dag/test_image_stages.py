"""The image stages serve a paper that is not there: a sheet with two visits, a card, and rules of ten lines."""

from tests.dag.test_targets import snakemake
from tests.end_to_end.made_up_paper import write_cohort, write_paper


def test_a_made_up_paper_plans_its_images_from_the_shared_stages(tmp_path, monkeypatch):
    write_paper(tmp_path)
    write_cohort(tmp_path, ("A", "B"))
    monkeypatch.setattr("tests.dag.test_targets.ROOT", tmp_path)
    done = snakemake(
        tmp_path, "-n", "results/made_up.pdf", "results/made_up/check/mine/worst_registrations.svg"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    said = (done.stdout + done.stderr).split("Job stats:")[1]
    jobs = {line.split()[0]: int(line.split()[1]) for line in said.split("total")[0].splitlines()[3:] if line}
    assert jobs == {
        "check_cases": 1, "check_cohort": 1, "admit_cohort": 1,
        "correct_bias": 2, "standardise_images": 2, "segment_tumours": 2, "register_visits": 1,
        "picture_registration": 1, "rank_registrations": 1, "extract_image_features": 3,
        "account_for_patients": 1, "collect_image_features": 3, "write_report_made_up": 1,
    }  # fmt: skip
    for target, words in (
        ("cache/made_up/mine/image_features/warp/b.parquet", "No image 'warp' of made_up"),
        (
            "cache/made_up/mine/preprocess/correct_bias/later/b.parquet",
            "No visit 'later' in the sheet of made_up",
        ),
    ):
        done = snakemake(tmp_path, "-n", target)
        assert done.returncode != 0
        assert words in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr
