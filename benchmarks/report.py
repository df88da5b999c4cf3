"""The tables and plots of the book's page on speed, from ``results.json`` alone."""

import json
from pathlib import Path

from rnn_core.plots import PALETTE

RESULTS = Path(__file__).with_name("results.json")
STARTS = Path(__file__).parents[1] / "tools" / "start_runs.json"


def load(path=RESULTS):
    return json.loads(Path(path).read_text())


def table(head, rows):
    """A Markdown table; the first column is text, the others numbers."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def spread(r):
    return f"{r['median']:.2f} ({r['low']:.2f} to {r['high']:.2f})" if r else "not measured"


def met(r, goal):
    if goal is None or r is None:
        return "no goal" if goal is None else f"{goal:.2f}"
    return f"{goal:.2f}, {'reached' if r['median'] <= goal else 'missed'}"


def machine(results):
    m, versions = results["machine"], results["threads"][0]
    torch = versions["torch"] or "absent"
    return (
        f"Measured on {results['date']}: {m['processor']}, {m['cores']} cores, {m['system']}, "
        f"Python {m['python']}, NumPy {versions['numpy']}, PyTorch {torch}."
    )


def steps(results, threads):
    part = next(p for p in results["threads"] if p["threads"] == threads)
    goals = results["goals"]
    head = ["size", "N, T, D, H, V", "ms", "to PyTorch", "goal", "to its products", "goal"]
    rows = [
        [
            row["size"],
            ", ".join(map(str, row["axes"])),
            f"{row['milliseconds']:.2f}",
            spread(row["to_torch"]),
            met(row["to_torch"], goals[row["size"]][0]),
            spread(row["to_floor"]),
            met(row["to_floor"], goals[row["size"]][1]),
        ]
        for row in part["steps"]
    ]
    return table(head, rows)


def profile(results):
    rows = results["threads"][0]["profile"]
    parts = [name for name in rows[0] if name != "size"]
    return table(["ms", *parts], [[r["size"], *(f"{r[p]:.2f}" for p in parts)] for r in rows])


def loop(results):
    rows = results["threads"][0]["loop"]
    return table(
        ["size", "stacked layer to loop over cells"],
        [[row["size"], spread(row["to_loop"])] for row in rows],
    )


def memory_table(results):
    rows = results["memory"]["rows"]
    ways = list(rows[0]["bytes"])
    cells = [
        [
            f"T = {row['T']:,}",
            *(f"{row['bytes'][w] / 1e6:.2f} MB, time × {row['time_to_full'][w]:.2f}" for w in ways),
        ]
        for row in rows
    ]
    return table(["length", *ways], cells)


def memory_plot(results, ax):
    """Peak bytes against T, both on a log axis."""
    rows = results["memory"]["rows"]
    looks = {"full": ("grad", "-", "o"), "truncated": ("state", "--", "s")}
    for way in rows[0]["bytes"]:
        role, line, mark = looks.get(way, ("output", ":", "^"))
        ys = [row["bytes"][way] / 1e6 for row in rows]
        ax.plot([row["T"] for row in rows], ys, line, marker=mark, color=PALETTE[role], label=way)
    ax.set(xscale="log", yscale="log", xlabel="length T", ylabel="peak memory (MB)")
    ax.legend()
    return ax


def gradients(results):
    rows = [
        [dtype, *(f"{error:.0e}" for error in errors.values())]
        for dtype, errors in results["gradients"].items()
    ]
    judges = next(iter(results["gradients"].values()))
    return table(["gradients in", *(f"against {who}" for who in judges)], rows)


def floors_plot(results, ax):
    """Excess loss against seconds of training, log axis; the goal of the book as a line."""
    for (name, curve), (role, line) in zip(
        results["floors"].items(), (("state", "-"), ("output", "--")), strict=True
    ):
        seconds, gaps = [c[1] for c in curve], [c[2] for c in curve]
        ax.plot(seconds, gaps, line, color=PALETTE[role], label=name)
    ax.axhline(0.001, color=PALETTE["ink"], linestyle=":", linewidth=1)
    ax.set(yscale="log", xlabel="seconds of training", ylabel="nats above the floor")
    ax.legend()
    return ax


def book(results):
    part = results.get("book")
    if part is None:
        return "*Not measured in this run: `python -m benchmarks.book` adds it.*"
    return table(["the book itself", "measured"], [[k, v] for k, v in part.items()])


def latency(results):
    part = results.get("latency")
    if part is None:
        return "*Not measured in this run: `python -m benchmarks.book --latency` adds it.*"
    rows = [
        [name, f"{t['median']:.0f} ({t['low']:.0f} to {t['high']:.0f})"]
        for name, t in part["milliseconds"].items()
    ]
    rows.append(["`interact` to explorable", f"{spread(part['ratio'])} times"])
    return table(["from key to paint", "ms"], rows)


def starts(runs, names):
    """The best validation perplexity from each start: the mean over seeds, least and largest."""
    rows = []
    for start, words in names.items():
        best = [[min(run) for run in text["valid"][start]] for text in runs["texts"].values()]
        shown = (f"{sum(b) / len(b):.1f} ({min(b):.1f} to {max(b):.1f})" for b in best)
        rows.append([words, *shown])
    return table(["start", *runs["texts"]], rows)


def on_the_way(runs, names, text, epochs):
    """The mean validation perplexity on one text after some of the epochs."""
    rows = []
    for start, words in names.items():
        runs_of = runs["texts"][text]["valid"][start]
        means = (sum(run[e - 1] for run in runs_of) / len(runs_of) for e in epochs)
        rows.append([words, *(f"{mean:.1f}" for mean in means)])
    return table([f"{text}, after epoch", *map(str, epochs)], rows)
