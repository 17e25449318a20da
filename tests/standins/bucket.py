"""A public S3 bucket on loopback: moto's server, over HTTP."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import boto3
from moto.server import ThreadedMotoServer

NAME = "pictures"
KEYS = {"AWS_ACCESS_KEY_ID": "of-tests", "AWS_SECRET_ACCESS_KEY": "of-tests"}
# The policy of docs/operations/s3.md.
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": "*",
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{NAME}/*",
        }
    ],
}


class Bucket:
    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.client = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEYS["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=KEYS["AWS_SECRET_ACCESS_KEY"],
        )

    def names(self) -> list[str]:
        return sorted(
            item["Key"] for item in self.client.list_objects_v2(Bucket=NAME).get("Contents", [])
        )

    def empty(self) -> None:
        for name in self.names():
            self.client.delete_object(Bucket=NAME, Key=name)


@contextmanager
def bucket() -> Iterator[Bucket]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        made = Bucket(f"http://{host}:{port}")
        made.client.create_bucket(Bucket=NAME)
        made.client.put_bucket_policy(Bucket=NAME, Policy=json.dumps(POLICY))
        yield made
    finally:
        server.stop()
