# SPDX-License-Identifier: EUPL-1.2
"""The commands of `land`, one module per subject. A command is a function on `service.terminal.app`.

Only typer and the terminal are imported at the top of a module: what a command needs is imported when it runs.
"""

# In the order in which `land --help` lists them.
MODULES = (
    "serving", "loading", "fetching", "infer", "asking", "drawing", "report", "duplicates", "keeping", "membership",
    "ranking", "evaluating", "sheets", "batch", "training",
)  # fmt: skip
