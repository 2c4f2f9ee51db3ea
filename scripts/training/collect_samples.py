"""One table of all samples of a cohort from the prepared batches, and the ledger with the patients who have none."""
