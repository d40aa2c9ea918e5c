"""Choosing items and writing words: the token loop, the item step, and the one rendering of a prompt."""
