"""Words to ids and back, and a text cut into streams."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core import Vocabulary, stream_batches

SENTENCE = ["you", "say", "goodbye", "and", "I", "say", "hello"]


def test_ids_are_given_in_order_of_appearance():
    vocab = Vocabulary.from_tokens(SENTENCE)
    assert vocab.tokens == ("you", "say", "goodbye", "and", "I", "hello")
    assert vocab.encode(SENTENCE).tolist() == [0, 1, 2, 3, 4, 1, 5]
    assert vocab.decode([4, 1, 5]) == ["I", "say", "hello"]


def test_rare_words_become_unk():
    vocab = Vocabulary.from_tokens(SENTENCE, min_count=2)
    assert vocab.tokens == ("say", "<unk>")
    assert vocab.decode(vocab.encode(SENTENCE)).count("<unk>") == 5


@given(st.lists(st.text(max_size=3), min_size=1, max_size=40), st.integers(2, 12))
def test_a_vocabulary_holds_at_most_what_was_asked_and_encodes_its_text(tokens, max_size):
    vocab = Vocabulary.from_tokens(tokens, max_size=max_size)
    assert len(vocab) <= max_size
    back = vocab.decode(vocab.encode(tokens))
    assert all(b in (t, "<unk>") for b, t in zip(back, tokens, strict=True))
    if len(set(tokens)) <= max_size:
        assert back == tokens
    kept = min((tokens.count(t) for t in vocab.tokens if t in tokens and t != "<unk>"), default=0)
    lost = max((tokens.count(t) for t in set(tokens) - set(vocab.tokens)), default=0)
    assert lost <= kept or kept == 0


def test_an_unknown_word_is_an_error_that_names_it():
    with pytest.raises(ValueError, match="got 'cat'"):
        Vocabulary.from_tokens(SENTENCE).encode(["you", "cat"])


@pytest.mark.parametrize("tokens", [[], ["a", "a"]], ids=["empty", "one twice"])
def test_a_vocabulary_of_nothing_or_of_doubles_is_an_error(tokens):
    with pytest.raises(ValueError, match="tokens should"):
        Vocabulary(tokens)


def test_rows_continue_from_block_to_block():
    blocks = list(stream_batches(np.arange(23), batch_size=2, seq_len=4))
    assert [x.tolist() for x, _ in blocks] == [
        [[0, 1, 2, 3], [11, 12, 13, 14]],
        [[4, 5, 6, 7], [15, 16, 17, 18]],
        [[8, 9, 10], [19, 20, 21]],
    ]


@given(st.integers(2, 200), st.integers(1, 8), st.integers(1, 9))
def test_every_token_once_in_order_and_nothing_wraps(length, batch_size, seq_len):
    ids = np.arange(length)  # each token is its own place in the text
    if (length - 1) // batch_size < seq_len:
        with pytest.raises(ValueError, match=f"at least .* = {batch_size * seq_len + 1} tokens"):
            stream_batches(ids, batch_size, seq_len)
        return
    blocks = list(stream_batches(ids, batch_size, seq_len))
    rows = np.concatenate([x for x, _ in blocks], axis=1)
    row_targets = np.concatenate([y for _, y in blocks], axis=1)
    unused = (length - 1) % batch_size
    assert rows.ravel().tolist() == list(range(length - 1 - unused))
    assert (row_targets == rows + 1).all()
    assert all(x.shape == (batch_size, seq_len) for x, _ in blocks[:-1])
    assert 1 <= blocks[-1][0].shape[1] <= seq_len


@pytest.mark.parametrize("ids", [[[1, 2]], [1.0, 2.0, 3.0], ["a", "b"]])
def test_only_one_row_of_ids_can_be_cut(ids):
    with pytest.raises(ValueError, match="one row of whole numbers"):
        stream_batches(ids, 1, 1)
