import os
import signal

import pytest

from scripts.errors import FaultList, InputError, OutOfMemory
from scripts.parallel import map_cases


def square(value):
    return value * value


def process(_):
    return os.getpid()


def refuse(value):
    if value == 3:
        raise InputError("case 3", "a number", "three", "Mend it.")
    return value


def refuse_all(value):
    raise FaultList("cases", ["one", "two"], "Mend them.")


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_come_in_the_order_of_the_items(threads):
    assert map_cases(square, list(range(20)), threads) == [i * i for i in range(20)]
    assert map_cases(square, [], threads) == []


def test_threads_are_processes_and_one_thread_is_this_one():
    assert map_cases(process, [1, 2, 3], 1) == [os.getpid()] * 3
    assert os.getpid() not in map_cases(process, [1, 2, 3], 2)


@pytest.mark.parametrize(
    ("function", "message"), [(refuse, "case 3: expected a number"), (refuse_all, "cases: 2 faults")]
)
def test_a_fault_comes_whole_out_of_a_worker(function, message):
    with pytest.raises(InputError) as error:
        map_cases(function, [1, 2, 3, 4], 2)
    assert str(error.value).startswith(message)
    assert "Mend" in str(error.value)


def killed_once(item):
    """Kills its worker where `item` names a file that is not there yet, and makes it."""
    if isinstance(item, dict) and not os.path.exists(item["killed"]):
        open(item["killed"], "w").close()
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def killed_always(item):
    if item["patient"] == "P3":
        os.kill(os.getpid(), signal.SIGKILL)
    return item["patient"]


def fail_for_one(item):
    if item["patient"] == "P3":
        raise ValueError("no planes")
    return item["patient"]


def test_when_a_worker_is_killed_the_rest_is_done_one_at_a_time(tmp_path, capfd):
    items = [1, 2, {"killed": str(tmp_path / "once")}, 4, 5, 6]
    processes = map_cases(killed_once, items, 2)
    assert len(processes) == 6
    assert os.getpid() not in processes
    said = capfd.readouterr().out
    assert "killed, most likely for memory" in said
    assert "one at a time" in said


def test_a_case_that_kills_its_worker_alone_is_named():
    with pytest.raises(OutOfMemory, match="patient P3") as error:
        map_cases(killed_always, [{"patient": f"P{i}"} for i in range(6)], 3)
    assert error.value.patients == ("P3",)


@pytest.mark.parametrize("threads", [1, 2])
def test_an_error_leaves_with_the_patient_of_its_case(threads):
    with pytest.raises(ValueError, match="no planes") as error:
        map_cases(fail_for_one, [{"patient": f"P{i}"} for i in range(6)], threads)
    assert error.value.patients == ("P3",)


def refuse_for_patients(value):
    raise InputError("case", "a number", "none", "Mend it.", patients=["P9"])


def test_the_patients_of_a_fault_come_out_of_a_worker():
    with pytest.raises(InputError) as error:
        map_cases(refuse_for_patients, [{"patient": "P1"}, {"patient": "P2"}], 2)
    assert error.value.patients == ("P9",)
