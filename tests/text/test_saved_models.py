"""``sample``, ``score`` and ``resume``: what a learner does with a model that was saved."""

import os
import re
import shutil

import numpy as np
import pytest

from rnn_core import RNNLM, Vocabulary, perplexity, sample
from rnn_core.data.ngram import KneserNey
from rnn_core.text import advice, cli, options
from rnn_core.text.cli import main
from rnn_core.text.corpus import Corpus, build_corpus, tokenize
from rnn_core.text.run import Run, counting, held_out
from rnn_core.text.scoring import score
from rnn_core.text.storage import load, save

TEXT = "you say goodbye and I say hello . " * 60
SMALL = ["--hidden", "12", "--embed", "8", "--batch", "4", "--seq-len", "7", "--lr", "0.02"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a text and the model that was trained on it."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "text.txt").write_text(TEXT, encoding="utf-8")
    before = os.getcwd()
    os.chdir(folder)
    assert main(["train", "text.txt", *SMALL, "--epochs", "5"]) == 0
    os.chdir(before)
    return folder


@pytest.fixture
def folder(made, tmp_path, monkeypatch, capsys):
    """The same to work in, and the present folder."""
    for name in ("text.txt", "model.npz"):
        shutil.copy(made / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UNROLLED_CACHE", str(tmp_path / "cache"))
    capsys.readouterr()
    return tmp_path


def one_line(capsys):
    said = capsys.readouterr()
    assert said.err.startswith("python -m rnn_core: ") and said.err.count("\n") == 1
    return said.err


# ---- which command is meant


@pytest.mark.parametrize("command", sorted(options._PARSERS))
def test_a_text_with_the_name_of_a_command(folder, capsys, command):
    shutil.copy(folder / "text.txt", folder / command)
    for line in ([command], ["train", command], [f"./{command}"]):  # all of them mean the file
        args = options.parse([*line, "--tokens", "--epochs", "1"])
        assert args.command == "train" and args.text.endswith(command) and args.epochs == 1
    if command == "resume":
        assert options.parse(["resume", "model.npz"]).command == "resume"
    assert main([command, *SMALL, "--epochs", "1", "--out", "other.npz"]) == 0
    assert load("other.npz")


@pytest.mark.parametrize(
    "line", [["train"], ["sample"], ["score", "model.npz"], ["resume"], ["train", "--epochs", "x"]]
)
def test_a_command_without_what_it_needs_says_so(folder, capsys, line):
    with pytest.raises(SystemExit) as stop:
        main(line)
    assert stop.value.code == 2
    assert re.search(r"required: (MODEL|FILE)|whole number, got 'x'", capsys.readouterr().err)


def test_help_names_every_command_and_every_option(capsys):
    with pytest.raises(SystemExit) as stop:
        main(["--help"])
    assert stop.value.code == 0
    said = capsys.readouterr().out
    assert all(f"\n  {name} " in said for name in options._PARSERS)
    for name in options._PARSERS:
        with pytest.raises(SystemExit):
            main([name, "--help"])
        said = capsys.readouterr().out
        assert said.startswith(f"usage: python -m rnn_core {name}")


# ---- sample


def test_a_sample_goes_on_from_the_prompt(folder, capsys):
    assert main(
        ["sample", "model.npz", "--prompt", "you say", "--length", "6", "--temperature", "0"]
    ) == 0  # fmt: skip
    said = capsys.readouterr()
    assert said.out == "you say goodbye and I say hello.\n" and not said.err


def test_a_sample_is_set_by_its_seed_and_without_a_prompt_begins_a_sentence(folder, capsys):
    said = []
    for seed in "001":
        assert (
            main(["sample", "model.npz", "--length", "40", "--seed", seed, "--temperature", "3"])
            == 0
        )
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] != said[2]
    main(["sample", "model.npz", "--length", "3", "--temperature", "0"])
    assert capsys.readouterr().out == "you say goodbye\n"


def test_only_the_likeliest_tokens_are_drawn(folder, capsys):
    main(["sample", "model.npz", "--prompt", "you", "--length", "30", "--temperature", "0"])
    greedy = capsys.readouterr().out
    line = ["sample", "model.npz", "--prompt", "you", "--length", "30", "--temperature", "50"]
    main([*line, "--top-k", "1"])
    assert capsys.readouterr().out == greedy
    main(line)
    assert capsys.readouterr().out != greedy


def test_a_long_prompt_is_read_in_pieces(folder, capsys):
    tokens = ("you say goodbye and I say hello . " * 200).split()[:-3]
    model, vocab, _ = load("model.npz")
    line = ["sample", "model.npz", "--length", "9", "--seed", "5", "--temperature", "1"]
    for prompt in (tokens, tokens[:401], tokens[:2], tokens[:1]):
        ids = sample(model, vocab.encode(prompt), 9, np.random.default_rng(5), 1.0)
        assert main([*line, "--prompt", " ".join(prompt)]) == 0
        assert tokenize(capsys.readouterr().out)[len(prompt) :] == vocab.decode(ids)


@pytest.mark.parametrize("command", ["sample", "score"])
def test_ctrl_c_in_a_command_that_saves_nothing_says_so(folder, capsys, monkeypatch, command):
    def stop(*args, **more):
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, command, stop)
    assert main([command, "model.npz", *(["text.txt"] if command == "score" else [])]) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "python -m rnn_core: stopped"


