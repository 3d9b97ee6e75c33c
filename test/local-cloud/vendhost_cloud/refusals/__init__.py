"""What AWS refuses and ministack accepts, by service: a fault of the product must not hide behind a kind cloud."""

from vendhost_cloud.refusals import conflicts, parameters, principals, role_limits, secrets, tags, tokens


def register() -> None:
    for part in (conflicts, parameters, principals, role_limits, secrets, tags, tokens):
        part.register()
