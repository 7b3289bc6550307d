"""How people reach it: pages, API and command line."""
