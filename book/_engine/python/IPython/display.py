"""``display`` and the two things that one shows with it, in the page."""


class HTML:
    def __init__(self, data):
        self.data = data

    def _repr_html_(self):
        return self.data


class Markdown:
    def __init__(self, data):
        self.data = data

    def __repr__(self):
        return self.data


def display(*objects, **_):
    import page_session

    for thing in objects:
        page_session.show(thing)
