"""Short texts that come with the package, written for it."""

from pathlib import Path

__all__ = ["HERE", "load_text"]

HERE = Path(__file__).parent


def load_text(name="lantern"):
    """The text of that name, a str.

    Parameters
    ----------
    name : str
        ``"lantern"``: a story of about 1,000 words, many of which come again and again.

    Raises
    ------
    ValueError
        If there is no such text; the message names those there are.
    """
    names = sorted(path.stem for path in HERE.glob("*.txt"))
    if name not in names:
        raise ValueError(f"name should be one of {', '.join(names)}, got {name!r}: choose one")
    return (HERE / f"{name}.txt").read_text(encoding="utf-8")
