"""What the direct APIs of EBS need: the snapshot by its tags, and its key, which EBS uses for the caller as EC2.

https://docs.aws.amazon.com/service-authorization/latest/reference/list_ebs.html and, for `kms:ViaService`,
https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AmazonInspector2AgentlessServiceRolePolicy.html
"""

from vendhost_cloud.authorization import ec2_keys
from vendhost_cloud.authorization.keys import key_requirement
from vendhost_cloud.authorization.request import Context, Request, Requirement
from vendhost_cloud.authorization.tags import tags_of


def requirements(request: Request) -> list[Requirement]:
    if request.operation == "StartSnapshot":
        return _start(request)
    tags = {f"aws:ResourceTag/{key}": value for key, value in (tags_of(request.arn) or {}).items()}
    key = ec2_keys.key_of(request.arn.rpartition("/")[2])
    return [request.needs(request.arn, tags), *([key_requirement(request, "kms:Decrypt", key, "ec2")] if key else [])]


def _start(request: Request) -> list[Requirement]:
    """Tags need `ec2:CreateTags` too, on a snapshot without an id, and without `ec2:CreateAction`."""
    given = request.json
    tags = {str(tag.get("Key")): str(tag.get("Value", "")) for tag in given.get("Tags") or []}
    tagging: Context = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
    if tags:
        tagging["aws:TagKeys"] = list(tags)
    arn = f"arn:aws:ec2:{request.region}::snapshot/*"
    parent = given.get("ParentSnapshotId")
    own: Context = {"ebs:VolumeSize": str(given.get("VolumeSize", "")), "ebs:Description": given.get("Description", "")}
    if parent:
        own["ebs:ParentSnapshot"] = f"arn:aws:ec2:{request.region}::snapshot/{parent}"
    key = str(given.get("KmsKeyArn") or "")
    return [
        request.needs(arn, {**tagging, **own}),
        *([Requirement("ec2:CreateTags", arn, "ec2", tagging)] if tags else []),
        *([key_requirement(request, "kms:GenerateDataKeyWithoutPlaintext", key, "ec2")] if key else []),
        *(
            [key_requirement(request, "kms:CreateGrant", key, "ec2", {"kms:GrantIsForAWSResource": "true"})]
            if key
            else []
        ),
    ]
