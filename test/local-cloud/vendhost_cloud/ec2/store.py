"""What the modules of this package share: ministack's EC2 stores, ids, scopes, filters, tags."""

import fnmatch
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import ec2

from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Body, Handler, action

Record = dict[str, Any]
Fields = Mapping[str, Callable[[Record], object]]
"""Filter name -> what it looks at in a record: a string, a boolean, a list of strings, or None."""


def new_id(prefix: str) -> str:
    """An id as EC2 makes them: the prefix and 17 hexadecimal digits."""
    return f"{prefix}-{secrets.token_hex(9)[:17]}"


def now() -> str:
    """The time as EC2's XML has it."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())


def scope() -> tuple[str, str]:
    """Account and region of the request."""
    return get_account_id(), get_region()


@contextmanager
def scoped(account: str, region: str) -> Iterator[None]:
    """Work in an account and region outside a request."""
    with request_scope(account, region):
        ec2._ensure_defaults_initialized()
        yield


def in_background(name: str, work: Callable[[], None]) -> None:
    """Run `work` in a thread of its own, in the account and region of the request."""
    account, region = scope()

    def run() -> None:
        with scoped(account, region):
            work()

    threading.Thread(target=run, name=name, daemon=True).start()


def serve(operation: str, handler: Handler, supported: str | None = None) -> None:
    """Answer an EC2 action by a handler of ours. `supported`: the parameters it honours, separated by spaces."""
    names = None if supported is None else [*supported.split(), "DryRun"]
    ec2._ACTION_MAP[operation] = action("ec2", operation, _dry(handler), supported=names)


def tags_of(resource: str) -> list[dict[str, str]]:
    """The tags of a resource."""
    tags: list[dict[str, str]] = ec2._tags.get(resource, [])
    return tags


def set_tags(resource: str, tags: list[dict[str, str]]) -> None:
    """Replace the tags of a resource."""
    if tags:
        ec2._tags[resource] = [{"Key": tag["Key"], "Value": tag.get("Value", "")} for tag in tags]


def specified_tags(specifications: list[Body] | None, resource_type: str) -> list[dict[str, str]]:
    """The tags that TagSpecifications give to resources of a type."""
    return [
        tag
        for specification in specifications or []
        if specification.get("ResourceType") == resource_type
        for tag in specification.get("Tags", [])
    ]


def matches(record: Record, filters: list[Body] | None, fields: Fields, resource: str) -> bool:
    """Whether a record passes all filters; an unknown filter is refused, as EC2 refuses it."""
    return all(_passes(record, entry, fields, resource) for entry in filters or [])


def _passes(record: Record, entry: Body, fields: Fields, resource: str) -> bool:
    name, patterns = entry.get("Name", ""), entry.get("Values", [])
    if name.startswith("tag:"):
        found: object = [tag["Value"] for tag in tags_of(resource) if tag["Key"] == name[4:]]
    elif name == "tag-key":
        found = [tag["Key"] for tag in tags_of(resource)]
    elif name in fields:
        found = fields[name](record)
    else:
        raise AwsError("InvalidParameterValue", f"The filter '{name}' is invalid")
    values = found if isinstance(found, list) else [found]
    return any(_like(value, pattern) for value in values if value is not None for pattern in patterns)


def _like(value: object, pattern: str) -> bool:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    # EC2 knows * and ?; square brackets are ordinary characters.
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))


def _dry(handler: Handler) -> Handler:
    def run(request: Body) -> Body | None:
        if request.pop("DryRun", False):
            raise AwsError("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
        return handler(request)

    return run
