"""A class at a glance: ``python -m rnn_core.checks class FOLDER``.

cli        the command
collect    what came back: folders, zip files, notebooks, and whose they are
grade      every answer to its verdict, again only where something changed
ask        the parent's side of a room: a question goes in, plain data comes out
room       the child's side: runs one answer, knows no other, and holds no right answer
isolate    Linux: no network, no file to change, nobody else to see
cells      what an answer cell needs of the notebook around it
page       class.html
"""
