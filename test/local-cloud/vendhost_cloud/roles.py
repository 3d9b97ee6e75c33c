"""A service acts in a customer's account as a role, and the role needs the permissions.

Checked where IAM is enforced (AUTH=true): trust, the role's policies, its boundary, and a bucket's policy when it
denies.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from ministack import app
from ministack.core import iam_evaluator
from ministack.core.iam_actions import identity_denial_message
from ministack.core.iam_evaluator import EvalContext
from ministack.core.responses import get_account_id, get_region
from ministack.services import iam, s3, tagging

from vendhost_cloud.errors import AwsError

Document = dict[str, Any]

_AWS_MANAGED: dict[str, Document] = {
    # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSCodeDeployRole.html
    "arn:aws:iam::aws:policy/service-role/AWSCodeDeployRole": {
        "Statement": {
            "Effect": "Allow",
            "Action": [
                "autoscaling:*",
                "ec2:Describe*",
                "ec2:TerminateInstances",
                "tag:GetResources",
                "sns:Publish",
                "cloudwatch:DescribeAlarms",
                "cloudwatch:PutMetricAlarm",
                "elasticloadbalancing:Describe*",
                "elasticloadbalancing:RegisterTargets",
                "elasticloadbalancing:DeregisterTargets",
            ],
            "Resource": "*",
        }
    }
}
_KEY_ID = re.compile(r"<KMSMasterKeyID>([^<]+)</KMSMasterKeyID>")


@dataclass(frozen=True)
class Role:
    """A role as a service uses it, for instance codepipeline.amazonaws.com."""

    arn: str
    service: str

    @property
    def name(self) -> str:
        return self.arn.rpartition("/")[2]

    def assumable(self, keys: Document | None = None) -> bool:
        """Whether the role exists and trusts the service, which says these condition keys besides the account."""
        if not app.AUTH:
            return True
        found = iam._roles.get(self.name)
        if found is None:
            return False
        context = self._context("sts:AssumeRole", "*", {"aws:SourceAccount": get_account_id(), **(keys or {})})
        given = found["AssumeRolePolicyDocument"]
        statements = (json.loads(given) if isinstance(given, str) else given)["Statement"]
        return any(
            one["Effect"] == "Allow"
            and iam_evaluator._service_principal_matches(one.get("Principal"), self.service)
            and iam_evaluator._conditions_met(one.get("Condition", {}), context)
            for one in (statements if isinstance(statements, list) else [statements])
        )

    def require(self, action: str, resource: str, context: Document | None = None) -> None:
        """Raise AccessDenied, in AWS's words, unless the role may do it."""
        if not app.AUTH:
            return
        tags = tagging.resource_tags(resource) or {}
        own = {f"aws:ResourceTag/{key}": value for key, value in tags.items()}
        request = self._context(action, resource, {**own, **(context or {})})
        account = get_account_id()
        policies = iam_evaluator._gather_role_policies(self.name, account)
        attached = (iam._roles.get(self.name) or {}).get("AttachedPolicies", [])
        policies += [iam_evaluator.parse_policy_document(_AWS_MANAGED[one]) for one in attached if one in _AWS_MANAGED]
        boundary = iam_evaluator._permissions_boundary(iam._roles, self.name, account)
        decision = iam_evaluator.evaluate(request, policies, *boundary).decision
        if decision != "Deny" and action.startswith("s3:"):
            bucket = resource.removeprefix("arn:aws:s3:::").partition("/")[0]
            decision = _bucket_policy(bucket, request, decision)
        if decision != "Allow":
            raise AwsError(
                "AccessDenied",
                str(identity_denial_message(action, request.principal_arn, resource, decision == "Deny")),
                403,
            )

    def require_read(self, bucket: str, key: str, version: str | None) -> None:
        """Require what reading an object needs: the object, and the key of the bucket."""
        action = "s3:GetObjectVersion" if version else "s3:GetObject"
        self.require(action, f"arn:aws:s3:::{bucket}/{key}")
        self._require_key(bucket, "kms:Decrypt")

    def require_write(self, bucket: str, key: str, context: Document | None = None) -> None:
        """Require what writing an object needs: the object, and the key of the bucket."""
        self.require("s3:PutObject", f"arn:aws:s3:::{bucket}/{key}", context)
        self._require_key(bucket, "kms:GenerateDataKey")

    def _require_key(self, bucket: str, action: str) -> None:
        found = _KEY_ID.search(str(s3._bucket_encryption.get(bucket) or ""))
        if found:
            region = get_region()
            via = {"kms:ViaService": f"s3.{region}.amazonaws.com", "kms:CallerAccount": get_account_id()}
            key = found[1]
            arn = key if key.startswith("arn:") else f"arn:aws:kms:{region}:{get_account_id()}:key/{key}"
            self.require(action, arn, via)

    def _tags(self) -> Document:
        tags = (iam._roles.get(self.name) or {}).get("Tags") or []
        return {f"aws:principaltag/{tag['Key'].lower()}": tag["Value"] for tag in tags}

    def _context(self, action: str, resource: str, context: Document) -> EvalContext:
        account = get_account_id()
        return EvalContext(
            principal_arn=f"arn:aws:sts::{account}:assumed-role/{self.name}/{self.service.partition('.')[0]}",
            principal_type="AssumedRole",
            principal_account=account,
            action=action,
            resource_arn=resource,
            region=get_region(),
            secure_transport=True,
            principal_keys=self._tags(),
            service_context={key.lower(): value for key, value in {"s3:TlsVersion": "1.3", **context}.items()},
        )


def of_instance(record: Document | None) -> Role | None:
    """The role of an EC2 instance's profile (a record of ministack's store), if it has one."""
    arn = ((record or {}).get("IamInstanceProfile") or {}).get("Arn", "")
    profile = iam._instance_profiles.get(arn.rpartition("/")[2]) if arn else None
    names = (profile or {}).get("Roles") or []
    if not names:
        return None
    return Role(f"arn:aws:iam::{get_account_id()}:role/{names[0]}", "ec2.amazonaws.com")


def _bucket_policy(bucket: str, request: EvalContext, decision: str) -> str:
    """Deny when the bucket's policy denies; what the role's policies say, or the bucket's, allows."""
    policy = s3._bucket_policies.get(bucket)
    found = str(iam_evaluator.evaluate_resource_policy(policy, request).decision) if policy else "ImplicitDeny"
    return found if found in ("Allow", "Deny") else decision
