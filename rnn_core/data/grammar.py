"""Grammars whose best possible perplexity is known exactly.

A grammar is an automaton: a handful of states, and in each the symbols that may come, how likely
each is, and the state it leads to.  No two symbols of a state are alike, so whoever has read the
stream from its start knows the state; what is left is chance, and chance can be counted.

Convention: strings are written one after the other, so the last symbol E of one is followed by
the first symbol B of the next, and both count.  All entropies are in nats per symbol.
"""

from collections.abc import Hashable

import numpy as np

from ..shapes import as_array, as_function, as_ids, as_int, as_positive, as_rng, as_text, check_room
from .vocabulary import Vocabulary

__all__ = ["REBER", "Grammar", "embedded_reber", "entropy", "forget_outer", "reber"]

# From each state: the symbol that is written, and the state it leads to.
# Where two leave a state, a fair coin decides.  Reber (1967), in the form of
# Cleeremans et al. (1989), with B at the beginning and E at the end.
REBER = {
    "0": {"B": "1"},
    "1": {"T": "2", "P": "3"},
    "2": {"S": "2", "X": "4"},
    "3": {"T": "3", "V": "5"},
    "4": {"X": "3", "S": "6"},
    "5": {"P": "4", "V": "6"},
    "6": {"E": "0"},
}  # and so on, without end


