"""The instances of a group: launched from its template, registered with its target groups, terminated."""

import copy
import time
from typing import Any

from ministack.services import alb, ec2

from vendhost_cloud import codedeploy
from vendhost_cloud import ec2 as our_ec2
from vendhost_cloud.auto_scaling import activities
from vendhost_cloud.ec2.store import Record, scope
from vendhost_cloud.errors import AwsError
from vendhost_cloud.load_balancers import target_health
from vendhost_cloud.query_service import Body
from vendhost_cloud.router import in_flight

Group = Record
Member = Record

DELETED = "the group is being deleted."
_PAUSE_AFTER_FAILURE = 2.0
_DRAIN_SECONDS = 2.0
"""Auto Scaling waits until the target has drained, minutes at most, before it terminates the instance.

https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay
"""
_PENDING = ("Pending", "Pending:Wait")
_ALIVE = (*_PENDING, "InService")


def living(group: Group) -> list[Member]:
    """The members that count: all but those that are being terminated."""
    return [one for one in group["Instances"] if one["LifecycleState"] in _ALIVE]


def template_of(group: Group) -> Body:
    """What new instances are launched from: the group's template, or that of a running refresh."""
    wanted: Body = group.get("_Wanted") or group["LaunchTemplate"]
    return wanted


def resolved(template: Body) -> Body:
    """A launch template specification with its version as a number."""
    record = ec2._launch_templates.get(template["LaunchTemplateId"])
    if record is None:
        raise AwsError("ValidationError", f"The launch template {template['LaunchTemplateId']} does not exist")
    version = str(template.get("Version") or "$Default")
    number = {"$Default": record["DefaultVersionNumber"], "$Latest": record["LatestVersionNumber"]}.get(
        version, version
    )
    if not any(str(one["VersionNumber"]) == str(number) for one in record["Versions"]):
        raise AwsError(
            "ValidationError",
            "You must use a valid fully-formed launch template. Could not find the specified version "
            f"{number} for the launch template with ID {record['LaunchTemplateId']}.",
        )
    return {
        "LaunchTemplateId": record["LaunchTemplateId"],
        "LaunchTemplateName": record["LaunchTemplateName"],
        "Version": str(number),
    }


def launch(group: Group, cause: str) -> None:
    """Launch one member; a failure is an activity, and the next try waits a little."""
    if group.get("_Gone") or time.monotonic() < group.get("_NextTry", 0.0):
        return
    try:
        template = resolved(template_of(group))
        data = copy.deepcopy(our_ec2.template_data(template))
        subnets = [one for one in group["VPCZoneIdentifier"].split(",") if one]
        if subnets:
            data["SubnetId"] = min(subnets, key=lambda one: _members_in(group, one))
        tags = [{"Key": tag["Key"], "Value": tag["Value"]} for tag in group["Tags"] if tag.get("PropagateAtLaunch")]
        tags.append({"Key": "aws:autoscaling:groupName", "Value": group["AutoScalingGroupName"]})
        tags.append({"Key": "aws:ec2launchtemplate:id", "Value": template["LaunchTemplateId"]})
        tags.append({"Key": "aws:ec2launchtemplate:version", "Value": template["Version"]})
        data["TagSpecifications"] = [*data.get("TagSpecifications", []), {"ResourceType": "instance", "Tags": tags}]
        [record] = our_ec2.launch(data)
    except AwsError as error:
        group["_NextTry"] = time.monotonic() + _PAUSE_AFTER_FAILURE
        group["_Failures"] = group.get("_Failures", 0) + 1
        activities.note(
            group, "Launching a new EC2 instance", cause, problem=f"{error.message} Launching EC2 instance failed."
        )
        return
    member: Member = {
        "InstanceId": record["InstanceId"],
        "InstanceType": record["InstanceType"],
        "LifecycleState": "Pending",
        "HealthStatus": "Healthy",
        "AvailabilityZone": record["Placement"]["AvailabilityZone"],
        "ProtectedFromScaleIn": bool(group["NewInstancesProtectedFromScaleIn"]),
        "LaunchTemplate": template,
        "_Since": time.monotonic(),
    }
    group["Instances"].append(member)
    activities.note(group, f"Launching a new EC2 instance: {record['InstanceId']}", cause)
    if group.get("_Gone"):
        # It was deleted meanwhile, and who did it may not have seen this one.
        terminate(group, member, DELETED)


def advance(group: Group) -> None:
    """Advance every member: booted ones go into service, unhealthy ones are terminated, terminated ones removed."""
    for member in list(group["Instances"]):
        record: Record | None = ec2._instances.get(member["InstanceId"])
        name = record["State"]["Name"] if record else "terminated"
        if member["LifecycleState"] == "Terminating":
            if name == "terminated":
                group["Instances"].remove(member)
        elif name in ("shutting-down", "terminated", "stopping", "stopped"):
            _lose(group, member, record, name)
        elif member["LifecycleState"] in _PENDING and name == "running":
            _bring_into_service(group, member)
        elif member["LifecycleState"] == "InService":
            _judge(group, member)


