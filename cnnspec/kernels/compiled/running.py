"""Work items carried out without the interpreter: threads that share a list, and meet at counters in memory.

All items stand in one list, each with so many of the first that it needs. A thread takes the next one once what it
needs is done. It gives the interpreter an item that is not native, and comes back; it does so too when it has waited
long, for another process may have the core of the thread that it waits for.
Cost: some tens of nanoseconds an item, and the time of a cache line from core to core.
"""

from __future__ import annotations

from .layout import BEHIND, DONE, OVER, OWN, WAITING
from .memory import Kernel, add_if, call, fields, number, put, read, write
from .vectors import Vectors


def run(vectors: Vectors) -> Kernel:
    """Carries out items until none is left to take."""
    of = fields(OWN)
    result = OWN.index("result")

    def kernel(p: int) -> None:
        count, needs, items, calls = of(p, "count"), of(p, "needs"), of(p, "items"), of(p, "calls")
        following, behind, done = of(p, "progress"), of(p, "progress") + 8 * BEHIND, of(p, "progress") + 8 * DONE
        finished, looked = of(p, "finished"), 0
        while True:
            if finished >= 0:
                write(done + 8 * finished, 1)
                first = read(behind)
                while first < count and read(done + 8 * first) == 1:
                    add_if(behind, first)
                    first = read(behind)
                finished = -1
            item = read(following)
            if item >= count:
                put(p, result, OVER)
                return
            if number(needs, item) > read(behind):
                looked += 1
                if looked > of(p, "patience"):
                    put(p, result, WAITING)
                    return
                continue
            if not add_if(following, item):
                continue
            looked = 0
            if number(items, 2 * item) < 0:
                put(p, result, item)
                return
            for i in range(number(items, 2 * item), number(items, 2 * item + 1)):
                call(number(calls, 2 * i), number(calls, 2 * i + 1))
            finished = item

    return kernel


SEQUENCE = ("calls", "count")


def sequence(vectors: Vectors) -> Kernel:
    """Carries out calls one after the other."""
    of = fields(SEQUENCE)

    def kernel(p: int) -> None:
        for i in range(of(p, "count")):
            call(number(of(p, "calls"), 2 * i), number(of(p, "calls"), 2 * i + 1))

    return kernel
