"""Launch templates with the KMS key of their volumes, which ministack's request parser drops."""

from typing import Any

from ministack.services import ec2

from vendhost_cloud.query_service import Params


def _with_keys(known: Any) -> Any:
    def parse(params: Params, prefix: str = "LaunchTemplateData") -> Any:
        data = known(params, prefix)
        for number, mapping in enumerate(data.get("BlockDeviceMappings", []), start=1):
            key = ec2._p(params, f"{prefix}.BlockDeviceMapping.{number}.Ebs.KmsKeyId")
            if key:
                mapping.setdefault("Ebs", {})["KmsKeyId"] = key
        return data

    return parse


def register() -> None:
    ec2._parse_lt_data = _with_keys(ec2._parse_lt_data)
