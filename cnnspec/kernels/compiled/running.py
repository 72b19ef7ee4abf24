"""Work items carried out without the interpreter: threads that share a list, and meet at counters in memory.

All items stand in one list, each with so many of the first that it needs. A thread has those of a part of each layer,
the same in all of them: so it finds what it made of the layer before in the cache of its core. It takes its next one
once what that needs is done; and another's, if that is ready, when there is none for a moment. It gives the interpreter
an item that is not native, and comes back; it does so too when it has waited long, for another process may have the
core of the thread that it waits for.

One thread begins runs, the others help. Behind a run these stay awake for about a millisecond, since runs follow each
other more often than not: a call then costs them a cache line's way, where waking a sleeping thread takes as long as a
small layer. Who waits lets others have the core every few microseconds.
Cost: some tens of nanoseconds an item, and the time of a cache line from core to core.
"""

from __future__ import annotations

from .layout import (
    AWAY,
    BEHIND,
    BUSY,
    CALLED,
    DONE,
    FREE,
    GATHER,
    HELPER,
    ITEMS,
    LEADER,
    LINE,
    LINGERING,
    OVER,
    OWN,
    TAKEN,
    WAITING,
)  # fmt: skip
from .memory import Kernel, call, changed, fields, number, put, read, replace_if, write
from .vectors import Vectors

SHORTLY = 60
"""How often a thread that has nothing of its own to do looks whether that changes before it takes what is another's:
for one or two microseconds."""
NEXT, FINISHED, RESULT, FOUND = OWN.index("next"), OWN.index("finished"), OWN.index("result"), GATHER.index("away")


def run(vectors: Vectors) -> Kernel:
    """Carries out items until none is left to take."""
    of = fields(OWN)

    def kernel(p: int) -> None:
        count, needs, items, calls = of(p, "count"), of(p, "needs"), of(p, "items"), of(p, "calls")
        ended, behind, states = of(p, "progress"), of(p, "progress") + 8 * BEHIND, of(p, "progress") + 8 * ITEMS
        mine, mine_count, following, finished = of(p, "mine"), of(p, "mine_count"), of(p, "next"), of(p, "finished")
        waited = False
        while True:
            if finished >= 0:
                write(states + 8 * finished, DONE)
                first = read(behind)
                while first < count and read(states + 8 * first) == DONE:
                    replace_if(behind, first, first + 1)
                    first = read(behind)
                finished = -1
            while following < mine_count and read(states + 8 * number(mine, following)) != FREE:
                following += 1
            ready = read(behind)
            item = number(mine, following) if following < mine_count else count
            if item == count or number(needs, item) > ready:
                # Nothing of its own is ready: after a moment it takes what is another's.
                item = ready
                while item < count and read(states + 8 * item) != FREE:
                    item += 1
                if item == count or read(ended) != 0:
                    put(p, RESULT, OVER)
                    return
                is_ready = number(needs, item) <= ready
                if not (is_ready and waited):
                    looks = SHORTLY if is_ready else of(p, "looks")
                    waited = not changed(behind, ready, looks, 1 if is_ready else of(p, "patience"), of(p, "give_way"))
                    if waited and not is_ready:
                        put(p, NEXT, following)
                        put(p, RESULT, WAITING)
                        return
                    continue
            if not replace_if(states + 8 * item, FREE, TAKEN):
                continue
            waited = False
            if number(items, 2 * item) < 0:
                put(p, NEXT, following)
                put(p, RESULT, item)
                return
            for i in range(number(items, 2 * item), number(items, 2 * item + 1)):
                call(number(calls, 2 * i), number(calls, 2 * i + 1))
            finished = item

    return kernel


def gather(vectors: Vectors) -> Kernel:
    """Calls all helpers to a run: those that linger come by themselves, those that are away must be told."""
    of = fields(GATHER)

    def kernel(p: int) -> None:
        away = 0
        for i in range(of(p, "helpers")):
            state, was_away = of(p, "states") + LINE * i, 0
            if not replace_if(state, LINGERING, CALLED):
                write(state, CALLED)
                was_away = 1
            put(of(p, "were_away"), i, was_away)
            away += was_away
        put(p, FOUND, away)

    return kernel


def lead(vectors: Vectors) -> Kernel:
    """Carries out items, then waits until no helper has one any more. Those that have not come by then need not."""
    of = fields(LEADER)

    def kernel(p: int) -> None:
        own, i = of(p, "own"), 0
        call(of(p, "run"), own)
        while number(own, RESULT) == OVER and i < of(p, "helpers"):
            state = of(p, "states") + LINE * i
            has_ended = replace_if(state, CALLED, AWAY) or read(state) != BUSY
            if has_ended or changed(state, BUSY, of(p, "looks"), of(p, "patience"), of(p, "give_way")):
                i += 1
            else:
                put(own, RESULT, WAITING)

    return kernel


def assist(vectors: Vectors) -> Kernel:
    """Carries out items of one run after the other, until none has begun for a while."""
    of = fields(HELPER)

    def kernel(p: int) -> None:
        own, state = of(p, "own"), of(p, "state")
        while read(state) == BUSY or replace_if(state, CALLED, BUSY):
            call(of(p, "run"), own)
            if number(own, RESULT) != OVER:
                return
            put(own, NEXT, 0)
            put(own, FINISHED, -1)
            write(state, LINGERING)
            if not changed(state, LINGERING, of(p, "looks"), of(p, "patience"), of(p, "give_way")):
                replace_if(state, LINGERING, AWAY)
        put(own, RESULT, OVER)

    return kernel


SEQUENCE = ("calls", "count")


def sequence(vectors: Vectors) -> Kernel:
    """Carries out calls one after the other."""
    of = fields(SEQUENCE)

    def kernel(p: int) -> None:
        for i in range(of(p, "count")):
            call(number(of(p, "calls"), 2 * i), number(of(p, "calls"), 2 * i + 1))

    return kernel


REPEAT = ("function", "tables", "count", "step")
"""The address of a function and of its first table; how many tables there are; bytes from one to the next."""


def repeat(vectors: Vectors) -> Kernel:
    """Calls a function with one table after the other."""
    of = fields(REPEAT)

    def kernel(p: int) -> None:
        for i in range(of(p, "count")):
            call(of(p, "function"), of(p, "tables") + i * of(p, "step"))

    return kernel
