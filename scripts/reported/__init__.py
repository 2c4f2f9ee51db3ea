"""Printed numbers of studies: reading them with the digits they are printed with, and whether they can all be right."""
