"""API Gateway's REST APIs: ministack routes, throttles and validates requests; here a request must be one that
API Gateway takes, the function must let the API call it, gets the event as AWS makes it, and its answer must be one.
"""

from vendhost_cloud.rest_apis import deployments, events, integration, refusals, spelling


def register() -> None:
    for part in (deployments, events, integration, refusals, spelling):
        part.register()
