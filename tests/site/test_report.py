"""The tables of the page on speed: from a file, and honest where something was not measured."""

import pytest

from benchmarks import report

QUARTILES = {"low": 1.0, "median": 2.0, "high": 3.0}


@pytest.mark.parametrize("part", [report.latency, report.book])
def test_what_was_not_measured_says_so(part):
    assert "Not measured" in part({})


def test_latency_has_a_row_for_each_figure_and_their_ratio():
    names = {"explorable": QUARTILES, "interact": QUARTILES}
    shown = report.latency({"latency": {"milliseconds": names, "ratio": QUARTILES}})
    assert shown.count("\n") == 4
    assert "2 (1 to 3)" in shown and "2.00 (1.00 to 3.00) times" in shown


def test_the_stored_results_fill_every_table():
    results = report.load()
    for threads in (1, 2):
        assert report.steps(results, threads).count("\n") == 6
    for part in (report.machine, report.profile, report.loop, report.memory_table):
        assert part(results)
    assert "float64" in report.gradients(results)
