"""The buildspec, version 0.2: https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html

What the local cloud does not run is an error that names it.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml

from vendhost_cloud.errors import AwsError

PHASES = ("install", "pre_build", "build", "post_build")
_TOP = {"version", "env", "phases"}
_ENV = {"shell", "variables", "parameter-store", "secrets-manager", "exported-variables"}
_PHASE = {"commands", "finally", "on-failure"}


@dataclass(frozen=True)
class Phase:
    """Commands, those that always follow, and whether the build goes on when one fails (None: as AWS does)."""

    commands: tuple[str, ...] = ()
    at_end: tuple[str, ...] = ()
    goes_on: bool | None = None


@dataclass(frozen=True)
class Buildspec:
    """A buildspec as the agent runs it."""

    shell: str = "sh"
    variables: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    exported: tuple[str, ...] = ()
    phases: dict[str, Phase] = field(default_factory=dict)


def parse(text: str) -> Buildspec:
    """Raises InvalidInputException where CodeBuild calls it a YAML_FILE_ERROR once a build begins."""
    try:
        given = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise _fault(" ".join(str(error).split())) from error
    if not isinstance(given, dict):
        raise _fault("not a mapping")
    _only(given, _TOP, "")
    if str(given.get("version")) != "0.2":
        raise _fault(f"version {given.get('version')}: the local cloud runs 0.2")
    env = _mapping(given, "env")
    _only(env, _ENV, "env/")
    shell = str(env.get("shell", "sh"))
    if shell not in ("sh", "bash"):
        raise _fault(f"shell {shell}: sh or bash")
    phases = _mapping(given, "phases")
    _only(phases, set(PHASES), "phases/")
    if not phases:
        raise _fault("phases must not be empty")
    return Buildspec(
        shell,
        _texts(env, "variables"),
        _texts(env, "parameter-store"),
        _texts(env, "secrets-manager"),
        tuple(str(one) for one in env.get("exported-variables") or []),
        {name: _phase(name, phases[name]) for name in PHASES if name in phases},
    )


def _phase(name: str, given: Any) -> Phase:
    if not isinstance(given, dict):
        raise _fault(f"phases/{name} is not a mapping")
    _only(given, _PHASE, f"phases/{name}/")
    on_failure = given.get("on-failure")
    if on_failure not in (None, "ABORT", "CONTINUE"):
        raise _fault(f"phases/{name}/on-failure {on_failure}: ABORT or CONTINUE")
    goes_on = None if on_failure is None else on_failure == "CONTINUE"
    return Phase(_commands(given, name, "commands"), _commands(given, name, "finally"), goes_on)


def _commands(given: dict[str, Any], name: str, key: str) -> tuple[str, ...]:
    commands = given.get(key) or []
    if not isinstance(commands, list):
        raise _fault(f"phases/{name}/{key} is not a list")
    for one in commands:
        if not isinstance(one, str):
            raise _fault(f"Expected Commands[{commands.index(one)}] to be of string type: found {one!r}")
    return tuple(commands)


def _mapping(given: dict[str, Any], name: str) -> dict[str, Any]:
    found = given.get(name) or {}
    if not isinstance(found, dict):
        raise _fault(f"{name} is not a mapping")
    return found


def _texts(env: dict[str, Any], name: str) -> dict[str, str]:
    return {str(key): _text(value) for key, value in _mapping(env, name).items()}


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _only(given: dict[str, Any], known: set[str], where: str) -> None:
    foreign = sorted(str(key) for key in given if key not in known)
    if foreign:
        raise _fault(f"the local cloud does not support {', '.join(where + one for one in foreign)}")


def _fault(message: str) -> AwsError:
    return AwsError("InvalidInputException", f"YAML_FILE_ERROR Message: {message}")
