"""Nothing of a DICOM header that tells who the patient is reaches an output, a log, a PDF or the terminal.

Every DICOM file of these tests (image series, RTSTRUCT, SEG) holds the values of `planted`.
"""

import gzip
import warnings

import pandas as pd
import pydicom
import pytest
import SimpleITK as sitk
import typst
from pydicom.uid import generate_uid

from tests.end_to_end import formats
from tests.end_to_end.planted import OBSERVER, PLANTED, PRIVATE, planted_in
from tests.end_to_end.runs import RESULTS, finished, refused, write_config, write_sheet
from tests.mutations.cohort import clinical_cells, volumes, write_cohort


def test_the_files_hold_what_is_looked_for(study):
    """The three kinds of DICOM files, by the same search."""
    held = planted_in(study / "data")
    for word in ("Zwiebelfisch", "QZX7731904", "19310717", "ACQX5582917"):
        assert {line.rsplit("/")[-1].split(".")[-1][:3] for line in held if line.endswith(word)} == {"dcm"}
        kinds = ("_structures.dcm", "_segments.dcm", "/")
        assert all(any(kind in line and line.endswith(f": {word}") for line in held) for kind in kinds)
    assert any(line.endswith(OBSERVER.split("^")[0]) for line in held)
    assert any(line.endswith(PRIVATE) for line in held)


def test_nothing_planted_is_in_what_a_run_leaves(study):
    """results, cache, logs, benchmarks, .snakemake, the PDF, and the terminal."""
    assert (study / ".snakemake").is_dir()
    assert planted_in(study, "data/") == []


def test_the_search_finds_a_word_wherever_it_hides(tmp_path):
    word = PLANTED["AccessionNumber"]
    pd.DataFrame({"a": [word] * 300}).to_parquet(tmp_path / "a.parquet", compression="zstd")
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(word.encode()))
    (tmp_path / "c.txt").write_bytes(word.lower().encode("utf-16"))
    typst.compile(f"#set page(width: 3cm)\nA sentence of {word}.".encode(), output=tmp_path / "d.pdf")
    typst.compile(f'#set document(title: "{word}")\nA sentence.'.encode(), output=tmp_path / "e.pdf")
    (tmp_path / f"{word}.log").write_text("")
    expected = [
        f"{name}: {word}" for name in ("a.parquet", "b.csv.gz", "c.txt", "d.pdf", "e.pdf", f"{word}.log")
    ]
    assert planted_in(tmp_path) == sorted(expected)


def rewritten(path, change):
    dataset = pydicom.dcmread(path)
    with pydicom.config.disable_value_validation(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        change(dataset)
        dataset.save_as(path)


def put(keyword, value):
    """Write an identifying value where a reader expects something else."""

    def change(dataset):
        dataset[keyword] = pydicom.DataElement(pydicom.tag.Tag(keyword), "LO", value)

    return change


def swallowing(keyword, length=400):
    """A length of an attribute so large that it takes those behind it for its own."""

    def change(path):
        data = bytearray(path.read_bytes())
        tag = pydicom.tag.Tag(keyword)
        at = data.index(tag.group.to_bytes(2, "little") + tag.element.to_bytes(2, "little"), 132)
        data[at + 6 : at + 8] = length.to_bytes(2, "little")
        path.write_bytes(data)

    return change


def cut_after(word):
    def change(path):
        data = path.read_bytes()
        path.write_bytes(data[: data.index(word.encode()) + len(word)])

    return change


NAME, BORN = PLANTED["PatientName"], PLANTED["PatientBirthDate"]
# What is done to one slice of the series
SLICES = {
    **{f"{key}_is_a_name": lambda path, key=key: rewritten(path, put(key, NAME)) for key in (
        "Modality", "SeriesInstanceUID", "SOPClassUID", "FrameOfReferenceUID", "ImagePositionPatient", "PixelSpacing",
        "RescaleSlope", "RescaleIntercept", "NumberOfFrames", "Rows", "BitsAllocated", "PhotometricInterpretation",
        "SpecificCharacterSet", "SliceThickness",
    )},
    **{f"{key}_is_a_date": lambda path, key=key: rewritten(path, put(key, BORN)) for key in (
        "Modality", "SeriesInstanceUID", "SOPClassUID", "FrameOfReferenceUID", "PixelSpacing", "Rows", "NumberOfFrames",
    )},
    **{f"{key}_swallows": lambda path, key=key: swallowing(key)(path) for key in (
        "SOPClassUID", "Modality", "StudyDate", "AccessionNumber", "SeriesInstanceUID", "PatientName",
    )},
    **{f"cut_after_{key}": lambda path, key=key: cut_after(PLANTED[key])(path) for key in (
        "PatientName", "PatientBirthDate", "AccessionNumber", "PatientID",
    )},
}  # fmt: skip


def _rois(change):
    return lambda path: rewritten(path, change)


def _no_geometry(dataset):
    for region in dataset.ROIContourSequence:
        for contour in region.get("ContourSequence") or []:
            contour["ContourGeometricType"] = pydicom.DataElement(0x30060042, "LO", NAME)


def _numbers(dataset):
    for region in dataset.ROIContourSequence:
        for contour in region.get("ContourSequence") or []:
            contour["ContourData"] = pydicom.DataElement(0x30060050, "LO", [NAME, BORN, "0"])


STRUCTURES = {
    "contours_of_a_name": _rois(_no_geometry),
    "coordinates_of_a_name": _rois(_numbers),
    "another_study": _rois(lambda d: setattr(
        d.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0],
        "SeriesInstanceUID", generate_uid(),
    )),
    "number_of_a_name": _rois(lambda d: d.StructureSetROISequence[0].__setitem__(
        "ROINumber", pydicom.DataElement(0x30060022, "LO", NAME)
    )),
    "region_name_swallows": swallowing("ROIName", 300),
    "cut": cut_after(OBSERVER),
}  # fmt: skip


