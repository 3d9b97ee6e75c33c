"""Key pairs: real keys for logging in to instances; the public key is stored."""

import base64
import hashlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from ministack.services import ec2

from vendhost_cloud.ec2.store import Record, matches, new_id, now, serve, set_tags, specified_tags, tags_of
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Body


def public_key(name: str) -> str:
    """The public key of a key pair, as a line of authorized_keys."""
    record = ec2._key_pairs.get(name)
    if record is None:
        raise AwsError("InvalidKeyPair.NotFound", f"The key pair '{name}' does not exist")
    return str(record["PublicKey"])


def _create(request: Body) -> Body:
    kind = request.get("KeyType", "rsa")
    private: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
    if kind == "rsa":
        private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        shape = serialization.PrivateFormat.TraditionalOpenSSL
    elif kind == "ed25519":
        private = ed25519.Ed25519PrivateKey.generate()
        shape = serialization.PrivateFormat.OpenSSH
    else:
        raise AwsError("InvalidParameterValue", f"Invalid value '{kind}' for keyType")
    material = private.private_bytes(serialization.Encoding.PEM, shape, serialization.NoEncryption()).decode()
    public = (
        private.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()
    )
    record = _add(request, f"{public} {request['KeyName']}", kind)
    return {**record, "KeyMaterial": material, "Tags": tags_of(record["KeyPairId"])}


def _import(request: Body) -> Body:
    try:
        public = base64.b64decode(request.get("PublicKeyMaterial", ""), validate=True).decode().strip()
        serialization.load_ssh_public_key(public.encode())
    except ValueError:
        raise AwsError("InvalidKey.Format", "Key is not in valid OpenSSH public key format") from None
    record = _add(request, public, "ed25519" if public.startswith("ssh-ed25519") else "rsa")
    return {**record, "Tags": tags_of(record["KeyPairId"])}


def _add(request: Body, public: str, kind: str) -> Record:
    name = request.get("KeyName", "")
    if not name:
        raise AwsError("MissingParameter", "The request must contain the parameter KeyName")
    if name in ec2._key_pairs:
        raise AwsError("InvalidKeyPair.Duplicate", f"The keypair '{name}' already exists.")
    digest = hashlib.sha256(base64.b64decode(public.split()[1])).digest()
    record: Record = {
        "KeyName": name,
        "KeyPairId": new_id("key"),
        "KeyFingerprint": base64.b64encode(digest).decode(),
        "KeyType": kind,
        "PublicKey": public,
        "CreateTime": now(),
    }
    ec2._key_pairs[name] = record
    set_tags(record["KeyPairId"], specified_tags(request.get("TagSpecifications"), "key-pair"))
    return record


def _describe(request: Body) -> Body:
    names, ids = request.get("KeyNames", []), request.get("KeyPairIds", [])
    for name in names:
        public_key(name)
    fields = {
        "key-name": lambda record: record["KeyName"],
        "key-pair-id": lambda record: record["KeyPairId"],
        "fingerprint": lambda record: record["KeyFingerprint"],
    }
    found = [
        record
        for record in ec2._key_pairs.values()
        if (not names or record["KeyName"] in names)
        and (not ids or record["KeyPairId"] in ids)
        and matches(record, request.get("Filters"), fields, record["KeyPairId"])
    ]
    hidden = () if request.get("IncludePublicKey") else ("PublicKey",)
    return {
        "KeyPairs": [
            {**{key: value for key, value in record.items() if key not in hidden}, "Tags": tags_of(record["KeyPairId"])}
            for record in found
        ]
    }


def _delete(request: Body) -> Body:
    for name, record in ec2._key_pairs.items():
        if request.get("KeyName") == name or request.get("KeyPairId") == record["KeyPairId"]:
            ec2._key_pairs.pop(name, None)
            ec2._tags.pop(record["KeyPairId"], None)
            return {"Return": True, "KeyPairId": record["KeyPairId"]}
    return {"Return": True}


def register() -> None:
    serve("CreateKeyPair", _create, "KeyName KeyType KeyFormat TagSpecifications")
    serve("ImportKeyPair", _import, "KeyName PublicKeyMaterial TagSpecifications")
    serve("DescribeKeyPairs", _describe, "KeyNames KeyPairIds Filters IncludePublicKey")
    serve("DeleteKeyPair", _delete, "KeyName KeyPairId")
