# SPDX-License-Identifier: EUPL-1.2
"""`python -m service` is `land`."""

from service.cli import main

main()
