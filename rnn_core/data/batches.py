"""Cutting one long text into parallel streams of blocks, for truncated BPTT."""

from ..shapes import LARGEST, as_ids, as_int, as_numpy

__all__ = ["stream_batches"]


def stream_batches(ids, batch_size, seq_len):
    """Blocks (inputs, targets) of one text, read by `batch_size` readers side by side.

    The text is cut into N rows of equal length, one for each reader; the rows are cut into
    blocks of `seq_len` steps.  So row i of block k + 1 continues row i of block k, and a state
    carried from block to block stays in its own row.  Targets are the inputs one step later.

    Every token is a target once, except the first (nothing comes before it) and the last
    ``(len(ids) - 1) % batch_size``, which cannot fill a column.  The last block is shorter if
    the rows do not divide by `seq_len`; nothing wraps around.

    Parameters
    ----------
    ids : array of ids (length of the text,)
    batch_size : int
        N, how many rows.
    seq_len : int
        T, steps in a block.

    Returns
    -------
    iterator of (inputs, targets)
        Two arrays (N, T) each.

    Raises
    ------
    ValueError
        At once, if the text is too short for one block, or an argument is no whole number.
    """
    N, T = as_int("batch_size", batch_size), as_int("seq_len", seq_len)
    ids = as_numpy("ids", ids, "T")
    if ids.ndim != 1 or ids.dtype.kind not in "iu":
        raise ValueError(
            f"ids should be one row of whole numbers, got shape {ids.shape} of {ids.dtype.name}: "
            f"encode the text with a Vocabulary first"
        )
    if len(ids):
        ids = as_ids("ids", ids, "T", vocab_size=LARGEST)
    length = (len(ids) - 1) // N  # of a row; one more token is needed as the last target
    if length < T:
        raise ValueError(
            f"ids should hold at least batch_size * seq_len + 1 = {N * T + 1} tokens, "
            f"got {len(ids)}: use a longer text, a smaller batch or a shorter block"
        )
    inputs, targets = (ids[i : i + N * length].reshape(N, length) for i in (0, 1))
    return ((inputs[:, t : t + T], targets[:, t : t + T]) for t in range(0, length, T))
