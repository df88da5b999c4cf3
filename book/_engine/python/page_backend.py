"""matplotlib's backend in the page: `plt.show()` hands the open figures to the cell's output."""

from matplotlib.backend_bases import FigureManagerBase as FigureManager
from matplotlib.backends.backend_agg import FigureCanvasAgg as FigureCanvas

__all__ = ["FigureCanvas", "FigureManager", "show"]


def show(*args, **kwargs):
    import page_session

    page_session.show_open_figures()
