"""CloudWatch Logs: what AWS refuses and ministack accepts, pages, and the agent that sends logs from instances."""

from vendhost_cloud.logs import agent_package, events, pages
from vendhost_cloud.refusals.interception import before


def register() -> None:
    pages.identify_all()
    before("logs", pages.answer)
    before("logs", events.check)
    agent_package.publish()
