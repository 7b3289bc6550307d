"""What we know: the nouns, the official sources, the store and the public facts about Lazio."""