@pytest.fixture(scope="module")
def predicted(tmp_path_factory):
    """A sound cohort, a third of it DICOM, to which the paper's own model is applied; terminal.txt is what it said."""
    folder = tmp_path_factory.mktemp("predicted")
    write_cohort(folder / "data", 36)
    write_config(
        folder / "mine.yaml",
        cohorts={"mine": {"sheet": "data/sheet.csv"}},
        papers={"crc_nomogram": {"cohort": "simulated"}},
    )
    target = RESULTS / "predict" / "mine" / "published.pdf"
    (folder / "terminal.txt").write_text(finished(folder, target, "--configfile", "mine.yaml").said)
    return folder


def test_nothing_planted_is_in_a_prediction(predicted):
    assert len(planted_in(predicted / "data")) > 100
    assert planted_in(predicted, "data/") == []
    assert list(predicted.rglob("*.pdf"))


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A cohort whose DICOM files are broken so that a message could quote their headers; and what the check said."""
    folder = tmp_path_factory.mktemp("private")
    images = folder / "data" / "images"
    images.mkdir(parents=True)
    rows = []
    for seed, (name, change) in enumerate([*SLICES.items(), *STRUCTURES.items()]):
        source = folder / "source.mha"
        for kind, volume in zip(("image", "mask"), volumes(seed), strict=True):
            sitk.WriteImage(volume, str(source))
            if kind == "image":
                slices = formats.write_dicom(source, images / name)
        mask = images / f"{name}_mask.dcm"
        segments = name in SLICES and len(name) % 2
        (formats.write_segmentation if segments else formats.write_structure)(source, slices, mask)
        change(mask if name in STRUCTURES else sorted((images / name).iterdir())[3])
        cells = {
            "image": f"images/{name}",
            "mask": f"images/{mask.name}",
            "mask_roi": "Tumour" if segments else "",
        }
        rows.append({"patient": f"case{seed:02d}", **cells, **clinical_cells(seed)})
        source.unlink()
    write_sheet(rows, folder / "data" / "sheet.csv")
    write_config(
        folder / "mine.yaml",
        cohorts={"mine": {"sheet": "data/sheet.csv"}},
        papers={"crc_nomogram": {"cohort": "mine"}},
    )
    said = refused(folder, "check", "--configfile", "mine.yaml")
    (folder / "terminal.txt").write_text(said)
    return folder


def test_no_message_about_a_broken_file_quotes_its_header(broken):
    assert planted_in(broken, "data/") == []
    faults = pd.read_csv(broken / RESULTS / "check" / "mine" / "faults.csv", dtype=str, keep_default_na=False)
    errors = set(faults.loc[faults["severity"] == "error", "row"])
    assert len(errors) > 0.8 * (len(SLICES) + len(STRUCTURES))
