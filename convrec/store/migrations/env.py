"""What alembic runs for each upgrade: the connection comes from convrec.store.upgrade, open and in a transaction."""

from alembic import context

from convrec.store.schema import Table
from convrec.store.upgrade import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Table.metadata,
    version_table=VERSION_TABLE,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
