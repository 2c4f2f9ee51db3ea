"""Names of features and gene sets as readers want them."""

from __future__ import annotations

import re

CLASSES = {
    "shape": "Shape",
    "shape2D": "2D shape",
    "firstorder": "First order",
    "glcm": "GLCM",
    "glrlm": "GLRLM",
    "glszm": "GLSZM",
    "gldm": "GLDM",
    "ngtdm": "NGTDM",
}
# Words of MSigDB's hallmark names that are not plain English.
SYMBOLS = {
    "dna": "DNA",
    "uv": "UV",
    "up": "(up)",
    "dn": "(down)",
    "myc": "MYC",
    "e2f": "E2F",
    "g2m": "G2M",
    "tnfa": "TNFα",
    "nfkb": "NF-κB",
    "il2": "IL2",
    "il6": "IL6",
    "stat3": "STAT3",
    "stat5": "STAT5",
    "jak": "JAK",
    "kras": "KRAS",
    "mtorc1": "mTORC1",
    "mtor": "mTOR",
    "pi3k": "PI3K",
    "akt": "AKT",
    "tgf": "TGF",
    "wnt": "WNT",
    "p53": "p53",
    "notch": "Notch",
    "hedgehog": "Hedgehog",
    "v1": "V1",
    "v2": "V2",
    "beta": "β",
    "alpha": "α",
    "gamma": "γ",
}


def feature_label(name: str) -> str:
    """'original_glrlm_RunVariance' -> 'GLRLM run variance'; a filtered image is named in brackets.

    Names that are not of pyradiomics are given back with spaces for underscores.
    """
    parts = str(name).split("_")
    if len(parts) < 3 or parts[-2] not in CLASSES:
        return str(name).replace("_", " ")
    words = re.findall(r"\d+D|[A-Z]+(?![a-z])\d*|[A-Z][a-z]+|\d+", parts[-1])
    text = " ".join(
        word if len(word) > 1 and word[1:].upper() == word[1:] else word.lower() for word in words
    )
    text = text.replace("non uniformity", "non-uniformity").replace("gray level", "gray-level")
    text = re.sub(r"^(\d+) percentile$", r"\1th percentile", text)
    image = "-".join(parts[:-2])
    suffix = "" if image == "original" else f" [{image}]"
    return f"{CLASSES[parts[-2]]} {text or parts[-1]}{suffix}"


def gene_set_label(name: str) -> str:
    """'HALLMARK_TNFA_SIGNALING_VIA_NFKB' -> 'TNFα signaling via NF-κB'."""
    words = re.sub(r"^HALLMARK_", "", str(name)).replace("_", " ").split()
    spelt = [SYMBOLS.get(word.lower(), word.lower()) for word in words]
    text = " ".join(spelt)
    return text if words and words[0].lower() in SYMBOLS else text[:1].upper() + text[1:]
