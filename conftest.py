"""Notebooks are tests: nbval compares what their cells put out with what is stored."""

PICTURES = "tests/support/pictures.cfg"


def pytest_configure(config):
    if config.option.nbval_sanitize_with is None:
        config.option.nbval_sanitize_with = str(config.rootpath / PICTURES)