def test_words_that_the_model_does_not_know_are_named(folder, capsys):
    assert main(["sample", "model.npz", "--prompt", "Hey \x1b[2J you", "--length", "2"]) == 0
    said = capsys.readouterr()
    assert "does not know Hey, �, [, 2J" in said.err and "\x1b" not in said.out + said.err


@pytest.mark.parametrize(
    "words, why",
    [
        (["--length", "0"], "--length should be a whole number, at least 1, got 0"),
        (["--top-k", "0"], "--top-k should be"),
        (["--temperature", "-1"], "--temperature should be"),
        (["--seed", "-1"], "--seed should be"),
    ],
)
def test_options_are_named_as_they_were_typed(folder, capsys, words, why):
    assert main(["sample", "model.npz", *words]) == 2
    assert why in one_line(capsys)


def test_a_sample_keeps_spaces_and_joiners_of_every_script():
    kept = "a\u00a0b\u3000c\u202fd\u2009e می\u200cخواهم क्\u200dष 👩\u200d👧 ❤\ufe0f"
    kept += "\u00ad\u200b\u2060\n\t"
    assert cli.printable(kept) == kept


@pytest.mark.parametrize("bad", [0x00, 0x07, 0x1B, 0x7F, 0x9B, 0x2028, 0x202E, 0x2066, 0xD800])
def test_what_could_harm_a_terminal_is_shown_as_a_mark(bad):
    assert cli.printable(f"a{chr(bad)}b") == "a�b"


# ---- score


def test_the_score_is_the_mean_over_all_tokens_but_the_first(folder):
    model, vocab, _ = load("model.npz")
    ids = vocab.encode(tokenize(TEXT + "goodbye you never"))
    scores = score(model, ids, block=13)
    loss, _ = model.loss(ids[None, :-1], ids[None, 1:])
    assert scores.loss == pytest.approx(loss, abs=1e-5)
    assert len(scores.losses) == len(ids) - 1
    assert scores.losses == pytest.approx(score(model, ids, block=1000).losses, abs=1e-5)
    bits = scores.bits_per_character("x" * 300)
    assert bits == pytest.approx(loss * (len(ids) - 1) / np.log(2) / 300, rel=1e-5)


def test_the_worst_words_are_those_that_were_put_in(folder, capsys):
    other = TEXT[: 34 * 20].replace("goodbye", "hello", 5).replace("and", "you", 3)
    (folder / "other.txt").write_text(other, encoding="utf-8")
    assert main(["score", "model.npz", "other.txt", "--worst", "2"]) == 0
    said = capsys.readouterr().out
    model, vocab, _ = load("model.npz")
    ids = vocab.encode(tokenize(other))
    loss = model.loss(ids[None, :-1], ids[None, 1:])[0]
    assert f"{perplexity(loss):.2f} per word" in said
    table = said.split("predicted worst")[1].splitlines()[1:]
    assert len(table) == 2
    scores = score(model, ids)
    for row, (token, times, mean, guess) in zip(table, scores.worst(2), strict=True):
        assert row.split() == [
            vocab.tokens[token], str(times), f"{mean / np.log(2):.2f}", vocab.tokens[guess],
        ]  # fmt: skip
        mine = scores.losses[scores.ids == token]
        assert times == len(mine) and mean == pytest.approx(mine.mean())


