"""How API Gateway answers what a template says of an API's endpoint: `{"types": […]}`, where templates have `Types`
(https://docs.aws.amazon.com/apigateway/latest/api/API_EndpointConfiguration.html). ministack keeps what it was given.
"""

from typing import Any

from ministack.services import apigateway_v1


def register() -> None:
    create = apigateway_v1._create_rest_api

    def create_rest_api(data: dict[str, Any]) -> Any:
        endpoint = data.get("endpointConfiguration")
        if not isinstance(endpoint, dict):
            return create(data)
        answered = {name[:1].lower() + name[1:]: value for name, value in endpoint.items()}
        return create({**data, "endpointConfiguration": answered})

    apigateway_v1._create_rest_api = create_rest_api
