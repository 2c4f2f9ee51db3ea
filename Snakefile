# Published biomedical-imaging studies as targets: snakemake results/<paper>.pdf --cores 8
import logging

from snakemake.utils import min_version

min_version("9.0")
# A log file on a full disk is told once, at the end, and not with a traceback for each line of it.
logging.raiseExceptions = False


configfile: f"{workflow.basedir}/config/config.yaml"


include: "rules/common.smk"
include: "rules/cases.smk"
include: "rules/visits.smk"
include: "rules/resources.smk"
include: "rules/cohort.smk"
include: "rules/preprocess.smk"
include: "rules/radiomics.smk"
include: "rules/training.smk"
include: "rules/evaluation.smk"
include: "rules/train.smk"
include: "rules/evaluate.smk"
include: "rules/frozen.smk"
include: "rules/verify.smk"


for paper in PAPERS:

    include: f"rules/papers/{paper}.smk"


include: "rules/predictions.smk"


rule all:
    default_target: True
    input:
        expand("results/{paper}.pdf", paper=PAPERS),


rule check:
    input:
        checked_cohorts(),
