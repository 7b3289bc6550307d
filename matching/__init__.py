"""Who with whom, and why: candidates, named signs and explained rankings."""
