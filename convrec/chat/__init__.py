"""One turn = load path → read → plan → generate → check → store → reply. Scripted conversations live here too.

`chat.Chat` answers, `cast.load` loads what it needs from a model folder. Nothing is imported here: pytest imports this
package in every run, to find scripted conversations.
"""
