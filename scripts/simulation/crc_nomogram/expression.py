"""Simulated RNA-seq: hallmark gene sets of invented genes, five of them driven by what the image shows.

The names are those of the MSigDB hallmark collection; the genes (SIMG0001, ...) and who belongs to which set
are invented. A set's activity in a patient shifts all its genes together. In the planted sets the activity
has a stated correlation with one latent factor; in the other 45 it is independent of every latent factor.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from scripts.seeds import generator
from scripts.tables import write_text

HALLMARKS = (
    "ADIPOGENESIS",
    "ALLOGRAFT_REJECTION",
    "ANDROGEN_RESPONSE",
    "ANGIOGENESIS",
    "APICAL_JUNCTION",
    "APICAL_SURFACE",
    "APOPTOSIS",
    "BILE_ACID_METABOLISM",
    "CHOLESTEROL_HOMEOSTASIS",
    "COAGULATION",
    "COMPLEMENT",
    "DNA_REPAIR",
    "E2F_TARGETS",
    "EPITHELIAL_MESENCHYMAL_TRANSITION",
    "ESTROGEN_RESPONSE_EARLY",
    "ESTROGEN_RESPONSE_LATE",
    "FATTY_ACID_METABOLISM",
    "G2M_CHECKPOINT",
    "GLYCOLYSIS",
    "HEDGEHOG_SIGNALING",
    "HEME_METABOLISM",
    "HYPOXIA",
    "IL2_STAT5_SIGNALING",
    "IL6_JAK_STAT3_SIGNALING",
    "INFLAMMATORY_RESPONSE",
    "INTERFERON_ALPHA_RESPONSE",
    "INTERFERON_GAMMA_RESPONSE",
    "KRAS_SIGNALING_DN",
    "KRAS_SIGNALING_UP",
    "MITOTIC_SPINDLE",
    "MTORC1_SIGNALING",
    "MYC_TARGETS_V1",
    "MYC_TARGETS_V2",
    "MYOGENESIS",
    "NOTCH_SIGNALING",
    "OXIDATIVE_PHOSPHORYLATION",
    "P53_PATHWAY",
    "PANCREAS_BETA_CELLS",
    "PEROXISOME",
    "PI3K_AKT_MTOR_SIGNALING",
    "PROTEIN_SECRETION",
    "REACTIVE_OXYGEN_SPECIES_PATHWAY",
    "SPERMATOGENESIS",
    "TGF_BETA_SIGNALING",
    "TNFA_SIGNALING_VIA_NFKB",
    "UNFOLDED_PROTEIN_RESPONSE",
    "UV_RESPONSE_DN",
    "UV_RESPONSE_UP",
    "WNT_BETA_CATENIN_SIGNALING",
    "XENOBIOTIC_METABOLISM",
)


@dataclass(frozen=True)
class Planted:
    """A hallmark whose activity has the correlation `correlation` with the latent factor `latent`."""

    latent: str
    correlation: float


PLANTED = {
    "PROTEIN_SECRETION": Planted("irregularity", 0.75),
    "GLYCOLYSIS": Planted("size", 0.75),
    "HEME_METABOLISM": Planted("necrosis", 0.75),
    "XENOBIOTIC_METABOLISM": Planted("heterogeneity", -0.75),
    "ADIPOGENESIS": Planted("coarseness", -0.75),
}

# Sets that share genes: the second also holds SHARED_GENES of the first. No planted set is among them, so
# that an association of another set is chance.
OVERLAPS = (
    ("INTERFERON_ALPHA_RESPONSE", "INTERFERON_GAMMA_RESPONSE"),
    ("E2F_TARGETS", "G2M_CHECKPOINT"),
    ("MYC_TARGETS_V1", "MYC_TARGETS_V2"),
    ("ESTROGEN_RESPONSE_EARLY", "ESTROGEN_RESPONSE_LATE"),
    ("COMPLEMENT", "COAGULATION"),
    ("INFLAMMATORY_RESPONSE", "TNFA_SIGNALING_VIA_NFKB"),
    ("EPITHELIAL_MESENCHYMAL_TRANSITION", "ANGIOGENESIS"),
    ("BILE_ACID_METABOLISM", "PEROXISOME"),
)
SHARED_GENES = 8
N_GENES = 1500
SMALLEST_SET, SIZE_STEPS = 18, 13  # sets have 18 to 30 genes of their own; about 300 genes are in none

MEAN_LOG2, SD_LOG2 = 7.0, 1.6  # of a gene's level over genes, log2(expression + 1)
NOISE_LOG2 = (0.4, 0.9)  # a gene's own SD over patients, from uniform
LOADING_LOG2 = (0.4, 0.8)  # change of a gene per SD of its set's activity, from uniform


def gene_ids() -> list[str]:
    """The invented genes, SIMG0001 to SIMG1500."""
    return [f"SIMG{number:04d}" for number in range(1, N_GENES + 1)]


def gene_sets() -> dict[str, list[str]]:
    """HALLMARK_<name> -> its genes; the same for every seed."""
    genes, sets, start = gene_ids(), {}, 0
    for k, name in enumerate(HALLMARKS):
        size = SMALLEST_SET + (5 * k) % SIZE_STEPS
        sets[f"HALLMARK_{name}"] = genes[start : start + size]
        start += size
    for one, other in OVERLAPS:
        sets[f"HALLMARK_{other}"] = sets[f"HALLMARK_{other}"] + sets[f"HALLMARK_{one}"][:SHARED_GENES]
    return sets


def write_gene_sets(sets: dict[str, list[str]], path: str | Path) -> None:
    """Write a .gmt file: name, description, genes, separated by tabs."""
    write_text("".join("\t".join([name, "simulated", *genes]) + "\n" for name, genes in sets.items()), path)


def set_activities(latents: pd.DataFrame, seed: int) -> pd.DataFrame:
    """(patients, 50) standard normal activities of the sets, given standard normal latents; index patient.

    A patient's activities depend on the seed, its id and its latents alone.
    """
    rows = [generator(seed, "activity", p).standard_normal(len(HALLMARKS)) for p in latents["patient"]]
    shape = (len(latents), len(HALLMARKS))
    activity = pd.DataFrame(
        np.reshape(rows, shape), columns=list(HALLMARKS), index=pd.Index(latents["patient"], name="patient")
    )
    for name, plant in PLANTED.items():
        own = np.sqrt(1 - plant.correlation**2) * activity[name]
        activity[name] = plant.correlation * latents[plant.latent].to_numpy() + own
    return activity.add_prefix("HALLMARK_")


def simulate_expression(latents: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Expression of the patients in `latents` (patient and the five factors).

    Returns
    -------
    DataFrame : patient, then 1500 genes, log2(expression + 1) >= 0, three decimals.
    """
    of_genes = generator(seed, "genes")
    level = of_genes.normal(MEAN_LOG2, SD_LOG2, N_GENES)
    spread = of_genes.uniform(*NOISE_LOG2, N_GENES)
    loadings = np.zeros((len(HALLMARKS), N_GENES))
    position = {gene: k for k, gene in enumerate(gene_ids())}
    sets = gene_sets()
    for k, genes in enumerate(sets.values()):
        loadings[k, [position[gene] for gene in genes]] = of_genes.uniform(*LOADING_LOG2, len(genes))
    activity = set_activities(latents, seed)[list(sets)].to_numpy()
    rows = [generator(seed, "expression", p).standard_normal(N_GENES) for p in latents["patient"]]
    noise = np.reshape(rows, (len(latents), N_GENES))
    # patient by patient: a product over all would round differently with their number
    shifts = np.reshape([row @ loadings for row in activity], (len(latents), N_GENES))
    values = np.maximum(level + shifts + spread * noise, 0.0).round(3)
    table = pd.DataFrame(values, columns=gene_ids())
    table.insert(0, "patient", latents["patient"].to_numpy())
    return table


def describe_planted() -> dict[str, dict[str, float | str]]:
    """HALLMARK_<name> -> latent factor and correlation of its activity with it."""
    return {
        f"HALLMARK_{name}": {"latent": plant.latent, "correlation": plant.correlation}
        for name, plant in PLANTED.items()
    }
