import json
import os
import shutil
import time

import pytest

from scripts.workflow import contents
from scripts.workflow.contents import (
    ContentStore,
    FileChanged,
    Record,
    file_digest,
    read_records,
    record_of,
    records_text,
    require_planned,
    stamp_of,
    unwritten,
)


@pytest.fixture(autouse=True)
def at_rest(monkeypatch):
    """The files of a test are seconds old at most; they count as settled."""
    monkeypatch.setattr(contents, "TICK_S", -contents.FAR_AHEAD_S)


@pytest.fixture
def read(monkeypatch):
    """Names of the files that were read, in order."""
    names = []

    def counted(path):
        names.append(os.path.basename(path))
        return file_digest(path)

    monkeypatch.setattr(contents, "file_digest", counted)
    return names


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "image.nrrd"
    path.write_bytes(bytes(range(200)))
    return path


@pytest.fixture
def slices(tmp_path):
    folder = tmp_path / "series"
    (folder / "inner").mkdir(parents=True)
    for name in ("1.dcm", "2.dcm", "inner/3.dcm"):
        (folder / name).write_bytes(name.encode() * 20)
    return folder


def written_anew(path, content):
    """Write until the stamp shows it: the clock of a file system ticks in milliseconds."""
    before = stamp_of(path)
    while stamp_of(path) == before:
        path.write_bytes(content)


class Run:
    """Plans and checks one path, each plan with a store read anew from disk."""

    def __init__(self, folder, path):
        self.store, self.records, self.path = (
            folder / "cache" / "contents.jsonl",
            folder / "r.json",
            str(path),
        )

    def plan(self):
        store = ContentStore(self.store)
        return store.labels([self.path], read_records(self.records)).get(self.path)

    def check(self, label):
        with unwritten([self.path]) as stamps:
            record = record_of(self.path, label, stamps[self.path])
        self.records.write_text(records_text({self.path: record}))


@pytest.fixture
def run(tmp_path, image):
    """An image planned and checked once."""
    run = Run(tmp_path, image)
    run.first = run.plan()
    run.check(run.first)
    return run


@pytest.fixture
def series(tmp_path, slices):
    run = Run(tmp_path, slices)
    run.first = run.plan()
    run.check(run.first)
    return run


def test_planning_reads_no_file_that_was_never_seen(tmp_path, image, slices, read):
    labels = ContentStore(tmp_path / "store").labels([str(image), str(slices), str(tmp_path / "gone")], {})
    assert set(labels) == {str(image), str(slices)}
    assert read == []
    assert not (tmp_path / "store").exists()


def test_an_unchanged_file_keeps_its_label_and_is_not_read(run, read):
    assert run.plan() == run.first
    assert read == []


def touch(path):
    os.utime(path)


def touch_all(path):
    for file in path.rglob("*"):
        touch(file)


def copy_over(path):
    other = path.with_suffix(".other")
    shutil.copyfile(path, other)
    other.replace(path)


def copy_with_its_times(path):
    other = path.with_suffix(".other")
    shutil.copy2(path, other)
    other.replace(path)


@pytest.mark.parametrize("change", [touch, copy_over, copy_with_its_times])
def test_the_same_bytes_keep_the_label_and_are_read_once(run, image, read, change):
    before = stamp_of(image)
    while stamp_of(image) == before:
        change(image)
    assert [run.plan() for _ in range(3)] == [run.first] * 3
    assert read == ["image.nrrd"]


def test_a_folder_touched_copied_and_moved_keeps_its_label(series, slices, read, tmp_path):
    touch_all(slices)
    assert [series.plan() for _ in range(2)] == [series.first] * 2
    shutil.copytree(slices, tmp_path / "copy")
    shutil.rmtree(slices)
    (tmp_path / "copy").rename(slices)
    assert [series.plan() for _ in range(2)] == [series.first] * 2
    assert read.count("series") == 2


def test_what_snakemake_puts_into_a_folder_is_not_of_its_content(slices):
    before = file_digest(slices), stamp_of(slices).sizes
    (slices / ".snakemake_timestamp").touch()
    assert (file_digest(slices), stamp_of(slices).sizes) == before


