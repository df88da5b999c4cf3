"""Speed, memory and accuracy of rnn_core, measured beside what a user would pick instead.

`python -m benchmarks` prints every table from one run and writes ``benchmarks/results.json``, from
which the book's page is built.  Times are compared only within one round: each round runs all
opponents once, in turning order, and gives one ratio; a table shows the median of the ratios and
the quartiles.  Absolute times depend on the machine and on what else it does.
"""
