"""Where: boundaries, nearness, indicators, layers and maps."""
