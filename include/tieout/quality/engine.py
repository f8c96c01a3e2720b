"""Great Expectations at work: suites against the database, results as rows, Data Docs as pages.

Its own files stand in `<var>/quality`, its pages in `<var>/quality/docs`. The database's address
reaches it through the environment only, so that no file of it holds the password.
"""

import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tieout.kernel.errors import TieoutError
from tieout.quality.suites import Expectation, Suite

_URL_VARIABLE = "TIEOUT_QUALITY_URL"
_SOURCE = "tieout"


class QualityNotChecked(TieoutError):  # noqa: N818 (what happened to the check)
    """An expectation could not be evaluated at all, so that nothing is known of the data."""

    slug = "quality-not-checked"


def evaluate(url: str, folder: Path, suites: Sequence[Suite]) -> list[dict[str, Any]]:
    """Evaluate all suites and build the pages.

    Returns one row per expectation: suite, expectation, severity, guards, success, element_count,
    unexpected_count, observed. Raises QualityNotChecked when one cannot be evaluated.
    """
    with _environment(url):
        gx = _great_expectations()
        context = _context(gx, folder)
        source = context.data_sources.add_or_update_postgres(
            _SOURCE, connection_string=f"${{{_URL_VARIABLE}}}", create_temp_table=False
        )
        rows = [row for suite in suites for row in _evaluate_suite(gx, context, source, suite)]
        context.build_data_docs()
    return rows


def _evaluate_suite(gx: Any, context: Any, source: Any, suite: Suite) -> Iterator[dict[str, Any]]:
    asset = source.add_table_asset(suite.name, table_name=suite.table)
    batch = asset.add_batch_definition_whole_table("all")
    expected = gx.ExpectationSuite(suite.name, [_as_gx(gx, each) for each in suite.expectations])
    checkpoint = context.checkpoints.add_or_update(
        gx.Checkpoint(
            name=suite.name,
            validation_definitions=[
                context.validation_definitions.add_or_update(
                    gx.ValidationDefinition(
                        name=suite.name, data=batch, suite=context.suites.add_or_update(expected)
                    )
                )
            ],
            result_format="BASIC",
        )
    )
    (validation,) = checkpoint.run().run_results.values()
    by_name = {each.name: each for each in suite.expectations}
    for result in validation.results:
        yield _row(suite, by_name[result.expectation_config.meta["name"]], result)


def _as_gx(gx: Any, expectation: Expectation) -> Any:
    kind = getattr(gx.expectations, expectation.kind)
    return kind(
        **expectation.arguments,
        severity=expectation.severity,
        notes=expectation.name,
        meta={"name": expectation.name},
    )


def _row(suite: Suite, expectation: Expectation, result: Any) -> dict[str, Any]:
    if (result.exception_info or {}).get("raised_exception", True):
        raise QualityNotChecked(
            f"{suite.name}: {expectation.name!r} could not be evaluated: {result.exception_info}.",
            remedy=f"Check that {suite.table} has the columns that the suite names.",
        )
    found = result.result
    observed = found.get("observed_value") or found.get("partial_unexpected_list")
    return {
        "suite": suite.name,
        "expectation": expectation.name,
        "severity": expectation.severity,
        "guards": list(suite.guards),
        "success": bool(result.success),
        "element_count": found.get("element_count"),
        "unexpected_count": found.get("unexpected_count"),
        "observed": None if observed is None else str(observed)[:200],
    }


def _great_expectations() -> Any:
    """The library, which takes seconds to import and talks much while it does.

    It imports PySpark where that is installed, whose warning about pandas is not about what we do.
    """
    logging.getLogger("great_expectations").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
        import great_expectations as gx

    return gx


def _context(gx: Any, folder: Path) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    context = gx.get_context(mode="file", project_root_dir=str(folder))
    site = {
        "class_name": "SiteBuilder",
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
        "store_backend": {
            "class_name": "TupleFilesystemStoreBackend",
            "base_directory": str(folder / "docs"),
        },
    }
    context.update_data_docs_site("local_site", site)
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    return context


@contextmanager
def _environment(url: str) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in (_URL_VARIABLE, "GX_ANALYTICS_ENABLED")}
    os.environ.update({_URL_VARIABLE: url, "GX_ANALYTICS_ENABLED": "false"})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
