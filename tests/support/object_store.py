"""A store that speaks as S3 does, on this machine; and stores that stand for other kinds."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

BUCKET = "bucket"
OTHERS = {"moving": "MovingStore", "readonly": "ReadOnlyStore"}


def register_others() -> None:
    """Stores of `memory_stores` by their protocols."""
    from fsspec import filesystem, register_implementation

    for protocol, name in OTHERS.items():
        register_implementation(protocol, f"memory_stores.{name}", clobber=True)
    for protocol in ("memory", "moving"):
        filesystem(protocol).store.clear()


@contextmanager
def s3() -> Iterator[None]:
    """A server with an empty bucket, in an environment in which `s3://` is there."""
    import boto3
    from moto.server import ThreadedMotoServer
    from s3fs import S3FileSystem

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    environment = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    S3FileSystem.clear_instance_cache()  # they know the server of an earlier one
    try:
        client = boto3.client(
            "s3",
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name="us-east-1",
        )
        client.create_bucket(Bucket=BUCKET)
        client.close()
        with pytest.MonkeyPatch.context() as patched:
            for name, value in environment.items():
                patched.setenv(name, value)
            yield
    finally:
        server.stop()
