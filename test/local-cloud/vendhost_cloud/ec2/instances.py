"""The instance actions of EC2, over machines that really run."""

import base64
from collections.abc import Callable
from functools import partial

from ministack.services import ec2

from vendhost_cloud import machines
from vendhost_cloud.ec2.launch import HONOURED, NEVER_MORE_THAN_NONE, launch, template_data
from vendhost_cloud.ec2.lifecycle import boot_machine, lock_of, set_state, terminated, while_still
from vendhost_cloud.ec2.store import Fields, Record, in_background, matches, new_id, now, scope, serve, tags_of
from vendhost_cloud.errors import AwsError
from vendhost_cloud.query_service import Body, page

_RUN = " ".join([*HONOURED, *NEVER_MORE_THAN_NONE, "MinCount MaxCount LaunchTemplate ClientToken"])
_FIELDS: Fields = {
    "instance-id": lambda one: one["InstanceId"],
    "instance-state-name": lambda one: one["State"]["Name"],
    "instance-state-code": lambda one: one["State"]["Code"],
    "instance-type": lambda one: one["InstanceType"],
    "image-id": lambda one: one["ImageId"],
    "key-name": lambda one: one["KeyName"],
    "vpc-id": lambda one: one["VpcId"],
    "subnet-id": lambda one: one["SubnetId"],
    "availability-zone": lambda one: one["Placement"]["AvailabilityZone"],
    "private-ip-address": lambda one: one["PrivateIpAddress"],
    "private-dns-name": lambda one: one["PrivateDnsName"],
    "ip-address": lambda one: one["PublicIpAddress"],
    "client-token": lambda one: one["ClientToken"],
    "architecture": lambda one: one["Architecture"],
    "instance.group-id": lambda one: [group["GroupId"] for group in one["SecurityGroups"]],
    "instance.group-name": lambda one: [group["GroupName"] for group in one["SecurityGroups"]],
    "iam-instance-profile.arn": lambda one: (one["IamInstanceProfile"] or {}).get("Arn"),
    "block-device-mapping.volume-id": lambda one: [entry["Ebs"]["VolumeId"] for entry in one["BlockDeviceMappings"]],
    "metadata-options.http-tokens": lambda one: one["MetadataOptions"]["HttpTokens"],
}


def by_id(instance_id: str) -> Record:
    """The record of an instance of the request's account and region."""
    record: Record | None = ec2._instances.get(instance_id)
    if record is None:
        if not ec2._INSTANCE_ID_RE.match(instance_id):
            raise AwsError("InvalidInstanceID.Malformed", f'Invalid id: "{instance_id}"')
        raise AwsError("InvalidInstanceID.NotFound", f"The instance ID '{instance_id}' does not exist")
    return record


def terminate(instance_id: str) -> Record:
    """Terminate an instance: `shutting-down` now, `terminated` when its last process has ended."""
    record = by_id(instance_id)
    if record["DisableApiTermination"]:
        raise AwsError(
            "OperationNotPermitted",
            f"The instance '{instance_id}' may not be terminated. Modify its 'disableApiTermination' attribute",
        )
    if record["State"]["Name"] in ("shutting-down", "terminated"):
        return record
    set_state(record, "shutting-down", "User initiated")

    def finish() -> None:
        with lock_of(instance_id):
            machines.shutdown(instance_id)
            terminated(record, "User initiated shutdown", "Client.UserInitiatedShutdown")
            association = ec2._find_active_iam_instance_profile_association(instance_id)
            if association:
                ec2._mark_iam_instance_profile_association_disassociated(association)

    in_background(f"terminate {instance_id}", finish)
    return record


def notice_deaths() -> None:
    """Instances whose PID 1 ended on its own become `stopped`, as after a shutdown inside the instance."""
    for record in ec2._instances.all_values():
        if (
            record["State"]["Name"] == "running"
            and not record["_Rebooting"]
            and machines.get(record["InstanceId"]) is None
        ):
            set_state(record, "stopped", "Client.InstanceInitiatedShutdown", "Client.InstanceInitiatedShutdown")


def view(record: Record) -> Body:
    """A record in the shape of the API."""
    return {**record, "Tags": tags_of(record["InstanceId"])}


def _run(request: Body) -> Body:
    account, _ = scope()
    least, most = request.pop("MinCount", 1), request.pop("MaxCount", 1)
    if not 1 <= least <= most:
        raise AwsError("InvalidParameterValue", f"MinCount {least} and MaxCount {most} are not a range")
    token = request.pop("ClientToken", "")
    started = [one for one in ec2._instances.values() if token and one["ClientToken"] == token]
    if not started:
        template = request.pop("LaunchTemplate", None)
        data = {**(template_data(template) if template else {}), **request}
        if not data.get("ImageId"):
            raise AwsError("MissingParameter", "The request must contain the parameter ImageId")
        started = launch(data, most, token=token)
    return {"ReservationId": new_id("r"), "OwnerId": account, "Groups": [], "Instances": [view(one) for one in started]}


