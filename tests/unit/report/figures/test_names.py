"""Readable names of features and gene sets."""

import pytest

from scripts.report.figures.names import feature_label, gene_set_label


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("original_shape_Maximum2DDiameterRow", "Shape maximum 2D diameter row"),
        ("original_firstorder_RobustMeanAbsoluteDeviation", "First order robust mean absolute deviation"),
        ("original_firstorder_10Percentile", "First order 10th percentile"),
        ("original_glrlm_RunVariance", "GLRLM run variance"),
        (
            "original_glszm_SizeZoneNonUniformityNormalized",
            "GLSZM size zone non-uniformity normalized",
        ),
        ("original_glcm_Idmn", "GLCM idmn"),
        ("original_glcm_MCC", "GLCM MCC"),
        ("original_glrlm_LongRunLowGrayLevelEmphasis", "GLRLM long run low gray-level emphasis"),
        ("wavelet-LLH_glcm_Id", "GLCM id [wavelet-LLH]"),
        ("my_own_feature", "my own feature"),
        ("age", "age"),
    ],
)
def test_features(name, label):
    assert feature_label(name) == label


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("HALLMARK_PROTEIN_SECRETION", "Protein secretion"),
        ("HALLMARK_TNFA_SIGNALING_VIA_NFKB", "TNFα signaling via NF-κB"),
        ("HALLMARK_MYC_TARGETS_V1", "MYC targets V1"),
        ("HALLMARK_UV_RESPONSE_UP", "UV response (up)"),
        ("HALLMARK_P53_PATHWAY", "p53 pathway"),
        ("HALLMARK_MTORC1_SIGNALING", "mTORC1 signaling"),
        ("GLYCOLYSIS", "Glycolysis"),
    ],
)
def test_gene_sets(name, label):
    assert gene_set_label(name) == label
