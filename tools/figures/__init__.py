"""Measured figures and where they stand: what is run (`runs`), what of it is shown (`views`), how
it looks (`markdown`), and the pages that show it (`pages`); put together by ``print_tables.py``."""