def _describe(request: Body) -> Body:
    account, _ = scope()
    ec2._cleanup_terminated()
    notice_deaths()
    wanted = [by_id(one) for one in request.get("InstanceIds", [])] or list(ec2._instances.values())
    found = [one for one in wanted if matches(one, request.get("Filters"), _FIELDS, one["InstanceId"])]
    found, token = page(found, request)
    return {
        "NextToken": token,
        "Reservations": [
            {"ReservationId": f"r-{one['InstanceId'][2:]}", "OwnerId": account, "Groups": [], "Instances": [view(one)]}
            for one in found
        ],
    }


def _status(request: Body) -> Body:
    notice_deaths()
    wanted = [by_id(one) for one in request.get("InstanceIds", [])] or list(ec2._instances.values())
    everyone = request.get("IncludeAllInstances", False)
    found = [
        one
        for one in wanted
        if (everyone or one["State"]["Name"] == "running")
        and matches(one, request.get("Filters"), _FIELDS, one["InstanceId"])
    ]
    return {"InstanceStatuses": [_status_of(one) for one in found]}


def _status_of(record: Record) -> Body:
    # Running means that sshd has answered; there is nothing left to initialise.
    well = record["State"]["Name"] == "running"
    health = {
        "Status": "ok" if well else "not-applicable",
        "Details": [{"Name": "reachability", "Status": "passed"}] if well else [],
    }
    return {
        "AvailabilityZone": record["Placement"]["AvailabilityZone"],
        "InstanceId": record["InstanceId"],
        "InstanceState": record["State"],
        "InstanceStatus": health,
        "SystemStatus": health,
    }


def _change(member: str, change: Callable[[Record], None]) -> Callable[[Body], Body]:
    def run(request: Body) -> Body:
        records = [by_id(one) for one in request.get("InstanceIds", [])]
        changes = []
        for record in records:
            before = dict(record["State"])
            change(record)
            changes.append(
                {"InstanceId": record["InstanceId"], "PreviousState": before, "CurrentState": dict(record["State"])}
            )
        return {member: changes}

    return run


def _stop(record: Record) -> None:
    name = record["State"]["Name"]
    if name in ("shutting-down", "terminated"):
        raise AwsError(
            "IncorrectInstanceState",
            f"This instance '{record['InstanceId']}' is not in a state from which it can be stopped.",
        )
    if name in ("stopping", "stopped"):
        return
    set_state(record, "stopping", "User initiated", "Client.UserInitiatedShutdown")

    def finish() -> None:
        with lock_of(record["InstanceId"]):
            machines.shutdown(record["InstanceId"])
            if record["State"]["Name"] == "stopping":
                set_state(record, "stopped", "User initiated", "Client.UserInitiatedShutdown")

    in_background(f"stop {record['InstanceId']}", finish)


def _start(record: Record) -> None:
    name = record["State"]["Name"]
    if name in ("pending", "running"):
        return
    if name != "stopped":
        raise AwsError(
            "IncorrectInstanceState",
            f"The instance '{record['InstanceId']}' is not in a state from which it can be started.",
        )
    set_state(record, "pending")
    in_background(f"start {record['InstanceId']}", lambda: boot_machine(record))


def _reboot(request: Body) -> None:
    for record in [by_id(one) for one in request.get("InstanceIds", [])]:
        if record["State"]["Name"] == "running":
            in_background(f"reboot {record['InstanceId']}", partial(_restart, record))


def _restart(record: Record) -> None:
    with while_still(record, reboot=True):
        pass


def _console(request: Body) -> Body:
    record = by_id(request.get("InstanceId", ""))
    text = machines.console(record["InstanceId"]).encode()[-65536:]
    return {"InstanceId": record["InstanceId"], "Timestamp": now(), "Output": base64.b64encode(text).decode()}


def _delete_group(known: Callable[[Body], object]) -> Callable[[Body], object]:
    def run(params: Body) -> object:
        group = ec2._p(params, "GroupId")
        for record in ec2._instances.values():
            if record["State"]["Name"] != "terminated" and any(
                one["GroupId"] == group for one in record["SecurityGroups"]
            ):
                return ec2._error("DependencyViolation", f"resource {group} has a dependent object", 400)
        return known(params)

    return run


def register() -> None:
    ec2._docker_touched = lambda: False
    ec2._launch_instances_internal = _refuse_phantoms
    listing = "InstanceIds Filters MaxResults NextToken"
    serve("RunInstances", _run, _RUN)
    serve("DescribeInstances", _describe, listing)
    serve("DescribeInstanceStatus", _status, f"{listing} IncludeAllInstances")
    serve("StopInstances", _change("StoppingInstances", _stop), "InstanceIds Force")
    serve("StartInstances", _change("StartingInstances", _start), "InstanceIds")
    serve(
        "TerminateInstances",
        _change("TerminatingInstances", lambda one: (terminate(one["InstanceId"]), None)[1]),
        "InstanceIds",
    )
    serve("RebootInstances", _reboot, "InstanceIds")
    serve("GetConsoleOutput", _console, "InstanceId Latest")
    ec2._ACTION_MAP["DeleteSecurityGroup"] = _delete_group(ec2._ACTION_MAP["DeleteSecurityGroup"])


def _refuse_phantoms(*_: object, **__: object) -> None:
    raise ValueError("the local cloud starts instances only for RunInstances and Auto Scaling groups")
