"""Tables on their way to another process: Arrow streams; a slice goes without its whole."""

import pyarrow as pa


def packed(rows: pa.Table) -> bytes:
    """A table as an Arrow stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return sink.getvalue().to_pybytes()


def unpacked(content: bytes) -> pa.Table:
    """The table from `packed`."""
    return pa.ipc.open_stream(content).read_all()
