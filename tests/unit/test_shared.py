import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from scripts.errors import FaultList, InputError, nearest
from scripts.seeds import generator
from scripts.tables import read_table, write_both, write_json, write_table, write_whole

ROOT = Path(__file__).resolve().parents[2]


def test_a_message_says_where_what_was_expected_and_found_and_what_to_do():
    error = InputError("a.csv, line 2", "a number", "'x'", "Write 1.5.")
    assert str(error) == "a.csv, line 2: expected a number, found 'x'. Write 1.5."


def test_a_fault_list_counts_and_shows_every_fault():
    assert str(FaultList("config", ["one", "two"], "Mend.")) == "config: 2 faults\n  - one\n  - two\nMend."


@pytest.mark.parametrize(("name", "hint"), [("pateint", " Did you mean 'patient'?"), ("zzz", "")])
def test_nearest_valid_name(name, hint):
    assert nearest(name, ["patient", "cohort"]) == hint


def test_steps_have_independent_streams_that_do_not_depend_on_order():
    first = generator(1, "step", "P1").random(3)
    generator(1, "step", "P2").random(100)
    assert np.array_equal(first, generator(1, "step", "P1").random(3))
    assert not np.array_equal(first, generator(1, "step", "P2").random(3))
    assert not np.array_equal(first, generator(2, "step", "P1").random(3))
    assert generator(1, "a", "bc").random() != generator(1, "ab", "c").random()


def test_a_table_comes_back_as_it_went_and_ids_stay_text(tmp_path):
    table = pd.DataFrame({"patient": ["001", "002"], "age": [1.5, np.nan]})
    write_both(table, tmp_path / "t.csv")
    for ending in ("csv", "parquet"):
        pd.testing.assert_frame_equal(read_table(tmp_path / f"t.{ending}"), table)


def test_a_write_that_fails_leaves_the_old_file_and_no_rest(tmp_path):
    target = tmp_path / "t.txt"
    target.write_text("old")

    def interrupted(path):
        path.write_text("half")
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        write_whole(target, interrupted)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_other_endings_and_nan_in_json_are_refused(tmp_path):
    with pytest.raises(ValueError, match="expected an ending .parquet or .csv"):
        write_table(pd.DataFrame(), tmp_path / "t.xlsx")
    with pytest.raises(InputError, match="a .parquet or .csv table"):
        read_table(tmp_path / "t.xlsx")
    with pytest.raises(ValueError, match="nan"):
        write_json({"x": float("nan")}, tmp_path / "t.json")


def test_what_a_killed_writer_left_is_written_over(tmp_path):
    path = tmp_path / "t.csv"

    def killed(temporary):
        temporary.write_text("half")
        temporary.rename(tmp_path / ".kept")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_whole(path, killed)
    seen = []
    write_whole(path, lambda temporary: seen.append(temporary) or temporary.write_text("whole"))
    (tmp_path / ".kept").rename(seen[0])
    write_whole(path, lambda temporary: seen.append(temporary) or temporary.write_text("again"))
    assert seen[0] == seen[1]
    assert seen[0].suffix == path.suffix  # writers go by the ending
    assert sorted(file.name for file in tmp_path.iterdir()) == ["t.csv"]


THREADS = """
import os, sys
import pandas, pyarrow.parquet
from scripts.tables import read_table
count = lambda: len(os.listdir("/proc/self/task"))
before = count()
read_table(sys.argv[1])
print(count() - before)
"""


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="threads are counted in /proc")
def test_reading_a_table_leaves_no_thread_that_could_abort_the_end_of_a_step(tmp_path):
    write_table(
        pd.DataFrame({"patient": ["a", "b"], "x": [1.0, 2.0], "text": ["c", "d"]}), tmp_path / "t.parquet"
    )
    program = [sys.executable, "-c", THREADS, tmp_path / "t.parquet"]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) == 0
