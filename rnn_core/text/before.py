"""Complaints before the training, not after it."""

import os
import re
import shutil
from pathlib import Path

from ..shapes import as_int, as_positive
from .fetch import is_url

__all__ = ["check_options", "check_out", "check_page", "check_room"]


def check_options(args):
    """Numbers that make no sense, each by the name that was typed."""
    for name, least in (
        ("epochs", 1), ("hidden", 1), ("embed", 1), ("batch", 1), ("seq_len", 1), ("seed", 0),
        ("sample", 0), ("max_vocab", 2), ("min_count", 1), ("length", 1), ("top_k", 1),
        ("worst", 0),
    ):  # fmt: skip
        if getattr(args, name, None) is not None:
            as_int(f"--{name.replace('_', '-')}", getattr(args, name), least)
    for name, zero in (("lr", False), ("clip", False), ("temperature", True)):
        if getattr(args, name, None) is not None:
            as_positive(f"--{name}", getattr(args, name), zero)
    sha256 = getattr(args, "sha256", None)
    if sha256 is not None and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
        raise ValueError(
            f"--sha256 should be 64 hexadecimal digits, got {len(sha256)} characters: "
            f"run sha256sum on the file that you trust"
        )


def check_out(option, name, args, suffix, old=False):
    """The path to write to, if it can be written and nothing is lost by it."""
    path = Path(name)
    if path.suffix != suffix:
        raise ValueError(f"{option} should end in {suffix}, got {path}: that is what the file is")
    home = Path(os.path.realpath(path))  # of what a link points to
    if path.is_dir() or not home.parent.is_dir():
        raise ValueError(f"{option} should be a file in a folder that exists, got {path}")
    if not os.access(home.parent, os.W_OK):
        raise ValueError(f"{option}: the folder {home.parent} cannot be written")
    texts = [getattr(args, name, None) for name in ("text", "valid", "test")]
    if any(t and not is_url(t) and home == Path(os.path.realpath(t)) for t in texts):
        raise ValueError(f"{option} should be a new file, got {path}: that is your text")
    if path.exists() and not (args.force or old):
        raise ValueError(
            f"{path} exists: add --force to replace it, or name another file with {option}"
        )
    return path


def check_page(args):
    """The same for the report, if there is to be one."""
    if args.html:
        check_out("--html", args.html, args, ".html")


def check_room(path, corpus, D, H):
    """A disk that is full already should say so now."""
    V = len(corpus.vocab)
    need = 4 * (V * D + D * H + H * H + H * V + H + V) + sum(map(len, corpus.vocab.tokens)) + 4096
    free = shutil.disk_usage(Path(os.path.realpath(path)).parent).free
    if free < need:
        raise ValueError(
            f"{path} needs {need / 1e6:,.1f} MB, and its disk has {free / 1e6:,.1f} MB left: "
            f"make room, or save elsewhere with --out"
        )
