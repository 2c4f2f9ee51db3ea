"""The command that makes a sheet from .mat files or class folders; the sheet passes the check."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from scripts.cohort.check_cases import check_case
from scripts.cohort.check_sheet import check_sheet
from scripts.cohort.import_pictures import main
from scripts.cohort.pictures import read_picture, read_picture_mask
from scripts.cohort.sheet import read_rows
from scripts.cohort.sheet_cases import sheet_cases
from scripts.cohort.sheet_schema import load_schema
from scripts.workflow.config import ROOT
from tests.unit.cohort.test_cjdata import IMAGE, MASK, write_73

SCHEMA = load_schema(ROOT / "config/schemas/sheets/brain_tumor_types.yaml")


def picture(path, seed=0, size=16):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 250, (size, size)).astype(np.uint8)).save(path)


@pytest.fixture
def classes(tmp_path):
    mask = np.zeros((16, 16), np.uint8)
    mask[4:11, 4:11] = 255
    for k, (word, number) in enumerate((w, n) for w in ("glioma", "meningioma", "pituitary") for n in (7, 8)):
        picture(tmp_path / "images" / word / f"{number:04d}.png", k)
        masks = tmp_path / "masks" / word
        masks.mkdir(parents=True, exist_ok=True)
        Image.fromarray(mask).save(masks / f"{number:04d}.png")
    return tmp_path


def test_class_folders_with_masks(classes, capsys):
    sheet = classes / "sheet.csv"
    main([str(classes / "images"), "--masks", str(classes / "masks"), "--sheet", str(sheet)])
    table = pd.read_csv(sheet)
    assert table["patient"].tolist()[:2] == ["glioma-0007", "glioma-0008"]
    assert table["image"][0] == "images/glioma/0007.png"
    assert table["mask"][0] == "masks/glioma/0007.png"
    assert table["number"].tolist() == [7, 8] * 3
    assert table["subject"].isna().all()
    assert "6 pictures (glioma 2, meningioma 2, pituitary 2), 6 with a mask" in capsys.readouterr().out
    _, faults = check_sheet(read_rows(sheet), SCHEMA, "development", sheet=sheet)
    assert [fault.severity for fault in faults] == ["warning"]  # few pictures of each class
    (image,) = SCHEMA.images
    settings = {"modality": "MR", "min_mask_voxels": 27, "allow_several_pieces": False}
    for cases in sheet_cases(sheet, SCHEMA.images).values():
        assert check_case(cases[0], settings, image)["faults"] == []


def test_mat_files_become_pictures_and_masks(tmp_path, capsys):
    (tmp_path / "mat").mkdir()
    write_73(tmp_path / "mat" / "12.mat", image=np.tile(IMAGE, (2, 2)), tumorMask=np.tile(MASK, (2, 2)))
    main([str(tmp_path / "mat"), "--sheet", str(tmp_path / "sheet.csv")])
    (row,) = pd.read_csv(tmp_path / "sheet.csv", dtype=str).to_dict("records")
    assert (row["patient"], row["subject"], row["tumour_type"], row["number"]) == (
        "pituitary-12",
        "100360",
        "pituitary",
        "12",
    )
    image = read_picture(tmp_path / row["image"])
    np.testing.assert_array_equal(image.array[0], np.tile(IMAGE, (2, 2)))
    np.testing.assert_array_equal(
        read_picture_mask(tmp_path / row["mask"], image).array[0], np.tile(MASK, (2, 2))
    )
    assert "1 with a patient." in capsys.readouterr().out


def failure(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(list(map(str, arguments)))
    assert ended.value.code == 1
    return capsys.readouterr().err


def test_slips_of_the_user(classes, capsys):
    sheet = classes / "sheet.csv"
    assert "no folder of that name" in failure(capsys, classes / "imges", "--sheet", sheet)
    assert "one folder a tumour type" in failure(capsys, classes, "--sheet", sheet)
    (classes / "nothing").mkdir()
    assert "neither (looked for .mat and .jpg" in failure(capsys, classes / "nothing", "--sheet", sheet)
    write_73(classes / "images" / "1.mat")
    assert "found both" in failure(capsys, classes / "images", "--sheet", sheet)
    assert not sheet.exists()


def test_every_damaged_mat_file_is_named_and_no_sheet_written(tmp_path, capsys):
    (tmp_path / "mat").mkdir()
    write_73(tmp_path / "mat" / "1.mat", label=np.array([[9.0]]))
    write_73(tmp_path / "mat" / "2.mat", tumorMask=None)
    text = failure(capsys, tmp_path / "mat", "--sheet", tmp_path / "sheet.csv")
    assert "2 faults" in text
    assert "1.mat" in text
    assert "2.mat" in text
    assert "No sheet was written." in text
    assert not (tmp_path / "sheet.csv").exists()
