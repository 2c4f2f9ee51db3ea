import os

import pytest

from scripts.errors import FaultList, InputError
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
