"""The group actions of Auto Scaling, over ministack's store of groups."""

import time
from collections.abc import Callable

from ministack.services import autoscaling, ec2
from ministack.services.cloudformation import provisioners

from vendhost_cloud.auto_scaling import activities, members, refresh, suspension, target_groups
from vendhost_cloud.auto_scaling.members import Group
from vendhost_cloud.ec2.store import now, scope
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Body, Handler, action, page

_CREATE = (
    "AutoScalingGroupName LaunchTemplate MinSize MaxSize DesiredCapacity DefaultCooldown AvailabilityZones "
    "TargetGroupARNs HealthCheckType HealthCheckGracePeriod VPCZoneIdentifier TerminationPolicies "
    "NewInstancesProtectedFromScaleIn Tags ServiceLinkedRoleARN DefaultInstanceWarmup"
)
_SUSPEND = "AutoScalingGroupName ScalingProcesses"
_REFRESH = (
    "InstanceRefreshId",
    "AutoScalingGroupName",
    "Status",
    "StatusReason",
    "StartTime",
    "EndTime",
    "PercentageComplete",
    "InstancesToUpdate",
    "Preferences",
    "DesiredConfiguration",
)


def group_of(name: str) -> Group:
    """A group of the request's account and region."""
    group: Group | None = autoscaling._asgs.get(name)
    if group is None:
        raise AwsError("ValidationError", f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    return group


def view(group: Group) -> Body:
    """A group in the shape of the API."""
    shown = {key: value for key, value in group.items() if not key.startswith("_") and value not in ("", {}, None)}
    return {**shown, "AvailabilityZones": zones(group), "TargetGroupARNs": group.get("TargetGroupARNs", [])}


def zones(group: Group) -> list[str]:
    """The availability zones of the group's subnets."""
    subnets = [ec2._subnets.get(one) for one in group["VPCZoneIdentifier"].split(",") if one]
    return sorted({one["AvailabilityZone"] for one in subnets if one}) or list(group["AvailabilityZones"])


def fit(group: Group) -> None:
    """Keep the desired capacity between the sizes."""
    if group["MinSize"] > group["MaxSize"]:
        raise AwsError(
            "ValidationError",
            f"Max bound, {group['MaxSize']}, must be greater than or equal to min bound, {group['MinSize']}",
        )
    group["DesiredCapacity"] = max(group["MinSize"], min(group["MaxSize"], group["DesiredCapacity"]))


def _create(request: Body) -> None:
    _, region = scope()
    name = request.get("AutoScalingGroupName", "")
    if name in autoscaling._asgs:
        raise AwsError(
            "AlreadyExists",
            f"AutoScalingGroup by this name already exists - A group with the name {name} already exists",
        )
    desired = request.get("DesiredCapacity", request.get("MinSize", 0))
    group: Group = {
        "AutoScalingGroupName": name,
        "AutoScalingGroupARN": autoscaling._asg_arn(name),
        "LaunchConfigurationName": "",
        "LaunchTemplate": _template(request.get("LaunchTemplate") or {}),
        "MinSize": request.get("MinSize", 0),
        "MaxSize": request.get("MaxSize", 0),
        "DesiredCapacity": desired,
        "DefaultCooldown": request.get("DefaultCooldown", 300),
        "AvailabilityZones": request.get("AvailabilityZones", [f"{region}a"]),
        "TargetGroupARNs": request.get("TargetGroupARNs", []),
        "HealthCheckType": request.get("HealthCheckType", "EC2"),
        "HealthCheckGracePeriod": request.get("HealthCheckGracePeriod", 0),
        "VPCZoneIdentifier": request.get("VPCZoneIdentifier", ""),
        "TerminationPolicies": request.get("TerminationPolicies", ["Default"]),
        "NewInstancesProtectedFromScaleIn": request.get("NewInstancesProtectedFromScaleIn", False),
        "Instances": [],
        "CreatedTime": now(),
        "Status": "",
    }
    fit(group)
    if group["DesiredCapacity"] != desired:
        raise AwsError(
            "ValidationError",
            f"Desired capacity:{desired} must be between the specified min size:{group['MinSize']} "
            f"and max size:{group['MaxSize']}",
        )
    group["Tags"] = [
        {
            "Key": tag["Key"],
            "Value": tag.get("Value", ""),
            "ResourceId": name,
            "ResourceType": "auto-scaling-group",
            "PropagateAtLaunch": bool(tag.get("PropagateAtLaunch")),
        }
        for tag in request.get("Tags", [])
    ]
    autoscaling._tags[name] = group["Tags"]
    autoscaling._asgs[name] = group


def _template(specification: Body) -> Body:
    if not specification:
        raise AwsError(
            "ValidationError", "Valid requests must contain LaunchTemplate (the local cloud supports no other source)"
        )
    template: Body = provisioners._asg_launch_template(specification)
    members.resolved(template)
    return template


def _update(request: Body) -> None:
    group = group_of(request.pop("AutoScalingGroupName", ""))
    if "LaunchTemplate" in request:
        request["LaunchTemplate"] = _template(request["LaunchTemplate"])
    # The loop never sees what is refused.
    wanted = {**group, **request}
    if "DesiredCapacity" in request and not wanted["MinSize"] <= request["DesiredCapacity"] <= wanted["MaxSize"]:
        raise AwsError(
            "ValidationError", f"Desired capacity:{request['DesiredCapacity']} must be between min size and max size"
        )
    fit(wanted)
    group.update({**request, "DesiredCapacity": wanted["DesiredCapacity"]})


def _set_desired(request: Body) -> None:
    _update({"AutoScalingGroupName": request["AutoScalingGroupName"], "DesiredCapacity": request["DesiredCapacity"]})


def _attach(request: Body) -> None:
    target_groups.attach(group_of(request.get("AutoScalingGroupName", "")), request["TargetGroupARNs"])


def _delete(request: Body) -> None:
    name = request.get("AutoScalingGroupName", "")
    group = group_of(name)
    if group["Instances"] and not request.get("ForceDelete"):
        raise AwsError(
            "ResourceInUse",
            "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) "
            "still in the group.",
        )
    remove(name)


def remove(name: str) -> list[members.Member]:
    """Remove a group and terminate its members: those in the answer, and one that the loop adds while it ends."""
    group = autoscaling._asgs.pop(name, None)
    autoscaling._tags.pop(name, None)
    autoscaling._delete_group_hooks(name)
    autoscaling._delete_group_policies(name)
    if group is None:
        return []
    group["_Gone"] = True
    for member in list(group["Instances"]):
        members.terminate(group, member, members.DELETED)
    gone: list[members.Member] = group["Instances"]
    return gone


def _describe(request: Body) -> Body:
    names = request.get("AutoScalingGroupNames", [])
    found = [group for name, group in autoscaling._asgs.items() if not names or name in names]
    wanted = [view(group) for group in found if _passes(group, request.get("Filters", []))]
    shown, token = page(wanted, request, limit="MaxRecords")
    return {"AutoScalingGroups": shown, "NextToken": token}


def _passes(group: Group, filters: list[Body]) -> bool:
    tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
    for entry in filters:
        name, values = entry["Name"], entry.get("Values", [])
        if name == "tag-key":
            passes = any(value in tags for value in values)
        elif name == "tag-value":
            passes = any(value in tags.values() for value in values)
        elif name.startswith("tag:"):
            passes = tags.get(name[4:]) in values
        else:
            raise AwsError(
                "ValidationError",
                f"Filter type {name} is not correct. Allowed Filter types are: tag-key tag-value tag:tag-key",
            )
        if not passes:
            return False
    return True


def _describe_members(request: Body) -> Body:
    wanted = request.get("InstanceIds", [])
    return {
        "AutoScalingInstances": [
            {**member, "AutoScalingGroupName": name}
            for name, group in autoscaling._asgs.items()
            for member in group["Instances"]
            if not wanted or member["InstanceId"] in wanted
        ]
    }


def _describe_activities(request: Body) -> Body:
    name = request.get("AutoScalingGroupName")
    groups = [group_of(name)] if name else list(autoscaling._asgs.values())
    return {"Activities": [one for group in groups for one in activities.of(group)]}


def _terminate_member(request: Body) -> Body:
    for group in autoscaling._asgs.values():
        for member in group["Instances"]:
            if member["InstanceId"] == request["InstanceId"]:
                if request.get("ShouldDecrementDesiredCapacity"):
                    if group["DesiredCapacity"] <= group["MinSize"]:
                        raise AwsError(
                            "ValidationError",
                            "Currently, desired capacity equals the minimum size: terminating would violate it",
                        )
                    group["DesiredCapacity"] -= 1
                members.terminate(group, member, "an instance was taken out of service in response to a user request.")
                return {"Activity": activities.of(group)[0]}
    raise AwsError(
        "ValidationError", f"Instance Id not found - No managed instance found for instance ID {request['InstanceId']}"
    )


def _set_health(request: Body) -> None:
    for group in autoscaling._asgs.values():
        for member in group["Instances"]:
            if member["InstanceId"] == request["InstanceId"]:
                grace = time.monotonic() - member["_Since"] < float(group["HealthCheckGracePeriod"])
                if not (grace and request.get("ShouldRespectGracePeriod", True)):
                    member["HealthStatus"] = request["HealthStatus"]
                return
    raise AwsError("ValidationError", f"Instance Id not found - {request['InstanceId']}")


def _start_refresh(request: Body) -> Body:
    if request.get("Strategy", "Rolling") != "Rolling":
        raise AwsError("ValidationError", "the local cloud supports only the Rolling strategy")
    record = refresh.start(group_of(request.get("AutoScalingGroupName", "")), request)
    return {"InstanceRefreshId": record["InstanceRefreshId"]}


def _describe_refreshes(request: Body) -> Body:
    wanted = request.get("InstanceRefreshIds", [])
    known = group_of(request.get("AutoScalingGroupName", "")).get("InstanceRefreshes", [])
    found = [one for one in known if not wanted or one["InstanceRefreshId"] in wanted]
    return {"InstanceRefreshes": [{key: one[key] for key in _REFRESH if key in one} for one in found]}


def _cancel_refresh(request: Body) -> Body:
    return {"InstanceRefreshId": refresh.cancel(group_of(request.get("AutoScalingGroupName", "")))["InstanceRefreshId"]}


def _roll_back_refresh(request: Body) -> Body:
    return {
        "InstanceRefreshId": refresh.roll_back(group_of(request.get("AutoScalingGroupName", "")))["InstanceRefreshId"]
    }


def register() -> None:
    def serve(operation: str, handler: Handler, supported: str) -> None:
        autoscaling._ACTION_MAP[operation] = action("autoscaling", operation, handler, supported=supported.split())

    def on_group(change: Callable[[Group, Body], None]) -> Handler:
        return lambda request: change(group_of(request.get("AutoScalingGroupName", "")), request)

    paging = "MaxRecords NextToken"
    serve("CreateAutoScalingGroup", _create, _CREATE)
    serve("UpdateAutoScalingGroup", _update, _CREATE)
    serve("SetDesiredCapacity", _set_desired, "AutoScalingGroupName DesiredCapacity HonorCooldown")
    serve("AttachLoadBalancerTargetGroups", _attach, "AutoScalingGroupName TargetGroupARNs")
    serve("DeleteAutoScalingGroup", _delete, "AutoScalingGroupName ForceDelete")
    serve("DescribeAutoScalingGroups", _describe, f"AutoScalingGroupNames Filters {paging}")
    serve("DescribeAutoScalingInstances", _describe_members, f"InstanceIds {paging}")
    serve("DescribeScalingActivities", _describe_activities, f"AutoScalingGroupName {paging}")
    serve("TerminateInstanceInAutoScalingGroup", _terminate_member, "InstanceId ShouldDecrementDesiredCapacity")
    serve("SetInstanceHealth", _set_health, "InstanceId HealthStatus ShouldRespectGracePeriod")
    serve("StartInstanceRefresh", _start_refresh, "AutoScalingGroupName Strategy DesiredConfiguration Preferences")
    serve("DescribeInstanceRefreshes", _describe_refreshes, f"AutoScalingGroupName InstanceRefreshIds {paging}")
    serve("CancelInstanceRefresh", _cancel_refresh, "AutoScalingGroupName")
    serve("RollbackInstanceRefresh", _roll_back_refresh, "AutoScalingGroupName")
    serve("SuspendProcesses", on_group(suspension.suspend), _SUSPEND)
    serve("ResumeProcesses", on_group(suspension.resume), _SUSPEND)
