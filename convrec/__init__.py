"""Convrec: a conversational recommender whose one language model answers with catalogue items as single tokens."""
