"""Measured figures and where they stand: what is run (`runs`), what of it is shown (`views`), and
the pages that show it (`pages`). ``python tools/print_tables.py`` puts the three together."""
