import gzip

import pytest

from scripts.errors import FaultList, InputError
from scripts.expression.gene_sets import coverage, read_gene_sets


def write(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_sets_come_in_file_order_without_description_and_without_repeats(tmp_path):
    path = write(tmp_path / "sets.gmt", "B\thttp://b\tG2\tG1\tG2\t\nA\t\tG9\n\n")
    assert read_gene_sets(path) == {"B": ["G2", "G1"], "A": ["G9"]}
    assert list(read_gene_sets(path)) == ["B", "A"]


def test_compressed_windows_and_marked_files_are_read(tmp_path):
    (tmp_path / "sets.gmt.gz").write_bytes(gzip.compress(b"\xef\xbb\xbfA\t-\tG1\tG2\r\nB\t-\tG3\r\n"))
    assert read_gene_sets(tmp_path / "sets.gmt.gz") == {"A": ["G1", "G2"], "B": ["G3"]}


def test_every_malformed_line_is_named_at_once(tmp_path):
    lines = ["GOOD\t-\tG1", "no tabs here", "\t-\tG1", "EMPTY\t-", "SPACED\t-\tG1 G2", "GOOD\t-\tG2"]
    with pytest.raises(FaultList) as error:
        read_gene_sets(write(tmp_path / "sets.gmt", "\n".join(lines)))
    assert error.value.faults == [
        "line 2: no tab in 'no tabs here'",
        "line 3: the set has no name",
        "line 4: set 'EMPTY' names no gene",
        "line 5: set 'SPACED': 'G1 G2' is not one gene",
        "line 6: set 'GOOD' stands in line 1 already",
    ]
    assert "name <tab> description <tab> gene" in str(error.value)


def test_a_file_without_sets_or_text_is_refused(tmp_path):
    with pytest.raises(InputError, match="expected at least one gene set, found none"):
        read_gene_sets(write(tmp_path / "empty.gmt", "\n \n"))
    with pytest.raises(InputError, match="No such file"):
        read_gene_sets(tmp_path / "absent.gmt")
    (tmp_path / "sets.gmt.gz").write_text("A\t-\tG1")
    with pytest.raises(InputError, match="Not a gzipped file"):
        read_gene_sets(tmp_path / "sets.gmt.gz")
    (tmp_path / "latin.gmt").write_bytes(b"A\t\xe9\tG1")
    with pytest.raises(InputError, match="can't decode"):
        read_gene_sets(tmp_path / "latin.gmt")


def test_coverage_counts_genes_that_the_table_lacks():
    table = coverage(["G1", "G2", "G7"], {"A": ["G1", "G2", "G3", "G4"], "B": ["G9"], "C": ["G7"]})
    assert table["gene_set"].tolist() == ["A", "B", "C"]
    assert table["n_genes"].tolist() == [4, 1, 1]
    assert table["n_found"].tolist() == [2, 0, 1]
    assert table["missing_fraction"].tolist() == [0.5, 1.0, 0.0]
