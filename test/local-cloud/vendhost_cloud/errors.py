"""The one error our services answer with."""


class AwsError(Exception):
    """An error in AWS's words: `code` is the exception's name in the service's model."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.status = status


class Unsupported(AwsError):
    """Something AWS supports and the local cloud does not: the error names it, it is never ignored."""

    def __init__(self, what: str) -> None:
        super().__init__("UnsupportedOperation", f"the local cloud does not support {what}")
