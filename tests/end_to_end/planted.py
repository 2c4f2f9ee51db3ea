"""What tells who a patient is, planted in every DICOM file of the tests, and a search for it in all that a run left."""

from __future__ import annotations

import base64
import gzip
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import pyarrow.parquet
from pydicom.dataset import Dataset

from tests.end_to_end.pdf_text import pdf_pages

# Keyword of a header attribute -> its value; every one is found nowhere else
PLANTED = {
    "PatientName": "Zwiebelfisch^Quirin",
    "PatientID": "QZX7731904",
    "PatientBirthDate": "19310717",
    "PatientBirthTime": "031415.926",
    "AccessionNumber": "ACQX5582917",
    "ReferringPhysicianName": "Vogelsang^Ottokar",
    "InstitutionName": "Klinikum Xylanderhof",
    "InstitutionAddress": "Irrlichtgasse 77",
    "OtherPatientIDs": "OPIDQ99182",
    "PatientAddress": "Nebelhornweg 1234",
    "PatientTelephoneNumbers": "0190-5550199",
    "PatientMotherBirthName": "Dornenkrone",
    "StudyID": "STQX40417",
    "StudyDate": "20291113",
    "StudyDescription": "Abdomen Quirinus",
    "SeriesDescription": "Venous Quirinalis",
    "PatientComments": "Comment Quixotica",
    "ImageComments": "Picture of Xanthippe",
    "OperatorsName": "Operata^Xenia",
    "StationName": "XENSTATION7",
    "DeviceSerialNumber": "SNQX00917",
    "ProtocolName": "Protocol Quasimodo",
}
OBSERVER, COMMENT, PRIVATE = "Observatrix^Walpurga", "Remark Xerxes", "Privatissimum Q31"
WORDS = sorted(
    {part for value in (*PLANTED.values(), OBSERVER, COMMENT, PRIVATE) for part in value.split("^")}
)
# as tables and databases write them
WORDS += ["1931-07-17", "17.07.1931", "2029-11-13"]


def plant(dataset: Dataset) -> None:
    """Write every identifying value into a dataset, a private one too."""
    for keyword, value in PLANTED.items():
        setattr(dataset, keyword, value)
    dataset.PatientSex = "F"
    block = dataset.private_block(0x000B, "XENOPHON", create=True)
    block.add_new(0x01, "LO", PRIVATE)


def plant_observer(dataset: Dataset) -> None:
    """Who drew the regions of an RTSTRUCT, and what was remarked on them."""
    observations = []
    for region in dataset.StructureSetROISequence:
        region.ROIDescription = COMMENT
        observation = Dataset()
        observation.ObservationNumber = observation.ReferencedROINumber = region.ROINumber
        observation.ROIInterpreter, observation.RTROIInterpretedType = OBSERVER, "GTV"
        observation.ROIObservationLabel = PRIVATE[:16]
        observations.append(observation)
    dataset.RTROIObservationsSequence = observations


def texts_of(path: Path) -> Iterator[bytes]:
    """A file's bytes, and everything that its format hides from a plain search."""
    data = path.read_bytes()
    yield data
    if data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    if data[:4] == b"PAR1":
        table = pyarrow.parquet.read_table(path)
        yield str(table.to_pydict()).encode() + str(table.schema.metadata).encode()
    if data[:5] == b"%PDF-":
        for stream in re.finditer(rb"stream\r?\n", data):
            try:
                yield zlib.decompressobj().decompress(data[stream.end() :])
            except zlib.error:
                continue
        if b"/Type/Pages" in data:
            yield "\n".join(pdf_pages(path)).encode()
    for picture in re.findall(rb"base64,([A-Za-z0-9+/=]{40,})", data):
        yield base64.b64decode(picture + b"=" * (-len(picture) % 4))


def planted_in(folder: Path, *passed_over: str, words: list[str] | None = None) -> list[str]:
    """'file: word' for each planted word in a file below `folder`, or in a file's name, in any common encoding."""
    sought = {
        form.lower(): word
        for word in words or WORDS
        for form in (word.encode(), word.encode("utf-16-le"), word.encode("utf-16-be"))
    }
    pattern = re.compile(b"|".join(map(re.escape, sought)))
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not path.is_file() or name.startswith(passed_over):
            continue
        for text in (name.encode(), *texts_of(path)):
            lower = text.lower()
            squeezed = (
                lower.replace(b"\n", b"") if text is not name.encode() else lower
            )  # words broken over lines
            for match in {*pattern.findall(lower), *pattern.findall(squeezed)}:
                found.append(f"{name}: {sought[match]}")
    return sorted(set(found))