def test_a_score_on_the_model_s_own_text_says_what_it_is_worth(folder, capsys):
    assert main(["score", "model.npz", "text.txt"]) == 0
    assert "trained on this very text" in capsys.readouterr().err
    (folder / "other.txt").write_text(TEXT[34:])
    assert main(["score", "model.npz", "other.txt"]) == 0
    assert not capsys.readouterr().err


def test_a_model_reads_a_text_as_it_was_trained(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    text = "Ja e\u0301a \u00a0 👍🏽👩\u200d👧 NEIN!\n" * 60
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    line = ["text.txt", "--chars", "--lower", *SMALL, "--epochs", "2"]
    assert main(line) == 0
    capsys.readouterr()
    model, vocab, about = load("model.npz")
    assert {"👍🏽", "👩\u200d👧", "e\u0301", "\u00a0", "j"} <= set(vocab.tokens)
    assert "J" not in vocab.tokens and about["graphemes"] is True
    assert main(["score", "model.npz", "text.txt", "--worst", "20"]) == 0
    said = capsys.readouterr().out
    assert "0.0% <unk>" in said and "\\xa0" in said and "␣" in said and "\\n" in said
    loss = held_out(model, vocab.encode(tokenize(text.lower(), "characters")))
    assert f"{loss:.4f} nats per character" in said
    assert main(["sample", "model.npz", "--prompt", "JA", "--length", "5"]) == 0
    assert capsys.readouterr().out.startswith("ja")


# ---- resume


def test_a_training_is_gone_on_with(folder, capsys):
    before = load("model.npz")[2]
    assert main(["resume", "model.npz", "--epochs", "3"]) == 0  # the text is found by its checksum
    said = capsys.readouterr()
    _, _, about = load("model.npz")
    assert "epoch 6/8: perplexity" in said.err
    assert about["valid"]["RNN"] < before["valid"]["RNN"] and about["best"] > before["best"]
    assert [row[0] for row in about["history"]] == list(range(9))
    assert about["history"][:6] == before["history"]
    assert about["options"]["batch"] == before["options"]["batch"] == 4
    assert str(folder) not in str(about) and "text.txt" not in str(about)


def test_the_other_parts_are_found_too(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "texts").mkdir()
    for name, times in (("train", 60), ("valid", 9), ("test", 10)):
        (tmp_path / name).write_text(TEXT[:34] * times)
    parts = ["--valid", "valid", "--test", "test"]
    assert main(["train", *parts, *SMALL, "--epochs", "1", "--out", "texts/model.npz"]) == 0
    tokens = load("texts/model.npz")[2]["tokens"]
    assert main(["resume", "texts/model.npz", "--epochs", "1"]) == 0
    assert load("texts/model.npz")[2]["tokens"] == tokens
    assert main(["resume", "texts/model.npz", "train", "--epochs", "1"]) == 0
    assert load("texts/model.npz")[2]["tokens"] == tokens
    shutil.move("valid", "moved")  # found by its checksum all the same
    assert main(["resume", "texts/model.npz", "train", "--epochs", "1"]) == 0
    os.remove("moved")
    capsys.readouterr()
    assert main(["resume", "texts/model.npz", "train", "--epochs", "1"]) == 2
    assert "name it with --valid" in one_line(capsys)
    (tmp_path / "train").write_text("changed")
    capsys.readouterr()
    assert main(["resume", "texts/model.npz"]) == 2
    assert "is not here: name it" in one_line(capsys)


def test_more_epochs_that_help_nothing_leave_the_model_alone(folder, capsys):
    before = (folder / "model.npz").read_bytes()
    assert main(["resume", "model.npz", "text.txt", "--lr", "100", "--epochs", "1"]) == 0
    assert "stays as it was" in capsys.readouterr().err
    assert (folder / "model.npz").read_bytes() == before


def test_resume_saves_elsewhere_and_asks_before_it_replaces_another_file(folder, capsys):
    (folder / "other.npz").write_bytes(b"precious")
    line = ["resume", "model.npz", "text.txt", "--epochs", "1", "--out", "other.npz"]
    assert main(line) == 2
    assert "other.npz exists" in one_line(capsys)
    assert main([*line, "--force"]) == 0
    assert load("other.npz")[2]["best"] == 6 and load("model.npz")[2]["best"] == 5


def test_another_text_is_told(folder, capsys):
    (folder / "more.txt").write_text(TEXT + "you and I say goodbye . " * 90)
    assert main(["resume", "model.npz", "more.txt", "--epochs", "1", "--lr", "0.01"]) == 0
    assert "another text" in capsys.readouterr().err


def test_a_model_saved_by_hand_has_all_its_commands(tmp_path, monkeypatch, capsys):
    """What `save` wrote in a notebook tells nothing of a run; chapter 4 does it in these lines."""
    from rnn_core.text.corpus import build_corpus, read_text
    from rnn_core.text.run import fit
    from rnn_core.text.storage import load, save

    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.txt").write_text(TEXT)
    parts = build_corpus(read_text("text.txt"))
    done = fit(parts, epochs=1, embed_size=8, hidden_size=12, batch_size=4, seq_len=7)
    save("mine.npz", done.model, parts.vocab)
    assert load("mine.npz")[1].tokens == parts.vocab.tokens
    assert main(["sample", "mine.npz", "--length", "3"]) == 0
    assert main(["score", "mine.npz", "text.txt"]) == 0
    assert main(["resume", "mine.npz", "text.txt", "--epochs", "1", "--batch", "4"]) == 0


@pytest.mark.parametrize(
    "about",
    [
        {"unit": "letters"}, {"unit": ["words"]}, {"unit": None}, {"options": {"lr": "fast"}},
        {"lr": [1]}, {"options": {"batch": -1}}, {"history": [[1, 2]]}, {"best": -5},
        {"texts": {"text": {"sha256": "0" * 64, "bytes": "many"}}}, {"texts": {"text": 3}},
        {"options": []}, {"graphemes": "yes"}, {"history": [["a", None, {}]]}, {"best": True},
        {"options": {"seq_len": 1e99}}, {"options": {"lower": 3}}, {"best": 10**30},
    ],
)  # fmt: skip
def test_whatever_a_strange_file_tells_of_itself_is_a_model_or_one_line(
    tmp_path, monkeypatch, capsys, about
):
    monkeypatch.chdir(tmp_path)
    vocab = Vocabulary(["you", "say", ".", "<unk>"])
    (tmp_path / "text.txt").write_text(TEXT)
    for line in (
        ["sample", "a.npz", "--length", "2"],
        ["score", "a.npz", "text.txt"],
        ["resume", "a.npz"],
        ["resume", "a.npz", "text.txt", "--epochs", "1"],
    ):
        save("a.npz", RNNLM.init(4, 2, 3, np.random.default_rng(0)), vocab, **about)
        code = main(line)
        said = capsys.readouterr()
        assert code in (0, 2) and "Traceback" not in said.err
        assert code == 0 or said.err.splitlines()[-1].startswith("python -m rnn_core: ")


# ---- what the numbers mean


@pytest.mark.parametrize("epochs", ["1", "12"])
def test_the_verdict_says_who_won_and_what_would_help(folder, capsys, epochs):
    assert main(["train", "text.txt", *SMALL, "--epochs", epochs, "--force"]) == 0
    said = " ".join(capsys.readouterr().out.split())
    test = load("model.npz")[2]["test"]
    wins = test["RNN"] < min(loss for name, loss in test.items() if name != "RNN")
    alike = "equally well" in said
    assert ("the RNN does best" in said) is (wins and not alike)
    assert ("counting does best" in said) is not (wins or alike)
    assert epochs == "12" or (
        "More time would help" in said and "resume model.npz text.txt" in said
    )


def finished(rnn, history, best, counting=3.0):
    """A run with a test loss, and a history of (perplexity while training, validation loss)."""
    model = RNNLM.init(5, 2, 3, np.random.default_rng(0))
    losses = {"uniform": 5.0, "unigram": 4.0, "bigram": 3.5, "4-gram": counting, "RNN": rnn}
    rows = [(0, None, 5.0), *((e, *row) for e, row in enumerate(history, 1))]
    return Run(model, dict(losses), dict(losses), rows, best)


PARTS = build_corpus(TEXT)
FALLS = [(40.0, 4.0), (30.0, 3.6), (28.0, 3.4)]
FLAT = [(25.0, 3.3), (22.0, 3.2), (21.0, 3.21)]
OWN = [(25.0, 3.3), (8.0, 3.2), (5.0, 3.4)]


@pytest.mark.parametrize(
    "history, best, words, others",
    [
        (FALLS, 3, ["More time would help", "18.1% off"], ["More text", "larger state"]),
        (FLAT, 2, ["larger state (--hidden)"], ["More time", "More text"]),
        (OWN, 2, ["More text would help", "8.0 on the part", "24.5 on the val"], ["More time"]),
        ([*OWN[:1], (8.0, 3.2)], 2, ["More time", "More text"], ["larger state"]),
        ([(25.0, 3.3)], 2, [], ["More time", "More text", "larger state"]),  # broken off
    ],
)
def test_what_would_help_is_read_from_the_history(history, best, words, others):
    said = " ".join(advice.after(finished(2.5, history, best), PARTS, "AGAIN"))
    assert all(each in said for each in words) and not any(each in said for each in others)
    assert ("AGAIN" in said) is ("More time" in said)


@pytest.mark.parametrize("rnn, wins", [(2.9, True), (3.1, False)])
def test_the_best_of_the_models_that_count_is_the_one_to_beat(rnn, wins):
    said = advice.after(finished(rnn, FLAT, 2), PARTS)[0]
    assert f"{perplexity(rnn):.2f}" in said and f"{perplexity(3.0):.2f} of the 4-gram" in said
    assert ("the RNN does best" in said) is wins and ("counting does best" in said) is not wins


@pytest.mark.parametrize("rnn", [2.993, 3.007])
def test_models_that_differ_by_less_than_a_percent_are_called_equal(rnn):
    said = advice.after(finished(rnn, FLAT, 2), PARTS)[0]
    assert "equally well" in said and "does best" not in said
    assert f"{perplexity(rnn):.2f} against {perplexity(3.0):.2f} of the 4-gram" in said


def test_where_much_is_unknown_no_model_is_praised():
    """Chinese read by words: whole clauses, each of which comes once."""
    signs = np.array([chr(0x4E00 + i) for i in range(500)])
    picks = np.random.default_rng(0).choice(signs, size=(400, 6))
    corpus = build_corpus("。".join("".join(row) for row in picks))
    assert corpus.unknown(corpus.test) > 0.25
    (said,) = advice.after(finished(2.5, FALLS, 3), corpus)
    assert "--characters" in said and "<unk>" in said and "best" not in said


def test_the_order_of_the_counting_model_is_chosen_by_the_validation_part_alone():
    """A validation part that repeats long phrases of the text, a test part that does not."""
    rng = np.random.default_rng(0)
    train = rng.integers(6, size=3000)
    other = rng.integers(6, size=300)
    vocab = Vocabulary([*"abcde", "<unk>"])
    for valid, test, high in ((train[500:800], other, True), (other, train[500:800], False)):
        losses, of_test = counting(Corpus(vocab, train, valid, test))
        (best,) = [n for n in losses if n.endswith("-gram")] or ["2-gram"]
        assert (int(best[0]) > 4) is high
        model = KneserNey(train, 6, int(best[0]))
        assert of_test["bigram" if best == "2-gram" else best] == model.loss(test)
        assert list(losses)[-1] == list(of_test)[-1]
    assert advice.name_of("5-gram") == "5-gram (Kneser-Ney)"
