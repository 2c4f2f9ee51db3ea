"""Two-class models of feature tables: kernel machines, selection inside cross-validation, rivals, harmonisation."""
