"""Prints what is wrong with the answers on standard input: [[service, operation, status, content], …] as JSON."""

import json
import sys

from vendhost_cloud import answers
from vendhost_cloud.query_service import service_model

print(
    json.dumps(
        [
            answers.faults(
                service, service_model(answers.MODELS[service]).operation_model(operation), status, content.encode()
            )
            for service, operation, status, content in json.load(sys.stdin)
        ]
    )
)
