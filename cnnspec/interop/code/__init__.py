"""Source code of a network: what the formats share whose file is a program. A folder beside this one for each.

`structure` finds the blocks of a graph and what their uses have in common, `parameters` names what differs, `dataflow`
gives values their variables, `layout` breaks lines, `library` copies helpers. Nothing here knows a framework.
"""
