"""What Alembic runs: this folder's migrations, on the connection that kernel.schema hands over."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
