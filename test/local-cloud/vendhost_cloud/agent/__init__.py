"""What the CodeDeploy agent does on an instance, run there by the CodeDeploy service.

A process of its own, chrooted into the instance, so that a tenant's symbolic links resolve in
the instance and never on the host. Only the standard library and YAML: nothing may be imported
once the root has changed.
"""
