"""Tables are read by the thread that asks: one of Arrow's could end the process while the interpreter ends."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import os, sys
import pyarrow
from cnnspec.bulk import parquet

path, way = sys.argv[1:]
with open(path, "rb") as stream:
    before = len(os.listdir("/proc/self/task"))
    if way == "ours":
        rows = sum(len(batch) for batch in parquet.batches(parquet.table(stream), ["a", "b"], batch_size=7))
    else:
        from pyarrow.parquet import ParquetFile
        rows = sum(len(batch) for batch in ParquetFile(stream).iter_batches(7))
    print(rows, len(os.listdir("/proc/self/task")) - before)
"""


@pytest.mark.peers
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux lists a process's threads there")
@pytest.mark.parametrize("way", ["ours", "Arrow's"])
def test_no_thread_of_arrow_reads(tmp_path: Path, way: str) -> None:
    import pyarrow as pa
    from pyarrow.parquet import write_table

    table = pa.table({"a": list(range(100)), "b": [str(number) for number in range(100)]})
    write_table(table, tmp_path / "t.parquet", row_group_size=30)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(tmp_path / "t.parquet"), way], capture_output=True, text=True, check=True
    )
    rows, threads = map(int, done.stdout.split())
    assert rows == 100
    assert (threads == 0) == (way == "ours"), "Arrow's own way shows that this test sees threads"
