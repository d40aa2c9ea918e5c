"""Shoppers and conversations, kept in a database: SQLAlchemy schema, migrations, and the store that others call."""

from convrec.store.store import Store
from convrec.store.values import SHARED, ConversationInfo, Shopper, Status, StoredTurn, Verdict

__all__ = ["SHARED", "ConversationInfo", "Shopper", "Status", "Store", "StoredTurn", "Verdict"]