def test_other_bytes_of_the_same_size_make_another_label(run, image, read):
    written_anew(image, bytes(range(1, 201)))
    second = run.plan()
    assert second != run.first
    assert run.plan() == second
    assert read == ["image.nrrd"]
    run.check(second)
    assert run.plan() == second


def test_other_sizes_make_another_label_without_reading(run, series, image, slices, read):
    written_anew(image, b"short")
    written_anew(slices / "2.dcm", b"short")
    assert run.plan() != run.first
    assert series.plan() != series.first
    assert read == []


def test_a_change_is_seen_where_the_time_was_put_back(run, image):
    old = image.stat()
    written_anew(image, bytes(range(1, 201)))
    os.utime(image, ns=(old.st_atime_ns, old.st_mtime_ns))
    assert image.stat().st_mtime_ns == old.st_mtime_ns
    assert run.plan() != run.first


def in_place(folder):
    slice_of = folder / "inner" / "3.dcm"
    listing = os.stat(slice_of.parent).st_mtime_ns
    before = stamp_of(slice_of)
    while stamp_of(slice_of) == before:
        with slice_of.open("r+b") as stream:
            stream.seek(5)
            stream.write(b"\7")
    assert os.stat(slice_of.parent).st_mtime_ns == listing


def add(folder):
    (folder / "inner" / "4.dcm").write_bytes(b"4")


def remove(folder):
    (folder / "1.dcm").unlink()


def rename(folder):
    (folder / "1.dcm").rename(folder / "0.dcm")


def swap_names(folder):
    (folder / "1.dcm").rename(folder / "x")
    (folder / "2.dcm").rename(folder / "1.dcm")
    (folder / "x").rename(folder / "2.dcm")


@pytest.mark.parametrize("change", [in_place, add, remove, rename, swap_names])
def test_a_folder_changes_with_any_of_its_files(series, slices, change):
    change(slices)
    assert series.plan() != series.first


@pytest.mark.parametrize("change", [add, remove, rename])
def test_names_count_also_where_no_time_tells_of_them(slices, change):
    before = stamp_of(slices)
    change(slices)
    assert stamp_of(slices).sizes != before.sizes


def test_links_count_as_what_they_lead_to(tmp_path, slices, image):
    folder = tmp_path / "linked"
    folder.mkdir()
    (folder / "slices").symlink_to(slices)
    (folder / "loop").symlink_to(folder)
    (folder / "nothing").symlink_to(tmp_path / "nothing")
    run = Run(tmp_path, folder)
    run.check(run.plan())
    label = run.plan()
    in_place(slices)
    assert run.plan() != label


def test_a_lost_record_costs_nothing_where_the_file_is_at_rest(run, image):
    run.records.unlink()
    assert run.plan() == run.first


def test_a_lost_or_damaged_record_never_keeps_the_label_of_another_content(run, image):
    for damage in (None, "", "{", "[]", '{"a": 1}', json.dumps({run.path: {"label": "x"}})):
        run.records.unlink(missing_ok=True)
        if damage is not None:
            run.records.write_text(damage)
        written_anew(image, os.urandom(200))
        assert run.plan() != run.first


def test_a_record_with_values_of_other_kinds_is_damaged(run):
    run.records.write_text(json.dumps({run.path: {"label": 1, "stamp": None, "digest": "d"}}))
    assert read_records(run.records) == {}


def test_a_lost_store_costs_one_reading(run, image, read):
    touch(image)
    assert run.plan() == run.first
    run.store.unlink()
    assert [run.plan(), run.plan()] == [run.first] * 2
    assert len(read) == 2


def test_a_store_cut_by_a_kill_is_read_up_to_there(run, image, slices, read, tmp_path):
    touch(image)
    run.plan()
    with run.store.open("ab") as stream:
        stream.write(b'["half a li')
    assert run.plan() == run.first
    assert read == ["image.nrrd"]


def test_a_label_planned_is_the_label_that_another_process_finds(run, image):
    """A compute node evaluates the parameters again, after the job's old outputs are gone."""
    touch(image)
    planned = run.plan()
    run.records.unlink()
    store = ContentStore(run.store, may_write=False)
    assert store.labels([run.path], {}) == {run.path: planned}


def test_only_the_main_process_writes_the_store(run, image):
    touch(image)
    assert ContentStore(run.store, may_write=False).labels([run.path], read_records(run.records))
    assert not run.store.exists()


