"""The board: a week of people's days, and all that taskmasters do on it. A file for each page or panel.

Each address is a page of its own, so that everything works without scripts; a request of the board's script gets only
the part of the page that changes. The services decide what may be done.
"""
