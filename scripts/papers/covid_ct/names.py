"""Groups, findings, clinical values and families of comparisons of the study, and what the report calls them."""

from __future__ import annotations

from scripts.quantification.lung_regions import LOBES, LUNG, SEGMENTS

GROUPS = ("covid", "other")
GROUP_LABELS = {"covid": "COVID-19", "other": "Other viral pneumonia"}
FINDINGS = {
    "ground_glass": "Ground glass opacities",
    "patchy_infiltration": "Patchy infiltration",
    "patchy_consolidation": "Patchy consolidation",
    "pleural_effusion": "Pleural effusion",
    "lymphadenopathy": "Mediastinal lymphadenopathy",
    "air_bronchogram": "Air bronchogram",
    "pleural_thickening": "Pleural thickening",
    "interstitial_change": "Interstitial change",
}
# Table 1: heading -> column -> label. Words in YES_NO are counted, numbers are described.
CHARACTERISTICS = {
    "": {
        "age": "Age, years",
        "sex": "Female",
        "course_days": "Course of disease, days",
        "onset_to_ct_days": "Onset to CT, days",
    },
    "Symptoms": {
        "fever": "Fever",
        "fatigue": "Fatigue",
        "dry_cough": "Dry cough",
        "dyspnea": "Dyspnea",
        "sore_throat": "Sore throat",
    },
    "Comorbidities": {
        "hypertension": "Hypertension",
        "heart_failure": "Chronic heart failure",
        "diabetes": "Diabetes",
        "cerebrovascular": "Cerebrovascular disease",
        "copd": "COPD",
        "kidney_disease": "Chronic kidney disease",
    },
    "Laboratory results": {
        "wbc": "White blood cells, 10⁹/L",
        "neutrophil_percent": "Neutrophils, %",
        "lymphocyte_percent": "Lymphocytes, %",
        "crp": "C-reactive protein",
        "lactate": "Lactate, mmol/L",
    },
}
NUMBERS = (
    "age",
    "course_days",
    "onset_to_ct_days",
    "wbc",
    "neutrophil_percent",
    "lymphocyte_percent",
    "crp",
    "lactate",
)
COUNTED = {"sex": "F"}  # the value that is counted; 'yes' of every other
# Families of comparisons: within each, P values are corrected for the number of its tests.
FAMILY_LABELS = {
    "characteristics": "Characteristics (Table 1)",
    "findings": "Findings of radiologists (Table 2)",
    "lobe_volume": "Infected volume of lobes (Table 3)",
    "lobe_percent": "Percentage of infection of lobes (Table 3)",
    "segment_volume": "Infected volume of segments (Supplementary Table 1)",
    "segment_percent": "Percentage of infection of segments (Supplementary Table 1)",
    "whole_volume": "Infected volume of both lungs",
    "whole_percent": "Percentage of infection of both lungs",
    "window_volume": "Infected volume by CT number (Supplementary Table 2)",
    "window_percent": "Percentage of infection by CT number (Supplementary Table 2)",
    "lobe_window_volume": "Infected volume of lobes by CT number",
    "lobe_window_percent": "Percentage of infection of lobes by CT number",
}
# family -> (what is measured, regions, whether by window)
VOLUME_FAMILIES = {
    "lobe_volume": ("lesion_ml", LOBES, False),
    "lobe_percent": ("percent", LOBES, False),
    "segment_volume": ("lesion_ml", SEGMENTS, False),
    "segment_percent": ("percent", SEGMENTS, False),
    "whole_volume": ("lesion_ml", (LUNG,), False),
    "whole_percent": ("percent", (LUNG,), False),
    "window_volume": ("lesion_ml", (LUNG,), True),
    "window_percent": ("percent", (LUNG,), True),
    "lobe_window_volume": ("lesion_ml", LOBES, True),
    "lobe_window_percent": ("percent", LOBES, True),
}


def split_measure(name: str) -> tuple[str, str, str]:
    """'percent|right_upper|w2' as ('percent', 'right_upper', 'w2'); '' where there is no window."""
    what, region, *window = name.split("|")
    return what, region, window[0] if window else ""
