"""NumPy: a network as one file of plain NumPy, which reads its weights by itself and needs nothing else.

`kinds` has a rule for each layer kind, a call of one of the functions in `definitions`, of which a file has those that
it uses. A body becomes a function.
"""
