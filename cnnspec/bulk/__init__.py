"""Millions of inputs: a list of them in tasks, workers here or on many machines, results in shards that are whole or
absent.

A task is a part of the list and makes one shard, the same bytes whoever works on it, so what is there need not be made
again. One process alone plans, and writes.
"""
