from types import SimpleNamespace

import pytest
from snakemake.cli import get_argument_parser
from snakemake.settings.types import MaxJobsPerTimespan, SchedulingSettings

from scripts.workflow.job_rate import lift_default


def limit_after(given):
    workflow = SimpleNamespace(scheduling_settings=SchedulingSettings(max_jobs_per_timespan=given))
    lift_default(workflow)
    return workflow.scheduling_settings.max_jobs_per_timespan


def test_snakemakes_own_limit_is_lifted():
    default = get_argument_parser().get_default("max_jobs_per_timespan")
    assert default == "100/1s"
    assert limit_after(MaxJobsPerTimespan.parse_choice(default)) is None


@pytest.mark.parametrize("text", ["10/1s", "100/1m"])
def test_a_limit_that_the_user_set_stays(text):
    given = MaxJobsPerTimespan.parse_choice(text)
    assert limit_after(given) is given


def test_a_workflow_without_settings_is_left_alone():
    lift_default(SimpleNamespace(scheduling_settings=None))
    assert limit_after(None) is None
