"""``python -m rnn_core FILE``: what a user sees when it works, and when it does not."""

import hashlib
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rnn_core import RNNLM, Vocabulary, perplexity, stream_batches, train
from rnn_core.data.ngram import Bigram
from rnn_core.optim import Adam
from rnn_core.text import options
from rnn_core.text.cli import main, printable
from rnn_core.text.corpus import build_corpus, tokenize
from rnn_core.text.run import _fitting, fit, held_out
from rnn_core.text.screen import Bar
from rnn_core.text.storage import load

ROOT = Path(__file__).resolve().parents[2]
TEXT = "you say goodbye and I say hello . " * 60
SMALL = ["--hidden", "12", "--embed", "8", "--batch", "4", "--seq-len", "7", "--lr", "0.02"]


@pytest.fixture
def text(tmp_path):
    (tmp_path / "text.txt").write_text(TEXT, encoding="utf-8")
    return tmp_path / "text.txt"


def run(text, *options, out=None):
    return main([str(text), *SMALL, "--out", str(out or text.parent / "model.npz"), *options])


# ---- it works


def test_from_the_file_to_the_sample(text, capsys):
    assert run(text, "--epochs", "6", "--temperature", "0", "--sample", "16") == 0
    said = capsys.readouterr().out
    rows = dict(re.findall(r"^(all alike|unigram|bigram|RNN).*\s([\d.]+)$", said, re.M))
    assert float(rows["all alike"]) == 8  # seven words and <unk>
    assert float(rows["unigram"]) > float(rows["bigram"]) > float(rows["RNN"]) >= 1
    assert "loaded again: test loss" in said
    assert "you say goodbye and I say hello." in said.splitlines()[-1]
    assert sorted(p.name for p in text.parent.iterdir()) == ["model.npz", "text.txt"]


def test_the_saved_model_gives_the_loss_that_was_printed(text, capsys):
    assert run(text, "--epochs", "1") == 0
    model, vocab, about = load(text.parent / "model.npz")
    corpus = build_corpus(TEXT)
    assert corpus.vocab.tokens == vocab.tokens and about["unit"] == "words"
    assert held_out(model, corpus.test) == about["test"]["RNN"]
    assert about["options"]["epochs"] == 1 and str(text.parent) not in str(about)


def test_the_same_seed_gives_the_same_words(text, capsys):
    said = []
    for seed in ("3", "3", "4"):
        assert run(text, "--epochs", "1", "--seed", seed, "--force") == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] != said[2]


def test_a_corpus_in_parts_already_cut(tmp_path, capsys):
    for part, times in (("train", 80), ("valid", 9), ("test", 10)):
        (tmp_path / part).write_text(" you say <unk> and N say hello \n" * times, encoding="utf-8")
    options = ["--tokens", "--valid", str(tmp_path / "valid"), "--test", str(tmp_path / "test")]
    assert run(tmp_path / "train", *options, "--epochs", "1") == 0
    said = capsys.readouterr().out
    assert "tokens: 7 different" in said  # you say <unk> and N hello <eos>
    assert [*map(int, re.findall(r"(\d+) to", said))] == [640, 72, 80]


def test_characters_and_small_letters(text, capsys):
    assert run(text, "--chars", "--lower", "--epochs", "1") == 0
    assert f"characters: {len(set(TEXT.lower())) + 1} different" in capsys.readouterr().out


def test_as_a_command(text):
    done = command(text, "--epochs", "1", "--sha256", hashlib.sha256(TEXT.encode()).hexdigest())
    assert done.returncode == 0, done.stderr
    assert "saved to model.npz" in done.stdout and "epoch 1/1" in done.stderr
    assert "Traceback" not in done.stderr and "\x1b" not in done.stderr  # no terminal, no bar


