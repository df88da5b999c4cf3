"""A skip says its reason; in CI, where everything is installed, a skip is a failure."""

import os

import hypothesis
import pytest

from tests.support.browsers import address, browser, site  # noqa: F401  (fixtures)

# Matrices here are small: threads of the linear algebra library only wait for one another, five
# times over when several workers share the cores. Notebook kernels inherit this.
for library in ("OPENBLAS", "MKL", "OMP"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

# Two workers take one file after the other: the long ones first, or one worker ends up waiting.
LONG = (
    "tests/teacher/",
    "tests/site/",
    "tests/chapters/",
    "notebooks/",
    "tests/exercises/",
)


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: [not item.nodeid.startswith(start) for start in LONG])


IN_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")

# How long an example takes says how busy the machine is: no test fails by that.  In CI the examples
# are the same each time, too.
hypothesis.settings.register_profile("book", deadline=None, derandomize=IN_CI)
hypothesis.settings.load_profile("book")


def skip_is_failure(report):
    if IN_CI and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"CI installs everything, nothing may be left out there. {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    return skip_is_failure((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    return skip_is_failure((yield))
