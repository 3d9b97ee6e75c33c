"""What a role of CloudFormation needs for the types platforms and virtual hosts both have."""

from vendhost_cloud.authorization.ec2_calls import make, named, new, own, retag
from vendhost_cloud.authorization.type_permissions import Call, Handlers, Resource, Table


def _parameter(resource: Resource) -> str:
    return resource.own("ssm", f"parameter/{resource.name('Name').lstrip('/')}")


def _document(resource: Resource) -> str:
    return resource.own("ssm", f"document/{resource.name('Name')}")


def _assumed_role(resource: Resource) -> list[str]:
    """The role that an Automation document acts as is passed to Systems Manager when the document is made."""
    content = resource.properties.get("Content")
    role = content.get("assumeRole") if isinstance(content, dict) else None
    return [str(role)] if role else []


_PASS = Call("iam:PassRole", _assumed_role, context=lambda _: {"iam:PassedToService": "ssm.amazonaws.com"})


def _log_group(resource: Resource) -> str:
    """With `:*`, as policies for everything but tagging name a log group.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html
    """
    return _log_group_to_tag(resource) + ":*"


def _log_group_to_tag(resource: Resource) -> str:
    return resource.own("logs", f"log-group:{resource.name('LogGroupName')}")


_INGRESS = ("SecurityGroupIngress",)
_EGRESS = ("SecurityGroupEgress",)

TYPES: Table = {
    "AWS::EC2::SecurityGroup": Handlers(
        (
            *make("ec2:CreateSecurityGroup", "security-group", Call("ec2:CreateSecurityGroup", named("vpc", "VpcId"))),
            Call("ec2:AuthorizeSecurityGroupIngress", new("security-group"), when=_INGRESS),
            # A new group has a rule that allows all egress; rules in the template replace it.
            Call("ec2:AuthorizeSecurityGroupEgress ec2:RevokeSecurityGroupEgress", new("security-group"), when=_EGRESS),
        ),
        (
            Call(
                "ec2:AuthorizeSecurityGroupIngress ec2:RevokeSecurityGroupIngress", own("security-group"), when=_INGRESS
            ),
            Call("ec2:AuthorizeSecurityGroupEgress ec2:RevokeSecurityGroupEgress", own("security-group"), when=_EGRESS),
            retag(own("security-group")),
        ),
        (Call("ec2:DeleteSecurityGroup", own("security-group")),),
    ),
    "AWS::Logs::LogGroup": Handlers(
        (
            Call("logs:CreateLogGroup", _log_group, tagging=True),
            Call("logs:TagResource", _log_group_to_tag, when=("Tags",), tagging=True),
            Call("logs:PutRetentionPolicy", _log_group, when=("RetentionInDays",)),
        ),
        (
            Call("logs:PutRetentionPolicy", _log_group, when=("RetentionInDays",)),
            Call("logs:AssociateKmsKey", _log_group, when=("KmsKeyId",)),
            Call("logs:TagResource logs:UntagResource", _log_group_to_tag, when=("Tags",), tagging=True),
        ),
        (Call("logs:DeleteLogGroup", _log_group),),
    ),
    "AWS::SSM::Document": Handlers(
        (
            Call("ssm:CreateDocument", _document, tagging=True),
            Call("ssm:AddTagsToResource", _document, when=("Tags",), tagging=True),
            _PASS,
        ),
        (
            Call("ssm:UpdateDocument ssm:UpdateDocumentDefaultVersion", _document, when=("Content",)),
            Call("ssm:AddTagsToResource ssm:RemoveTagsFromResource", _document, when=("Tags",), tagging=True),
            _PASS,
        ),
        (Call("ssm:DeleteDocument", _document),),
    ),
    "AWS::SSM::Parameter": Handlers(
        (
            Call("ssm:PutParameter", _parameter, tagging=True),
            Call("ssm:AddTagsToResource", _parameter, when=("Tags",), tagging=True),
        ),
        (
            Call("ssm:PutParameter", _parameter),
            Call("ssm:AddTagsToResource ssm:RemoveTagsFromResource", _parameter, when=("Tags",), tagging=True),
        ),
        (Call("ssm:DeleteParameter", _parameter),),
    ),
}
