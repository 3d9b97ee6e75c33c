"""Lambda: ministack runs the handlers of a zip, here with the rights of the function's role and no more environment
than Lambda gives, and refuses what Lambda refuses.
"""

from vendhost_cloud.functions import environment, failures, logs, refusals


def register() -> None:
    for part in (environment, failures, logs, refusals):
        part.register()
