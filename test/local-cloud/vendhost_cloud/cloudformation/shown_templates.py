"""Templates as GetTemplate answers them: each character beyond ASCII has become a question mark.

`mangleLikeCloudFormation`, by which the CDK compares with such answers:
https://github.com/aws/aws-cdk-cli/blob/main/packages/@aws-cdk/cloudformation-diff/lib/diff/util.ts
"""

import re
from typing import Any

from ministack.services.cloudformation import handlers


def register() -> None:
    known = handlers._ACTION_HANDLERS["GetTemplate"]

    def handle(parameters: dict[str, Any]) -> Any:
        status, headers, body = known(parameters)
        return status, headers, re.sub(r"[^\x00-\x7f]", "?", body.decode()).encode()

    handlers._ACTION_HANDLERS["GetTemplate"] = handle