class Grammar:
    """An automaton that writes an endless stream of symbols.

    It holds ``states`` (their names), ``vocab`` (the symbols, in alphabetical order),
    ``next_state`` (S, V), the number of the next state or -1 where the symbol cannot come, and
    ``probs`` (S, V), how likely each symbol is in each state.

    Parameters
    ----------
    arcs : dict of dicts
        ``arcs[state][symbol]`` is the next state.  The stream starts in the first state named.
    probs : dict of dicts, optional
        ``probs[state][symbol]``; without it all symbols of a state are equally likely.
    """

    def __init__(self, arcs, probs=None):
        _check_arcs(arcs)
        self.states = tuple(arcs)
        self.vocab = Vocabulary(sorted({symbol for ways in arcs.values() for symbol in ways}))
        number = {state: s for s, state in enumerate(self.states)}
        self.next_state = np.full((len(self.states), len(self.vocab)), -1)
        self.probs = np.zeros(self.next_state.shape)
        for state, ways in arcs.items():
            for symbol, target in ways.items():
                if target not in number:
                    raise ValueError(
                        f"arcs should lead to states of the grammar, got {target!r} from "
                        f"{state!r}: give {target!r} arcs of its own"
                    )
                here = number[state], self.vocab.ids[symbol]
                self.next_state[here] = number[target]
                p = 1 / len(ways) if probs is None else _chance(probs, state, symbol)
                self.probs[here] = p
        sums = self.probs.sum(axis=1)
        if not np.allclose(sums, 1, rtol=0, atol=1e-12):
            s = int(np.argmax(np.abs(sums - 1)))
            raise ValueError(
                f"probs should add up to 1 in every state, got {sums[s]:g} in {self.states[s]!r}: "
                f"give it at least one arc, and each arc a probability"
            )

        self._check_return()

    def _check_return(self):
        """From the first state to every other, and back: or no share of time is a state's own."""
        S = len(self.states)
        reach = np.eye(S) + (self.transitions().sum(axis=0) > 0)
        for _ in range(S.bit_length()):
            reach = np.minimum(reach @ reach, 1)
        lost = np.flatnonzero((reach[0] == 0) | (reach[:, 0] == 0))
        if lost.size:
            s, first = self.states[lost[0]], self.states[0]
            way = f"no way back to {first!r}" if reach[0, lost[0]] else f"no way from {first!r}"
            raise ValueError(
                f"arcs should lead from the first state to every other and back, got {way} "
                f"for {s!r}: add an arc of a probability above 0, or leave the state out"
            )

    # ---- what is true of the stream as a whole

    def transitions(self):
        """A (V, S, S): the chance to write symbol v in state s and so come to state s'."""
        S, V = self.probs.shape
        A = np.zeros((V, S, S))
        s, v = np.nonzero(self.probs)
        A[v, s, self.next_state[s, v]] = self.probs[s, v]
        return A

    def stationary(self):
        """pi (S,): the share of time spent in each state; the solution of pi P = pi, sum 1."""
        P = self.transitions().sum(axis=0)  # (S, S), whatever the symbol
        S = len(P)
        equations = P.T - np.eye(S)
        equations[-1] = 1  # one equation follows from the others: its place is free for the sum
        return np.linalg.solve(equations, np.eye(S)[-1])

    def entropy_rate(self):
        """The least possible loss, in nats per symbol.

        sum_s pi_s sum_v -p(v | s) log p(v | s): the mean over the states' own
        entropies (Shannon 1948, section 7).  No predictor, with any memory,
        can do better; one that knows the automaton and the past does this.
        """
        return float(self.stationary() @ entropy(self.probs))

    def context_entropy(self, length):
        """The least possible loss of a reader who sees only the last `length` symbols.

        0 is the unigram, 1 the bigram; H(all pairs) - H(single symbols) and so on (Shannon's
        F_N, 1951).  It falls towards `entropy_rate`.  The number of contexts grows with their
        length: 10 takes a moment.
        """
        weights = self.stationary()[None]  # (contexts, S): the chance of the context and the state
        for _ in range(as_int("length", length, least=0)):
            weights = np.concatenate(weights @ self.transitions())  # each context, one symbol more
            weights = weights[weights.sum(axis=1) > 0]
        joint = weights @ self.probs  # (contexts, V)
        seen = joint.sum(axis=1)
        return float(seen @ entropy(joint / seen[:, None]))

    def mean_length(self):
        """Symbols in a string, on average: one over the share of time spent in the first state."""
        return float(1 / self.stationary()[0])

    # ---- what is true after a given beginning

    def read(self, ids):
        """The states (T,) that the automaton is in after each symbol of a stream from its start."""
        ids = as_ids("ids", ids, "T", vocab_size=len(self.vocab))
        states, s = np.empty(len(ids), dtype=np.int64), 0
        for t, v in enumerate(ids):
            if self.next_state[s, v] < 0:
                may = [self.vocab.tokens[u] for u in np.flatnonzero(self.probs[s])]
                raise ValueError(
                    f"ids should follow the grammar, got {self.vocab.tokens[v]!r} at [{t}], where "
                    f"only {' or '.join(may)} may come: start at the beginning of a string"
                )
            states[t] = s = self.next_state[s, v]
        return states

    def predict(self, ids):
        """The true probabilities (T, V) of the next symbol, after each symbol of the stream."""
        return self.probs[self.read(ids)]

    # ---- writing

    def sample(self, length, rng, batch_size=1):
        """Streams of `length` symbols, each from the start of a string: ids (N, length)."""
        T, N = as_int("length", length), as_int("batch_size", batch_size)
        rng = as_rng(rng)
        check_room(length=T, batch_size=N)
        ids, s = np.empty((T, N), dtype=np.int64), np.zeros(N, dtype=np.int64)
        upto = self.probs.cumsum(axis=1)
        upto[:, -1] = 1  # whatever was lost to rounding
        for t, coin in enumerate(rng.random((T, N))):
            ids[t] = (coin[:, None] >= upto[s]).sum(axis=1)
            s = self.next_state[s, ids[t]]
        return np.ascontiguousarray(ids.T)

    def sample_strings(self, count, rng):
        """A list of `count` single strings, such as ``BTXSE``: from the start back to the start."""
        strings, tokens, rng = [], self.vocab.tokens, as_rng(rng)
        for _ in range(as_int("count", count)):
            s, string = 0, ""
            while not string or s != 0:
                v = rng.choice(len(tokens), p=self.probs[s])
                s, string = self.next_state[s, v], string + tokens[v]
            strings.append(string)
        return strings

    # ---- forgetting

    def merge(self, label):
        """The automaton of a reader who cannot tell states with the same label apart.

        In a merged state each symbol has its mean probability, weighted by the time spent in the
        states that were merged.  The merged automaton's `entropy_rate` is therefore the least
        possible loss of a reader who knows the label and nothing more.

        Parameters
        ----------
        label : callable
            From a state's name to its label, which becomes the merged state's name.

        Raises
        ------
        ValueError
            If one symbol would lead from a merged state to two others.
        """
        as_function("label", label, "forget_outer")
        for state in self.states:
            if not isinstance(label(state), (str, int, tuple)):
                raise ValueError(
                    f"label should give a name, such as a str, got {label(state)!r:.60} for "
                    f"{state!r}: return one"
                )
        pi, arcs, mass = self.stationary(), {}, {}
        for s, state in enumerate(self.states):
            ways = arcs.setdefault(label(state), {})
            share = mass.setdefault(label(state), {})
            for v in np.flatnonzero(self.probs[s]):
                symbol, target = self.vocab.tokens[v], label(self.states[self.next_state[s, v]])
                if ways.setdefault(symbol, target) != target:
                    raise ValueError(
                        f"label should keep the automaton's next state certain, but {symbol!r} "
                        f"leads from {label(state)!r} to {ways[symbol]!r} and to {target!r}: "
                        f"merge those two as well"
                    )
                share[symbol] = share.get(symbol, 0) + pi[s] * self.probs[s, v]
        total = {name: sum(share.values()) for name, share in mass.items()}
        return Grammar(arcs, {n: {v: p / total[n] for v, p in mass[n].items()} for n in arcs})

    def __repr__(self):
        return f"Grammar of {len(self.states)} states and {len(self.vocab)} symbols"