def _bring_into_service(group: Group, member: Member) -> None:
    """Put a member in service, once CodeDeploy's launch hook (if the group has one) is complete."""
    verdict = codedeploy.welcome(group["AutoScalingGroupName"], member["InstanceId"])
    if verdict == "serve":
        member.update(LifecycleState="InService", _Since=time.monotonic())
        _register_targets(group, member)
    elif verdict == "wait":
        member["LifecycleState"] = "Pending:Wait"
    elif verdict == "give up":
        group["_Failures"] = group.get("_Failures", 0) + 1
        group["_NextTry"] = time.monotonic() + _PAUSE_AFTER_FAILURE
        terminate(group, member, "the deployment of CodeDeploy's launch hook failed.")


def terminate(group: Group, member: Member, cause: str) -> None:
    """Take a member out of service and terminate it."""
    if member["LifecycleState"] == "Terminating":
        return
    member["LifecycleState"] = "Terminating"
    _deregister_targets(group, member["InstanceId"])
    activities.note(group, f"Terminating EC2 instance: {member['InstanceId']}", cause)
    record = ec2._instances.get(member["InstanceId"])
    if record is not None:
        record["DisableApiTermination"] = False
        our_ec2.terminate(member["InstanceId"])


def is_well(group: Group, member: Member) -> bool:
    """In service and, if the group uses ELB health checks, healthy there."""
    if member["LifecycleState"] != "InService" or member["HealthStatus"] != "Healthy":
        return False
    if group["HealthCheckType"] != "ELB":
        return True
    return all(health == "healthy" for health in target_states(group, member["InstanceId"]))


def target_states(group: Group, instance_id: str) -> list[str]:
    """The health of a member in each of the group's target groups."""
    account, _ = scope()
    states = []
    for arn in group.get("TargetGroupARNs", []):
        target_group: Any = alb._tgs.get(arn)
        if target_group is not None:
            states.append(target_health.state(account, target_group, {"Id": instance_id}).state)
    return states


def sync_targets(group: Group) -> None:
    """Members in service are registered with the group's target groups, also with ones added later."""
    for member in group["Instances"]:
        if member["LifecycleState"] == "InService":
            _register_targets(group, member)


def _lose(group: Group, member: Member, record: Record | None, state: str) -> None:
    reason = ((record or {}).get("StateReason") or {}).get("Message", "")
    if member["LifecycleState"] in _PENDING:
        group["_Failures"] = group.get("_Failures", 0) + 1
        group["_NextTry"] = time.monotonic() + _PAUSE_AFTER_FAILURE
        activities.note(
            group, f"Launching a new EC2 instance: {member['InstanceId']}", "the instance did not start", problem=reason
        )
    member["HealthStatus"] = "Unhealthy"
    terminate(
        group,
        member,
        f"an instance was taken out of service in response to an EC2 health check: it is {state}. {reason}".strip(),
    )


def _judge(group: Group, member: Member) -> None:
    sick = member["HealthStatus"] != "Healthy"
    grace = time.monotonic() - member["_Since"] < float(group["HealthCheckGracePeriod"])
    if group["HealthCheckType"] == "ELB" and not grace:
        sick = sick or "unhealthy" in target_states(group, member["InstanceId"])
    if sick:
        member["HealthStatus"] = "Unhealthy"
        terminate(
            group, member, "an instance was taken out of service in response to an ELB system health check failure."
        )


def _members_in(group: Group, subnet: str) -> int:
    ids = {one["InstanceId"] for one in living(group)}
    return sum(1 for one in ec2._instances.values() if one["InstanceId"] in ids and one["SubnetId"] == subnet)


def _register_targets(group: Group, member: Member) -> None:
    """Once per target group: an instance that CodeDeploy deregistered stays out until CodeDeploy registers it."""
    instance_id = member["InstanceId"]
    done: set[str] = member.setdefault("_Registered", set())
    done &= set(group.get("TargetGroupARNs", []))
    for arn in group.get("TargetGroupARNs", []):
        targets = alb._targets.get(arn)
        if arn in done or targets is None:
            continue
        done.add(arn)
        if all(one["Id"] != instance_id for one in targets):
            targets.append({"Id": instance_id})


def _deregister_targets(group: Group, instance_id: str) -> None:
    for arn in group.get("TargetGroupARNs", []):
        if arn in alb._targets:
            alb._targets[arn] = [one for one in alb._targets[arn] if one["Id"] != instance_id]
    in_flight.wait_for_none([(arn, instance_id) for arn in group.get("TargetGroupARNs", [])], _DRAIN_SECONDS)
