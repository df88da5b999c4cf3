"""A language model of a text of your own: ``python -m rnn_core FILE``, its files and its runs."""