def _check_arcs(arcs):
    """A dict from each state to a dict from its symbols to states."""
    odd = [] if isinstance(arcs, dict) and arcs else [arcs]
    odd += [ways for ways in arcs.values() if not isinstance(ways, dict)] if not odd else []
    if not odd:
        odd = [v for ways in arcs.values() for v in ways if not isinstance(v, str)]
        odd += [s for ways in arcs.values() for s in ways.values() if not isinstance(s, Hashable)]
    if odd:
        raise ValueError(
            f"arcs should be a dict from states to dicts from symbols (str) to states, "
            f"got {odd[0]!r:.60}: write it like rnn_core.data.grammar.REBER"
        )


def _chance(probs, state, symbol):
    try:
        p = probs[state][symbol]
    except (KeyError, IndexError, TypeError):
        raise ValueError(
            f"probs should have an entry for every arc, got none for {symbol!r} in {state!r}: "
            f"give each state a dict from its symbols to their probabilities"
        ) from None
    return as_positive(f"probs[{state!r}][{symbol!r}]", p, zero=True)


def entropy(probs):
    """-sum p log p over the last axis, in nats, with 0 log 0 = 0."""
    probs = as_array("probs", probs, "... V", real=True)
    total = probs.sum(axis=-1)
    if (probs < 0).any() or (abs(total - 1) > 1e-3).any():
        raise ValueError(
            f"probs should be 0 or more and add up to 1 over the last axis, got a smallest of "
            f"{probs.min():g} and sums from {total.min():g} to {total.max():g}: divide by the sum"
        )
    return -np.sum(probs * np.log(np.where(probs > 0, probs, 1)), axis=-1)


def reber():
    """The Reber grammar: 7 states, 7 symbols, strings such as BTXSE and BPVPSE."""
    return Grammar(REBER)


def embedded_reber():
    """A Reber string between two outer symbols that are alike: B T (BTXSE) T E, B P (BPVVE) P E.

    A state's name is the state of the inner grammar behind the outer symbol, as in ``"T3"``: that
    letter is what has to be remembered (Smith & Zipser 1989; Cleeremans et al. 1989).
    """
    arcs = {"start": {"B": "choose"}, "choose": {"T": "T0", "P": "P0"}}
    for outer in "TP":
        for state, ways in REBER.items():
            inner = {v: "close" if v == "E" else target for v, target in ways.items()}
            arcs[outer + state] = {v: outer + target for v, target in inner.items()}
        arcs[outer + "close"] = {outer: "end"}
    return Grammar({**arcs, "end": {"E": "start"}})


def forget_outer(state):
    """The state of the embedded grammar without its outer symbol, for `merge`."""
    state = as_text("state", state)
    return state[1:] if state[0] in "TP" else state
