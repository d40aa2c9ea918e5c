"""One turn = load path → read → plan → generate → check → store → reply. Scripted conversations live here too."""
