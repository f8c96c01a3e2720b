"""What Alembic runs: the migrations of this folder on the connection that kernel.schema hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
