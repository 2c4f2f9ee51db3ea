"""The training spine: samples of a cohort -> one fold of one model trained, interrupted or not, to the same weights."""
