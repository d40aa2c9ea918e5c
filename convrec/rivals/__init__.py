"""The rivals of single-token items, semantic ids and titles as text, on the same backbone, decoded by beam search; and
the hybrid, a picker of its own beside the writer.

They are here to be beaten fairly: trained by the same loop on the same histories, asked by the same protocol, and
timed on the same prompts (evaluate/rivals.py, evaluate/decode.py).
"""