def command(text, *options):
    return subprocess.run(
        [sys.executable, "-m", "rnn_core", str(text), *SMALL, *options],
        cwd=text.parent, env=environment(), capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip


def environment():
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"}


@pytest.mark.parametrize(
    "tokens, want",
    [(100_000, (20, 35)), (14_001, (20, 35)), (14_000, (19, 35)), (1044, (1, 35)), (9, (1, 8))],
)
def test_a_short_text_is_read_by_fewer_readers(tokens, want):
    assert _fitting(tokens, 20, 35) == want
    stream_batches(np.zeros(tokens, int), *want)  # and that is possible


def test_a_preset_sets_what_was_not_typed():
    plain, preset = (options.parse(["a.txt", *more]) for more in ([], ["--preset", "ptb"]))
    assert (preset.unit, preset.hidden, preset.epochs) == ("tokens", 300, 13)
    typed = options.parse(["a.txt", "--hidden", "128", "--preset", "ptb", "--words"])
    assert (typed.unit, typed.hidden, typed.epochs) == ("words", 128, 13)
    assert (plain.unit, plain.hidden) == ("words", 128) and preset.max_vocab == plain.max_vocab
    for name in options.PRESETS:  # the file knows how it was made
        assert options.PRESETS[name].keys() <= vars(plain).keys()


# ---- it fails, in one line, with exit code 2


def one_line(capsys):
    said = capsys.readouterr()
    assert said.err.startswith("python -m rnn_core: ") and said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize(
    "data, why",
    [
        (None, "there is no file"),
        (b"", "is empty"),
        (b"\x7fELF\x02\0\0", "not a text"),
        (b"caf\xe9 " * 100, "not UTF-8"),
        (b"you say goodbye and I say hello", "too short"),
    ],
)
def test_input_that_is_no_corpus(tmp_path, capsys, data, why):
    path = tmp_path / "text.txt"
    if data is not None:
        path.write_bytes(data)
    assert run(path) == 2
    assert why in one_line(capsys)
    assert not (tmp_path / "model.npz").exists()


@pytest.mark.parametrize(
    "options, why",
    [
        (["--sha256", "0" * 64], "should have the sha256 000"),
        (["--sha256", "12"], "--sha256 should be 64 hexadecimal"),
        (["--valid", "nowhere.txt"], "there is no file nowhere.txt"),
        (["--test", "http://127.0.0.1:9/a.txt"], "cannot be reached"),
        (["--epochs", "0"], "--epochs should be"),
        (["--hidden", "-3"], "--hidden should be"),
        (["--seed", "-1"], "--seed should be"),
        (["--lr", "nan"], "--lr should be"),
        (["--max-vocab", "1"], "--max-vocab should be a whole number, at least 2, got 1"),
        (["--min-count", "1000"], "--min-count 1000 leaves no token"),
        (["--out", "model.pickle"], "should end in .npz"),
        (["--out", "no/such/folder/model.npz"], "folder that exists"),
    ],
)
def test_options_that_make_no_sense(text, capsys, monkeypatch, options, why):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    assert run(text, *options) == 2
    assert re.search(why, one_line(capsys))
    assert [p.name for p in text.parent.iterdir()] == ["text.txt"]


@pytest.mark.parametrize("temperature", ["-1", "nan"])
def test_a_temperature_is_refused_before_the_training(text, capsys, temperature):
    assert run(text, "--temperature", temperature) == 2
    assert "--temperature should be" in one_line(capsys)  # one line: no epoch was read
    assert [p.name for p in text.parent.iterdir()] == ["text.txt"]


def test_the_text_itself_is_never_overwritten(tmp_path, capsys):
    path = tmp_path / "text.npz"  # a text with a misleading name
    path.write_text(TEXT)
    assert run(path, out=path) == 2
    assert "that is your text" in one_line(capsys)
    assert path.read_text() == TEXT


def test_weights_that_blow_up_are_one_line_too(text, capsys):
    with np.errstate(all="ignore"):
        assert run(text, "--lr", "1e38", "--epochs", "3") in (0, 2)
    assert "Traceback" not in capsys.readouterr().err


def test_without_a_file_the_command_says_how_to_use_it(capsys):
    with pytest.raises(SystemExit) as stop:
        main([])
    assert stop.value.code == 2
    assert "FILE" in capsys.readouterr().err


# ---- Ctrl-C


def test_an_interruption_keeps_the_best_weights_so_far():
    corpus, seen = build_corpus(TEXT), []

    def stop_in_the_third_epoch(step, steps, loss):
        seen.append(step)
        if len(seen) > 2.5 * steps:
            raise KeyboardInterrupt

    small = {"embed_size": 8, "hidden_size": 12, "batch_size": 4, "seq_len": 7, "lr": 0.02}
    done = fit(corpus, epochs=9, on_step=stop_in_the_third_epoch, **small)
    assert done.interrupted and len(done.history) == 3  # before training, epoch 1, epoch 2
    assert done.valid["RNN"] == held_out(done.model, corpus.valid)
    assert done.valid["RNN"] <= min(loss for _, _, loss in done.history)


def test_an_epoch_that_makes_it_worse_is_not_kept():
    corpus = build_corpus(TEXT)
    done = fit(corpus, epochs=3, lr=30.0, embed_size=4, hidden_size=4, batch_size=4, seq_len=7)
    assert done.valid["RNN"] == min(loss for _, _, loss in done.history)


def test_ctrl_c_before_there_is_a_model(text, capsys, monkeypatch):
    def stop(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr("rnn_core.text.cli.build_corpus", stop)
    assert run(text) == 130
    assert "nothing was saved" in one_line(capsys)
    assert not (text.parent / "model.npz").exists()


# ---- small things


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_bar_on_a_terminal_and_silence_elsewhere():
    for stream, bars in ((Terminal(), 1), (io.StringIO(), 0)):
        bar = Bar(stream, width=4)
        bar.step(10, 10, 2.5)
        bar.line("epoch 1")
        assert stream.getvalue().count("[####] 10/10  loss 2.500") == bars
        assert stream.getvalue().endswith("epoch 1\n")


def test_a_text_cannot_send_commands_to_the_terminal():
    assert printable("a\x1b[2Jb\n\tc\u202e") == "a�[2Jb\n\tc�"


# ---- the toy model


@pytest.mark.parametrize("seed", range(10))
def test_the_sentence_is_learned_beyond_the_memoryless_floor(seed):
    words = tokenize("you say goodbye and I say hello")
    vocab = Vocabulary.from_tokens(words)
    ids = vocab.encode(words)
    floor = perplexity(Bigram(ids, len(vocab)).loss(ids))
    rng = np.random.default_rng(seed)
    model = RNNLM.init(len(vocab), 4, 8, rng)
    blocks = list(stream_batches(ids, 1, 6))
    train(model, blocks, Adam(0.02), epochs=300)
    assert perplexity(model.loss(*blocks[0])[0]) < 1.05 < 1.25 < floor