def test_the_record_holds_what_the_job_read_whatever_was_planned(run, image):
    written_anew(image, b"planned")
    label = run.plan()
    written_anew(image, b"read by the job")
    run.check(label)
    assert run.plan() == label
    written_anew(image, b"planned")
    assert run.plan() not in (label, run.first)


def test_a_content_that_was_undone_before_anything_ran_keeps_its_label(run, image):
    whole = image.read_bytes()
    written_anew(image, whole[::-1])
    assert run.plan() != run.first
    written_anew(image, whole)
    assert run.plan() == run.first


def test_a_file_written_just_now_is_read_again(run, image, read, monkeypatch):
    """Two writings within a tick of the clock have one stamp."""
    monkeypatch.setattr(contents, "TICK_S", 3600.0)
    run.check(run.first)
    assert read_records(run.records)[run.path].stamp == ""
    read.clear()
    assert [run.plan(), run.plan()] == [run.first] * 2
    assert read == ["image.nrrd"] * 2
    before = stamp_of(image)
    image.write_bytes(bytes(200))
    monkeypatch.setattr(contents, "stamp_of", lambda path: before)
    assert run.plan() != run.first


def test_a_time_far_ahead_is_a_clock_that_was_put_right(monkeypatch):
    monkeypatch.setattr(contents, "TICK_S", 2.0)
    now = time.time()

    def settled(newest_s):
        return contents.Stamp("", "", newest_s, 0).settled

    assert [settled(now + ahead) for ahead in (-10, -0.1, 1, 1e8)] == [True, False, False, True]


def test_many_files_at_once(tmp_path):
    paths = [tmp_path / f"{n}.nrrd" for n in range(200)]
    for n, path in enumerate(paths):
        path.write_bytes(bytes([n]))
    labels = ContentStore(tmp_path / "store").labels(map(str, paths), {})
    assert list(labels) == sorted(map(str, paths))
    digests = ContentStore(tmp_path / "store").digests(map(str, paths))
    assert digests == {str(path): f"sha256:{file_digest(path)}" for path in paths}


def test_the_store_is_made_small_again(tmp_path, image, read):
    line = json.dumps([str(image), "old", "", ""]) + "\n"
    (tmp_path / "store").write_text(line * 1100)
    ContentStore(tmp_path / "store").digests([str(image)])
    assert len((tmp_path / "store").read_text().splitlines()) == 2
    read.clear()
    assert ContentStore(tmp_path / "store").digests([str(image)])
    assert read == []


def test_a_file_changed_while_it_is_read_is_no_fault_of_the_patient(image):
    def read(change):
        with unwritten([str(image)]):
            change()
            raise ValueError("a reader's complaint about half a file")

    with pytest.raises(FileChanged, match=r"image\.nrrd.*while the run was reading.*same command"):
        read(lambda: written_anew(image, bytes(200)))
    with pytest.raises(FileChanged, match="written meanwhile"):
        read(lambda: copy_with_its_times(image))
    with pytest.raises(FileChanged, match="written meanwhile"):
        read(image.unlink)


def test_a_file_read_again_must_be_the_one_that_was_checked(run, image):
    def read():
        with unwritten([run.path], read_records(run.records)):
            return "its values"

    touch(image)
    assert read() == "its values"
    written_anew(image, bytes(200))
    with pytest.raises(FileChanged, match="the content that it had before, found another"):
        read()
    image.unlink()
    with pytest.raises(FileChanged, match="No such file"):
        read()


def test_a_file_that_could_not_be_read_has_a_record_without_digest(tmp_path, slices):
    assert record_of(str(tmp_path / "gone"), "label", None) == Record("label", "", "")
    stamp = stamp_of(slices)
    shutil.rmtree(slices)
    assert record_of(str(slices), "label", stamp).digest == ""


def test_a_small_file_must_stay_as_planned(tmp_path, image):
    labels = ContentStore(tmp_path / "store").digests([str(image)])
    touch(image)
    require_planned(labels)
    require_planned({str(tmp_path / "an_image_with_a_record"): "0123456789abcdef"})
    written_anew(image, bytes(200))
    with pytest.raises(FileChanged, match="run the same command again"):
        require_planned(labels)
