"""A node that carries finished HTML: unlike docutils' raw, the search index leaves it alone."""

from docutils import nodes

from rnn_core.plots.style import on_page

__all__ = ["markup", "on_page"]


class markup(nodes.General, nodes.Element):
    """`html` goes into the page as it stands."""


def write(self, node):
    self.body.append(node["html"])
    raise nodes.SkipNode


def leave_out(self, node):
    raise nodes.SkipNode


def setup(app):
    app.add_node(
        markup,
        html=(write, None),
        latex=(leave_out, None),
        text=(leave_out, None),
        man=(leave_out, None),
        texinfo=(leave_out, None),
    )
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
