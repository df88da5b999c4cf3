"""The one thing of IPython that a cell of the book may import, in the page."""
