"""Whatever happens to a training, what it has learned so far is on the disk."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from rnn_core import RNNLM, Vocabulary
from rnn_core.text import cli, files, run
from rnn_core.text.corpus import build_corpus
from rnn_core.text.files import write_whole
from rnn_core.text.run import fit, held_out
from rnn_core.text.stop import Stop, Stopped
from rnn_core.text.storage import load, save

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has none of these signals")

@pytest.fixture(autouse=True, scope="module")
def signals_are_heard():
    """Whoever starts these tests in the background, or by nohup, has two signals ignored."""
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in usual.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


ROOT = Path(__file__).resolve().parents[2]
TEXT = "you say goodbye and I say hello . " * 60
SMALL = ["--hidden", "12", "--embed", "8", "--batch", "4", "--seq-len", "7", "--lr", "0.02"]
SIZES = {"embed_size": 8, "hidden_size": 12, "batch_size": 4, "seq_len": 7, "lr": 0.02}
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@pytest.fixture
def text(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path / "text.txt"


def main(text, *options):
    return cli.main([str(text), *SMALL, "--out", str(text.parent / "model.npz"), *options])


def environment():
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}


@contextlib.contextmanager
def started(text, *options, **more):
    """The command in a process of its own, which is gone at the end."""
    process = subprocess.Popen(
        [sys.executable, "-m", "rnn_core", str(text), *SMALL, *options],
        **{"cwd": text.parent, "env": environment(), "stdout": subprocess.PIPE,
           "stderr": subprocess.PIPE, "text": True, "encoding": "utf-8",
           "start_new_session": True, **more},
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def read_until(stream, words):
    """The lines up to one with these words in it."""
    lines = []
    while not lines or words not in lines[-1]:
        lines.append(stream.readline())
        assert lines[-1], f"no {words!r} in {lines}"
    return lines


def is_whole(path, saved="text.txt"):
    """The model loads, nothing half-written lies beside it."""
    model, vocab, _ = load(path)
    assert len(vocab) == model.vocab_size
    assert sorted(p.name for p in path.parent.iterdir()) == sorted([path.name, saved])
    return model


# ---- signals


@pytest.mark.parametrize("number", ENDING)
@pytest.mark.parametrize("times", [1, 4])
def test_a_signal_saves_the_best_model_and_more_of_them_wait(text, number, times):
    with started(text, "--epochs", "100000") as process:
        read_until(process.stderr, "epoch 2/")
        for _ in range(times):
            process.send_signal(number)
            time.sleep(0.002)  # or the system makes one signal of four
        out, err = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    assert "stopping: " in err and "the best model so far is kept" in err
    assert "Traceback" not in err and "Traceback" not in out
    assert "saved to model.npz; loaded again" in out
    is_whole(text.parent / "model.npz")


def test_nothing_can_stop_a_process_from_leaving_the_best_model_behind(text):
    with started(text, "--epochs", "100000") as process:
        epoch, _, best = 0, None, np.inf
        for line in iter(process.stderr.readline, ""):
            if found := re.match(r"epoch (\d+)/\d+: .*, ([\d.]+) on validation", line):
                epoch, best = int(found[1]), min(best, float(found[2]))
            if epoch == 5:
                break
        process.kill()  # SIGKILL: there is no last word
        process.wait()
    model, _, about = load(text.parent / "model.npz")
    loss = held_out(model, build_corpus(TEXT).valid)
    assert np.exp(loss) <= best + 0.05 and loss == about["valid"]["RNN"]


@pytest.mark.parametrize("number", ENDING)
@pytest.mark.parametrize("when", range(0, 9, 2))
def test_a_signal_at_any_measurement_costs_nothing(text, monkeypatch, capsys, number, when):
    """Two epochs measure the model four times, with the test part; loading it, once more."""
    calls, measure = [], run.evaluate

    def interrupted(*args):
        calls.append(args)
        if len(calls) - 1 in (when // 2, when // 2 + 1):  # this one and the next
            signal.raise_signal(number)
        return measure(*args)

    monkeypatch.setattr(run, "evaluate", interrupted)
    code = main(text, "--epochs", "2")
    said = capsys.readouterr()
    assert code == 128 + number and "Traceback" not in said.err
    if when < 2:  # before training
        assert "nothing was saved" in said.err and not (text.parent / "model.npz").exists()
    else:
        assert "stopping: " in said.err
        is_whole(text.parent / "model.npz")


@pytest.mark.parametrize("seed", range(6))
def test_signals_at_random_moments_of_a_training_cost_nothing(seed):
    rng, corpus = np.random.default_rng(seed), build_corpus(TEXT)
    moments = set(rng.integers(1, 120, size=3).tolist())
    steps, best = [], []

    def on_step(step, of, loss):
        steps.append(step)
        if len(steps) in moments:
            signal.raise_signal(rng.choice(ENDING))

    def on_best(now):
        best.append(now.valid["RNN"])
        signal.raise_signal(rng.choice(ENDING))  # while it is being written

    before = [signal.getsignal(number) for number in ENDING]
    done = fit(corpus, epochs=8, on_step=on_step, on_best=on_best, **SIZES)
    assert done.interrupted and len(steps) <= max(moments)
    assert done.valid["RNN"] == held_out(done.model, corpus.valid) == min(best)
    assert "RNN" in done.test
    assert [signal.getsignal(number) for number in ENDING] == before


def test_the_epoch_that_was_broken_off_counts():
    def stop(step, of, loss):
        if step == of - 1:
            signal.raise_signal(signal.SIGINT)

    done = fit(build_corpus(TEXT), epochs=3, on_step=stop, **SIZES)
    assert done.best == 1 and len(done.history) == 1
    assert done.valid["RNN"] < done.history[0][2]


def test_a_terminal_that_is_closed_costs_nothing(text):
    """The system sends SIGHUP, and nothing can be written there any more."""
    import fcntl
    import pty
    import termios

    master, slave = pty.openpty()

    def own_terminal():
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)  # after setsid, which `started` asks for

    streams = {"stdin": slave, "stdout": slave, "stderr": slave, "preexec_fn": own_terminal}
    with started(text, "--epochs", "100000", **streams) as process:
        os.close(slave)
        said = b""
        while b"epoch 3/100000: perplexity" not in said:
            said += os.read(master, 4096)
        os.close(master)
        assert process.wait(timeout=60) == 128 + signal.SIGHUP
    assert b"[####" in said  # a bar, as on any terminal
    is_whole(text.parent / "model.npz")
    assert "RNN" in load(text.parent / "model.npz")[2]["test"]  # measured to the end


def test_a_signal_that_is_ignored_stays_ignored(text):
    def like_nohup():
        signal.signal(signal.SIGHUP, signal.SIG_IGN)

    with started(text, "--epochs", "6", preexec_fn=like_nohup) as process:
        read_until(process.stderr, "epoch 1/6: perplexity")
        process.send_signal(signal.SIGHUP)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0 and "epoch 6/6: perplexity" in err and "stopping" not in err


def test_a_signal_before_there_is_a_model_ends_the_command_at_once(text, capsys, monkeypatch):
    def read(*args, **more):
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(cli, "build_corpus", read)
    assert main(text) == 128 + signal.SIGTERM
    said = capsys.readouterr()
    assert said.err == "python -m rnn_core: stopped, nothing was saved\n"


def test_in_another_thread_the_guard_does_nothing():
    done = []
    before = signal.getsignal(signal.SIGINT)
    thread = threading.Thread(
        target=lambda: done.append(fit(build_corpus(TEXT), epochs=1, **SIZES))
    )
    thread.start()
    thread.join()
    assert done[0].best == 1 and signal.getsignal(signal.SIGINT) is before


def test_a_guard_that_waits_notes_and_one_that_does_not_raises():
    said = []
    with Stop(said.append) as stop:
        with pytest.raises(Stopped):
            signal.raise_signal(signal.SIGTERM)
        assert stop.asked == signal.SIGTERM and not said
        with pytest.raises(Stopped):
            stop.check()
    with Stop(said.append) as stop:
        stop.wait()
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        assert stop.asked == signal.SIGTERM and len(said) == 2


# ---- readers who go away, disks that are full


@pytest.mark.parametrize("gone", ["stdout", "stderr", "both"])
def test_a_reader_who_has_gone_does_not_cost_the_training(text, gone):
    read, written = os.pipe()
    os.close(read)  # nobody will ever read it
    more = {name: written for name in ("stdout", "stderr") if gone in (name, "both")}
    with started(text, "--epochs", "2", **more) as process:
        os.close(written)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert "pipe" not in ((out or "") + (err or "")).lower()
    is_whole(text.parent / "model.npz")


def test_head_after_both_streams(text):
    line = f"{sys.executable} -m rnn_core text.txt {' '.join(SMALL)} --epochs 30 2>&1 | head -5"
    done = subprocess.run(
        line, shell=True, cwd=text.parent, env=environment(), capture_output=True, text=True
    )
    assert done.stdout.count("\n") == 5 and not done.stderr
    path = text.parent / "model.npz"
    for _ in range(600):  # head has gone, and so has the shell; the training goes on
        if path.exists() and "RNN" in load(path)[2]["test"]:
            break
        time.sleep(0.05)
    assert load(path)[2]["history"][-1][0] == 30


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full here")
def test_a_log_file_on_a_full_disk_does_not_cost_the_training(text):
    with open("/dev/full", "w") as full, started(text, "--epochs", "2", stderr=full) as process:
        process.communicate(timeout=60)
    assert process.returncode == 0
    is_whole(text.parent / "model.npz")


def test_no_streams_at_all(text):
    line = f"{sys.executable} -m rnn_core text.txt {' '.join(SMALL)} --epochs 2 >&- 2>&-"
    subprocess.run(line, shell=True, cwd=text.parent, env=environment(), check=True)
    is_whole(text.parent / "model.npz")


def files_of_at_most(size):
    import resource  # not on Windows

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def test_a_full_disk_is_named_and_the_old_model_is_still_there(text):
    path = text.parent / "model.npz"
    save(path, RNNLM.init(2, 2, 2, np.random.default_rng(0)), Vocabulary("ab"))
    old = path.read_bytes()
    with started(text, "--epochs", "2", "--force", preexec_fn=files_of_at_most(3000)) as process:
        _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "epoch 2/2: perplexity" in err  # the training went on
    last = err.splitlines()[-1]
    assert "model.npz cannot be written (File too large)" in last and "Traceback" not in err
    assert path.read_bytes() == old and len(list(path.parent.iterdir())) == 2


def test_a_model_that_finds_no_room_is_saved_elsewhere(text, monkeypatch, capsys, tmp_path):
    def full(path, data):
        if Path(path).parent == text.parent:
            raise OSError(28, "No space left on device", str(path))
        write_whole(path, data)

    (tmp_path / "elsewhere").mkdir()
    monkeypatch.setattr("rnn_core.text.storage.write_whole", full)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "elsewhere"))
    assert main(text, "--epochs", "2") == 0
    said = capsys.readouterr()
    (other,) = (tmp_path / "elsewhere").iterdir()
    assert f"the model is in {other}" in said.err and f"saved to {other}" in said.out
    assert load(other)


def test_a_disk_without_room_is_seen_before_the_training(text, monkeypatch, capsys):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("Disk", (), {"free": 100}))
    assert main(text) == 2
    said = capsys.readouterr()
    assert "its disk has 0.0 MB left" in said.err and "epoch" not in said.err


@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("call", ["fsync", "replace", "open", "chmod"])
def test_a_write_that_fails_at_any_point_leaves_what_was_there(tmp_path, monkeypatch, fault, call):
    path = tmp_path / "model.npz"
    path.write_bytes(b"old")

    def fail(*args, **more):
        raise fault

    monkeypatch.setattr(files.os, call, fail)
    with pytest.raises(type(fault)) as error:
        write_whole(path, b"new")
    monkeypatch.undo()
    if isinstance(fault, OSError):
        assert str(path) in str(error.value) and error.value.errno == 28
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"] and path.read_bytes() == b"old"


def test_a_loss_that_is_not_finite_keeps_what_was_learned_before(text, monkeypatch, capsys):
    calls, train = [], run.train

    def breaks(*args, **more):
        calls.append(args)
        if len(calls) == 3:
            raise ValueError("loss should be finite, got nan")
        return train(*args, **more)

    monkeypatch.setattr(run, "train", breaks)
    assert main(text, "--epochs", "9") == 0
    assert "ended early: loss should be finite" in capsys.readouterr().err
    assert load(text.parent / "model.npz")[2]["best"] == 2


def test_a_training_that_made_nothing_better_replaces_nothing(text, capsys):
    path = text.parent / "model.npz"
    path.write_bytes(b"old")
    assert main(text, "--epochs", "1", "--force", "--lr", "1000") == 2
    assert "nothing was saved: try a smaller --lr" in capsys.readouterr().err
    assert path.read_bytes() == b"old"


# ---- the place of the model


def test_an_old_model_is_not_overwritten_unless_told_so(text, capsys):
    path = text.parent / "model.npz"
    path.write_bytes(b"precious")
    assert main(text, "--epochs", "1") == 2
    said = capsys.readouterr()
    assert "model.npz exists: add --force" in said.err and not said.out
    assert path.read_bytes() == b"precious"
    assert main(text, "--epochs", "1", "--force") == 0
    is_whole(path)


@pytest.mark.parametrize("umask, mode", [(0o022, 0o644), (0o077, 0o600), (0o002, 0o664)])
def test_a_new_file_has_the_rights_that_the_umask_leaves(tmp_path, umask, mode):
    before = os.umask(umask)
    try:
        write_whole(tmp_path / "a.npz", b"new")
    finally:
        os.umask(before)
    assert (tmp_path / "a.npz").stat().st_mode & 0o777 == mode
    os.chmod(tmp_path / "a.npz", 0o640)
    write_whole(tmp_path / "a.npz", b"newer")
    assert (tmp_path / "a.npz").stat().st_mode & 0o777 == 0o640  # a file keeps its own


@pytest.mark.parametrize("there", [True, False])
def test_a_link_goes_on_pointing_to_the_model(text, tmp_path, there):
    (tmp_path / "disk").mkdir()
    target, link = tmp_path / "disk" / "real.npz", tmp_path / "model.npz"
    link.symlink_to(Path("disk") / "real.npz")
    if there:
        target.write_bytes(b"old")
    assert main(text, "--epochs", "1", *(["--force"] if there else [])) == 0
    assert link.is_symlink() and load(target)[1].tokens == load(link)[1].tokens
    assert [p.name for p in target.parent.iterdir()] == ["real.npz"]


def test_a_link_to_the_text_is_the_text(text, capsys):
    (text.parent / "model.npz").symlink_to(text)
    assert main(text, "--epochs", "1", "--force") == 2
    assert "that is your text" in capsys.readouterr().err
    assert text.read_text() == TEXT
