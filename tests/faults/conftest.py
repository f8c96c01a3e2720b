"""The fault tests use Airflow's DAGs, but call their tasks themselves."""

from tests.dags.conftest import airflow_home, dags

__all__ = ["airflow_home", "dags"]
