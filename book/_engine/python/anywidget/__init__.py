"""As much of anywidget as a figure of the book needs in the page, where no kernel is asked.

The page draws a figure from its traits and its module; `page_session` hands both over.
"""

from traitlets import HasTraits


class AnyWidget(HasTraits):
    pass
