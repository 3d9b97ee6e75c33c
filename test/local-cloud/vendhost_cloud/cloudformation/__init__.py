"""CloudFormation: the resource types ministack lacks, and what is missing from those it has.

One module per service; each has a table `TYPES` of resource types.
"""

from vendhost_cloud.cloudformation import (
    change_sets,
    cloudtrail,
    cloudwatch,
    codebuild,
    codedeploy,
    codepipeline,
    early_validation,
    ec2,
    event_rule,
    flow_log,
    iam,
    listener_certificate,
    network_acl,
    no_updates,
    rds,
    references,
    replacements,
    s3,
    secrets_manager,
    security_group_rules,
    shown_templates,
    sns,
    ssm_document,
    stack_ids,
    stack_policy,
    taken_names,
    template_faults,
    waf,
)

_SERVICES = (
    cloudtrail,
    cloudwatch,
    codebuild,
    codedeploy,
    codepipeline,
    ec2,
    event_rule,
    flow_log,
    iam,
    listener_certificate,
    network_acl,
    rds,
    secrets_manager,
    security_group_rules,
    ssm_document,
    waf,
)


def register() -> None:
    operations = (cloudwatch, ec2, flow_log, iam, listener_certificate, network_acl, rds, secrets_manager, ssm_document)
    for service in operations:
        service.register_operations()
    for service in _SERVICES:
        for name, resource_type in service.TYPES.items():
            resource_type.register(name)
    change_sets.register()
    early_validation.register()
    no_updates.register()
    references.register()
    replacements.register()
    s3.register()
    shown_templates.register()
    sns.register()
    stack_ids.register()
    stack_policy.register()
    taken_names.register()
    template_faults.register()
