"""AWS::SNS::Topic: the key, which ministack's own handler leaves out."""

from collections.abc import Callable

from ministack.services.cloudformation import provisioners

from vendhost_cloud.cloudformation.resource_type import Properties
from vendhost_cloud.service_api import call

Handler = Callable[..., tuple[str, dict[str, str]]]


def register() -> None:
    handlers = provisioners._RESOURCE_HANDLERS["AWS::SNS::Topic"]
    create: Handler = handlers["create"]
    update: Handler = handlers["update"]

    def create_topic(logical_id: str, properties: Properties, stack_name: str) -> tuple[str, dict[str, str]]:
        topic, attributes = create(logical_id, properties, stack_name)
        _set_key(topic, {}, properties)
        return topic, attributes

    def update_topic(
        physical_id: str, previous: Properties, properties: Properties, *names: str
    ) -> tuple[str, dict[str, str]]:
        topic, attributes = update(physical_id, previous, properties, *names)
        _set_key(topic, previous if topic == physical_id else {}, properties)
        return topic, attributes

    handlers["create"] = create_topic
    handlers["update"] = update_topic


def _set_key(topic: str, previous: Properties, properties: Properties) -> None:
    key = properties.get("KmsMasterKeyId", "")
    if key != previous.get("KmsMasterKeyId", ""):
        request = {"TopicArn": topic, "AttributeName": "KmsMasterKeyId", "AttributeValue": key}
        call("sns", "SetTopicAttributes", request)
