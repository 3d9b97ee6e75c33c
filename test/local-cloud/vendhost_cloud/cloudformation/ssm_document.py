"""AWS::SSM::Document, with the document operations ministack's SSM lacks."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core.responses import (
    AccountRegionScopedDict,
    error_response_json,
    get_account_id,
    json_response,
    now_epoch,
)

from vendhost_cloud.cloudformation.resource_type import Created, Properties, Resource, ResourceType
from vendhost_cloud.errors import AwsError

Document = dict[str, Any]

_documents = AccountRegionScopedDict()
"""Name -> {"Name", "Type", "Format", "Tags", "Versions": [content, …]} of each account and region."""


def _create_document(request: Document) -> Document:
    name = request["Name"]
    if name in _documents:
        raise AwsError("DocumentAlreadyExists", f"the document {name} already exists")
    document = {
        "Name": name,
        "Type": request.get("DocumentType", "Command"),
        "Format": request.get("DocumentFormat", "JSON"),
        "TargetType": request.get("TargetType", ""),
        "Tags": request.get("Tags", []),
        "Created": now_epoch(),
        "Versions": [request["Content"]],
    }
    _documents[name] = document
    return {"DocumentDescription": _description(document)}


def _update_document(request: Document) -> Document:
    document = _find(request)
    if document["Versions"][-1] == request["Content"]:
        raise AwsError("DuplicateDocumentContent", "the content of the document is that of its latest version")
    document["Versions"].append(request["Content"])
    return {"DocumentDescription": _description(document)}


def _get_document(request: Document) -> Document:
    document = _find(request)
    version = request.get("DocumentVersion", "$DEFAULT")
    number = len(document["Versions"]) if version.startswith("$") else int(version)
    return {
        "Name": document["Name"],
        "DocumentVersion": str(number),
        "Status": "Active",
        "Content": document["Versions"][number - 1],
        "DocumentType": document["Type"],
        "DocumentFormat": document["Format"],
    }


def _describe_document(request: Document) -> Document:
    return {"Document": _description(_find(request))}


def _delete_document(request: Document) -> Document:
    del _documents[_find(request)["Name"]]
    return {}


def _list_documents(_: Document) -> Document:
    return {"DocumentIdentifiers": [_description(document) for document in _documents.values()]}


def find_document(name: str) -> Document | None:
    """A document of this account and region."""
    document: Document | None = _documents.get(name)
    return document


def _find(request: Document) -> Document:
    document = find_document(request["Name"])
    if document is None:
        raise AwsError("InvalidDocument", f"Document with name {request['Name']} does not exist.")
    return document


def _description(document: Document) -> Document:
    latest = len(document["Versions"])
    return {
        "Name": document["Name"],
        "Owner": get_account_id(),
        "CreatedDate": document["Created"],
        "Status": "Active",
        "DocumentVersion": str(latest),
        "LatestVersion": str(latest),
        "DefaultVersion": str(latest),
        "DocumentType": document["Type"],
        "DocumentFormat": document["Format"],
        "TargetType": document["TargetType"],
        "HashType": "Sha256",
        "Hash": hashlib.sha256(document["Versions"][-1].encode()).hexdigest(),
        "Tags": document["Tags"],
    }


_OPERATIONS: dict[str, Callable[[Document], Document]] = {
    "CreateDocument": _create_document,
    "UpdateDocument": _update_document,
    "GetDocument": _get_document,
    "DescribeDocument": _describe_document,
    "DeleteDocument": _delete_document,
    "ListDocuments": _list_documents,
}


def register_operations() -> None:
    """Put the document operations before ministack's own SSM."""
    others = app.SERVICE_HANDLERS["ssm"]

    async def handle(method: str, path: str, headers: dict[str, str], body: bytes, query: Document) -> Any:
        operation = _OPERATIONS.get(headers.get("x-amz-target", "").rpartition(".")[2])
        if operation is None:
            return await others(method, path, headers, body, query)
        try:
            return json_response(operation(json.loads(body or b"{}")))
        except AwsError as error:
            return error_response_json(error.code, error.message, error.status)

    app.SERVICE_HANDLERS["ssm"] = handle


def _create(resource: Resource) -> Created:
    name = resource.name("Name", 128)
    copied = resource.pick("DocumentType", "DocumentFormat", "TargetType", "Tags")
    _create_document({"Name": name, "Content": _content(resource), **copied})
    return Created(name)


def _update(resource: Resource) -> Created:
    """A new default version. AWS replaces instead unless UpdateMethod is NewVersion, see `TYPES`."""
    document = _find({"Name": resource.physical_id})
    document["Tags"] = resource.properties.get("Tags", [])
    if document["Versions"][-1] != _content(resource):
        if resource.properties.get("UpdateMethod", "Replace") != "NewVersion":
            raise ValueError("a changed Content needs UpdateMethod: NewVersion, or another Name")
        _update_document({"Name": resource.physical_id, "Content": _content(resource)})
    return Created(resource.physical_id)


def _content(resource: Resource) -> str:
    content = resource.properties["Content"]
    return content if isinstance(content, str) else json.dumps(content)


def _delete(physical_id: str, _: Properties) -> None:
    _documents.pop(physical_id, None)


TYPES = {
    "AWS::SSM::Document": ResourceType(
        _create, _update, _delete, replaces=("Name", "DocumentType"), custom_name="Name", tags=True
    ),
}
