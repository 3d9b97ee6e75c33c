"""Every place where this plug-in holds on to ministack's internals.

ministack promises nothing about these names, so a new version may drop any of them. They are all private names that
this package reads, calls or replaces, and the public ones that it replaces: a replacement of a name that nobody calls
any more would do nothing, silently. `tests/seams.cloud.test.ts` compares this list with the source.
"""

from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class Seam:
    """Names of one of ministack's modules, and what this package does with them."""

    module: str
    why: str
    names: tuple[str, ...]


SEAMS = (
    # How requests are authorized: authorization/, roles.py, web_identity.py, assume_role.py.
    Seam("ministack.app", "replaced: requests from loopback count as sent with TLS", ("pin_request_origin",)),
    Seam(
        "ministack.app",
        "replaced: what CloudTrail records",
        ("_maybe_record_cloudtrail", "fix_error_content_type"),
    ),
    Seam("ministack.app", "the parameters of a request", ("_ct_request_params", "_routing_params")),
    Seam(
        "ministack.core.iam_actions",
        "replaced: which resource a request is about",
        ("extract_resource_arn",),
    ),
    Seam(
        "ministack.core.iam_actions", "which operation of a REST service a request is for", ("_BOTOCORE_SERVICE_MAP",)
    ),
    Seam("ministack.core.iam_actions", "words of an error answer", ("_DENIED_CODES", "_resource_policy_denial")),
    Seam("ministack.core.iam_evaluator", "replaced: one request may need several permissions", ("enforce",)),
    Seam(
        "ministack.core.iam_evaluator",
        "replaced: variables in conditions and resources; whether a resource's tags matter",
        ("_conditions_met", "_first_match", "_names_condition_key"),
    ),
    Seam("ministack.core.iam_evaluator", "the value of a variable", ("_resolve_condition_key",)),
    Seam(
        "ministack.core.iam_evaluator",
        "whether a role that a service assumed may do something",
        ("_gather_role_policies", "_permissions_boundary", "_service_principal_matches"),
    ),
    Seam(
        "ministack.services.iam", "stores", ("_instance_profiles", "_oidc_providers", "_policies", "_roles", "_users")
    ),
    Seam("ministack.services.iam", "policies that are AWS's, which are in no store", ("_is_aws_managed_arn",)),
    Seam("ministack.services.iam", "error answers", ("_error",)),
    Seam("ministack.services.iam", "the table of actions, in which ours take their places", ("_IAM_HANDLERS",)),
    Seam("ministack.services.kms", "the key behind a key id, ARN or alias", ("_resolve_key",)),
    Seam(
        "ministack.services.sts",
        "who calls, and whether a role trusts a web identity",
        ("_caller_identity", "_web_identity_trust_denied"),
    ),
    Seam("ministack.services.tagging", "replaced: tags of resources ministack does not look at", ("resource_tags",)),
    Seam("ministack.services.cloudtrail", "tags; events", ("_get_event_queue", "_trail_tags")),
    Seam("ministack.services.cloudtrail", "which data events trails record", ("_event_selectors", "_trails")),
    Seam("ministack.core.iam_actions", "replaced: refused writes are recorded, too", ("access_denied_response",)),
    # EventBridge: event_rules/.
    Seam(
        "ministack.services.eventbridge",
        "targets of a rule; events to the default bus, as patterns and templates see them",
        (
            "_apply_input_transformer",
            "_dispatch_event",
            "_ensure_default_bus",
            "_pattern_event_view",
            "_rule_key",
            "_targets",
        ),
    ),
    Seam("ministack.services.eventbridge", "replaced: targets that are pipelines", ("_invoke_target",)),
    Seam("ministack.services.cloudtrail", "replaced: events are recorded", ("_recording_enabled",)),
    Seam("ministack.services.cloudwatch_logs", "tags; events", ("_log_groups",)),
    Seam("ministack.services.cloudwatch_logs", "replaced: every event has an id", ("_append_log_events",)),
    # Functions and REST APIs: functions/, rest_apis/.
    Seam("ministack.core.lambda_runtime", "replaced: the environment of a function's process", ("subprocess",)),
    Seam("ministack.services.lambda_svc", "replaced: what becomes of a failed event", ("_route_async_failure",)),
    Seam("ministack.services.lambda_svc", "replaced: a function's log needs rights", ("_emit_lambda_logs",)),
    Seam(
        "ministack.services.lambda_svc",
        "functions, and the code of new ones",
        ("_fetch_code_from_s3", "_func_arn", "_functions", "_get_func_record_for_ref", "_resolve_name"),
    ),
    Seam(
        "ministack.services.apigateway_v1",
        "replaced: which requests are taken, what a function gets, and what its answer becomes",
        (
            "_build_lambda_event_v1",
            "_call_lambda_raw",
            "_create_deployment",
            "_create_rest_api",
            "_delete_deployment",
            "_execute_in_scope",
            "_invoke_lambda_proxy_v1",
            "_lambda_proxy_response",
            "_match_greedy_fallback",
            "_match_resource_tree",
            "find_api_scope",
        ),
    ),
    Seam("ministack.services.apigateway_v1", "an error of API Gateway's own", ("_gw_error",)),
    Seam(
        "ministack.services.apigateway_v1",
        "stores",
        (
            "_account_settings",
            "_deployments_v1",
            "_request_validators",
            "_resources",
            "_rest_apis",
            "_stages_v1",
        ),
    ),
    # EC2: ec2/, auto_scaling/, cloudformation/{ec2,flow_log,network_acl,security_group_rules}.py.
    Seam("ministack.services.ec2", "the table of actions, in which ours take their places", ("_ACTION_MAP",)),
    Seam(
        "ministack.services.ec2",
        "stores",
        (
            "_addresses",
            "_flow_logs",
            "_images",
            "_instances",
            "_key_pairs",
            "_launch_templates",
            "_nat_gateways",
            "_network_acls",
            "_security_groups",
            "_snapshots",
            "_subnets",
            "_tags",
            "_volumes",
        ),
    ),
    Seam(
        "ministack.services.ec2",
        "replaced: instances are ours and need no Docker; volumes, launch templates and network ACLs show more",
        (
            "_docker_touched",
            "_launch_instances_internal",
            "_network_acl_entry_xml",
            "_parse_lt_data",
            "_snapshot_inner_xml",
            "_volume_inner_xml",
            "reset",
        ),
    ),
    Seam(
        "ministack.services.ec2",
        "parts of its actions that ours reuse",
        (
            "_INSTANCE_ID_RE",
            "_az_id_for_zone_name",
            "_cleanup_terminated",
            "_ensure_defaults_initialized",
            "_error",
            "_find_active_iam_instance_profile_association",
            "_mark_iam_instance_profile_association_disassociated",
            "_p",
            "_parse_member_list",
            "_resolve_iam_instance_profile",
            "_sg_rule_id",
            "_upsert_iam_instance_profile_association",
        ),
    ),
    Seam("ministack.services.autoscaling", "the table of actions, in which ours take their places", ("_ACTION_MAP",)),
    Seam("ministack.services.autoscaling", "stores", ("_asgs", "_hooks", "_tags")),
    Seam("ministack.services.autoscaling", "replaced: instances are real ones", ("_reconcile_instances", "reset")),
    Seam(
        "ministack.services.autoscaling",
        "parts of its actions that ours reuse",
        ("_asg_arn", "_delete_group_hooks", "_delete_group_policies", "_hook_record"),
    ),
    # Load balancers and certificates: load_balancers/, router/, certificates.py.
    Seam("ministack.services.alb", "the table of actions, in which ours take their places", ("_ACTION_MAP",)),
    Seam(
        "ministack.services.alb",
        "stores",
        ("_lb_attrs", "_lbs", "_listeners", "_rules", "_tags", "_targets", "_tg_attrs", "_tgs"),
    ),
    Seam("ministack.services.alb", "replaced: the text of a fixed response is escaped", ("_action_xml",)),
    Seam(
        "ministack.services.alb",
        "parts of its actions that ours reuse",
        ("_error", "_p", "_parse_certificate_arns", "_parse_targets_param", "_target_host_header", "_xml"),
    ),
    Seam(
        "ministack.services.acm", "replaced: an imported certificate is for the names in it", ("_import_certificate",)
    ),
    Seam(
        "ministack.services.acm",
        "the certificates a listener may have",
        ("_certificates", "_decode_pem_field", "_get_local_certificate"),
    ),
    # Stored objects, secrets and databases.
    Seam("ministack.services.s3", "replaced: the agent's installer is published on first use", ("handle_request",)),
    Seam(
        "ministack.services.s3",
        "stores",
        ("_bucket_encryption", "_bucket_policies", "_bucket_versioning", "_buckets"),
    ),
    Seam(
        "ministack.services.s3",
        "what publishing the agent's installer takes",
        ("_create_bucket", "_delete_public_access_block", "_put_bucket_policy", "_put_object"),
    ),
    Seam("ministack.services.ssm", "parameters as data", ("_put_parameter",)),
    Seam(
        "ministack.services.secretsmanager",
        "secrets by name or ARN, and their versions",
        ("_find_stage_version", "_publish_new_version", "_resolve", "_secrets"),
    ),
    Seam(
        "ministack.services.rds",
        "stores",
        ("_instances", "_option_groups", "_param_groups", "_snapshots", "_subnet_groups", "_tags"),
    ),
    Seam("ministack.services.rds", "words of an error answer", ("_error",)),
    Seam("ministack.services.rds", "the table of actions, in which ours take their places", ("_ACTION_MAP",)),
    Seam("ministack.services.rds", "its handler without the thread around it", ("_handle_request_sync",)),
    Seam("ministack.services.cloudwatch", "names that exist", ("_alarms",)),
    Seam("ministack.services.cloudwatch", "values of metrics; metrics of alarms", ("_dims_key", "_metrics")),
    Seam(
        "ministack.services.lambda_svc",
        "replaced: metrics of functions",
        ("_emit_lambda_metrics", "_execute_function_dispatch"),
    ),
    Seam("ministack.services.sqs", "how many messages a queue has", ("_refresh_counts",)),
    Seam("ministack.services.sns", "names that exist", ("_topics",)),
    Seam("ministack.services.sqs", "names that exist", ("_queues",)),
    # CloudFormation: cloudformation/, authorization/stack_roles.py, and what other parts add to resource types.
    Seam("ministack.services.cloudformation", "stores", ("_change_sets", "_stacks")),
    Seam("ministack.services.cloudformation.handlers", "replaced: a stack by its ARN", ("_resolve_stack",)),
    Seam(
        "ministack.services.cloudformation.handlers",
        "the table of actions, in which ours take their places",
        ("_ACTION_HANDLERS",),
    ),
    Seam(
        "ministack.services.cloudformation.handlers",
        "replaced: which updates change nothing",
        ("_stack_has_no_updates",),
    ),
    Seam("ministack.services.cloudformation.changesets", "change sets by name or ARN", ("_find_change_set",)),
    Seam(
        "ministack.services.cloudformation.changesets",
        "properties as far as they are known before a resource is made",
        ("_resolve_props_for_diff",),
    ),
    Seam("ministack.services.cloudformation.drift", "what drift detection reads of a type", ("_DRIFT_READERS",)),
    Seam("ministack.services.cloudformation.engine", "templates", ("_intrinsic_references", "_parse_template")),
    Seam("ministack.services.cloudformation.helpers", "error answers", ("_error",)),
    Seam(
        "ministack.services.cloudformation.provisioners",
        "tables of resource types: handlers, replacements, names, tags",
        ("_CUSTOM_NAME_REPLACEMENT", "_REPLACING_PROPERTIES", "_RESOURCE_HANDLERS", "_STACK_TAG_PROPERTY"),
    ),
    Seam(
        "ministack.services.cloudformation.provisioners",
        "replaced: how groups are deleted and secrets generated, what an alarm is",
        ("_asg_delete", "_cw_metric_alarm_record", "_sm_secret_string"),
    ),
    Seam(
        "ministack.services.cloudformation.provisioners",
        "parts of its handlers that ours reuse",
        (
            "_asg_launch_template",
            "_delete_resource",
            "_elbv2_handler_error",
            "_elbv2_load_balancer_delete",
            "_physical_name",
            "_requires_replacement",
        ),
    ),
    Seam(
        "ministack.services.cloudformation.stacks",
        "replaced: stack policies, roles of stacks, types that wait",
        (
            "_delete_resource",
            "_provision_resource",
            "_resolve_stack_outputs",
            "_runs_on_worker_thread",
            "_update_resource",
        ),
    ),
)


class MissingSeams(Exception):
    """Names this plug-in needs and this version of ministack does not have."""


def check() -> None:
    """Raise MissingSeams with all names of the list that ministack lacks, rather than fail at the first request."""
    missing = sorted(f"{seam.module}.{name}" for seam in SEAMS for name in seam.names if not _exists(seam.module, name))
    if missing:
        raise MissingSeams(
            "this version of ministack lacks names that the plug-in uses "
            f"(see vendhost_cloud/seams.py): {', '.join(missing)}"
        )


def _exists(module: str, name: str) -> bool:
    try:
        return hasattr(import_module(module), name)
    except ModuleNotFoundError as error:
        if not module.startswith(str(error.name)):
            raise
        return False
