"""Datasets: the one folder form on disk, importers into it, and splits."""

from convrec.datasets.folder import Dataset, read_dataset, write_dataset
from convrec.datasets.splits import Case, Split, by_time, leave_one_out

__all__ = ["Case", "Dataset", "Split", "by_time", "leave_one_out", "read_dataset", "write_dataset"]
