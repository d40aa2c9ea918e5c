"""Every error Convrec raises on purpose. The message is meant for the user: what was wrong, where, what to do.

ConvrecError
├── ConfigError            a setting or an argument makes no sense
├── DataError              a dataset folder, an import source or a Parquet file is missing, corrupt or inconsistent
│   └── ImportFailed       too many bad rows; nothing was written
├── CatalogError           an unknown item, a duplicate id, a constraint over a facet the catalogue lacks
├── ModelError             a model folder is missing, corrupt, of another version
│   └── CatalogMismatch    the item table and the catalogue do not belong together
├── StoreError             the database is read-only, full, locked or of another version
│   └── NotFound           no such user or conversation (or it belongs to someone else)
├── AnnotatorError         what writes or judges texts gives no answer
│   ├── Unanswered         no answer to one request after all tries
│   └── BudgetSpent        the tokens a run may cost are spent
├── ReplyError             a turn could not be answered (empty or oversized message)
└── ScriptError            a conversation script is malformed
"""


class ConvrecError(Exception):
    """Root of the tree: `convrec` prints it as one line and exits with 1; the page shows it as a notice."""


class ConfigError(ConvrecError):
    """A setting or an argument makes no sense."""


class DataError(ConvrecError):
    """A dataset folder, an import source or a Parquet file is missing, corrupt or inconsistent."""


class ImportFailed(DataError):
    """Too many bad rows in an import source; nothing was written."""


class CatalogError(ConvrecError):
    """An unknown item, a duplicate id, or a constraint over a facet that the catalogue lacks."""


class ModelError(ConvrecError):
    """A model folder is missing, corrupt or of another version."""


class CatalogMismatch(ModelError):
    """The item table of a model and the catalogue beside it do not belong together."""


class StoreError(ConvrecError):
    """The database is read-only, full, locked or of another version."""


class NotFound(StoreError):
    """No such user or conversation, or it belongs to someone else."""


class AnnotatorError(ConvrecError):
    """What writes or judges texts gives no answer; what it answered before is kept."""


class Unanswered(AnnotatorError):
    """No answer to one request after all tries; others may still succeed."""


class BudgetSpent(AnnotatorError):
    """The tokens that a run may cost are spent."""


class ReplyError(ConvrecError):
    """A turn could not be answered: an empty or oversized message."""


class ScriptError(ConvrecError):
    """A conversation script is malformed."""
