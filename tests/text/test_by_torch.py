"""The engine of PyTorch: the same training, alone and dealt out over ranks."""

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from rnn_core.text.run import Engine
from rnn_core.text.storage import load
from tests.network.test_backward import torch_or_skip
from tests.support import ranks
from tests.support.site import ROOT

BOUND = 240  # seconds after which a group that hangs fails the test


@pytest.fixture(scope="module", autouse=True)
def alone():
    """What one process gives: the training that all others are compared with."""
    torch_or_skip()
    from rnn_core.text.by_torch import TorchEngine

    return ranks.told(TorchEngine)


def torchrun(count, *words, **env):
    """`torchrun --nproc-per-node=COUNT`, on this machine, at a free port."""
    env = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT), **env}
    start = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    return subprocess.run(
        [*start, f"--nproc-per-node={count}", *map(str, words)],
        env=env, capture_output=True, text=True, timeout=BOUND,
    )  # fmt: skip


def test_pytorch_takes_the_steps_that_the_package_takes(alone):
    ours = ranks.told(Engine)
    np.testing.assert_allclose(alone["steps"], ours["steps"], rtol=0, atol=1e-9)
    assert alone["valid"] == pytest.approx(ours["valid"], abs=1e-9)
    assert alone["test"] == pytest.approx(ours["test"], abs=1e-9)
    assert np.mean(ours["steps"][-9:]) < 0.95 * np.mean(ours["steps"][:9])


@pytest.mark.parametrize("count", [2, 4])
def test_streams_dealt_out_over_ranks_are_the_streams_of_one(alone, count, tmp_path):
    done = torchrun(count, ranks.__file__, tmp_path / "told.json")
    assert done.returncode == 0, done.stderr[-2000:]
    told = json.loads((tmp_path / "told.json").read_text())
    assert len(told["steps"]) == len(alone["steps"]) > 60
    np.testing.assert_allclose(told["steps"], alone["steps"], rtol=0, atol=1e-6)
    assert told["test"] == pytest.approx(alone["test"], abs=1e-6)


def test_a_rank_that_is_killed_ends_the_others_and_what_was_best_is_resumed(tmp_path):
    text, out = tmp_path / "text.txt", tmp_path / "model.npz"
    text.write_text(ranks.TEXT)
    how = ["--engine", "torch", "--epochs", "2"]
    words = ["train", text, "--out", out, "--seq-len", "10", "--hidden", "8", "--embed", "6"]
    done = torchrun(2, ROOT / "tests/support/dying.py", *words, *how, "--sample", "5")
    assert done.returncode != 0 and "saved to" not in done.stdout
    model, _, about = load(out)  # rank 0 has kept the epoch before
    assert model.rnn.cell.hidden_size == 8 and about["best"] == 1
    done = torchrun(2, "-m", "rnn_core", "resume", out, text, *how)
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count("saved to") == 1 and done.stderr.count("epoch 3/3") == 1
    assert load(out)[2]["best"] >= 2


def test_what_pytorch_says_of_a_lost_rank_is_one_sentence():
    from rnn_core.text.by_torch import _told

    words = "every rank should answer in time, got Connection closed by peer: one was stopped"
    with pytest.raises(OSError, match=words), _told():
        raise RuntimeError("[/build/gloo/pair.cc:553] Connection closed by peer\nand more")


def test_fewer_streams_than_ranks_is_said():
    from rnn_core.text.by_torch import TorchEngine

    engine = TorchEngine.__new__(TorchEngine)
    engine.rank, engine.ranks, engine.device = 0, 3, "cpu"
    ids = np.zeros((2, 5), int)
    with pytest.raises(ValueError, match="--batch should give every rank a stream, got 2 streams"):
        engine._share(ids, ids)
