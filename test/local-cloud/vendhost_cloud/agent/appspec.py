"""appspec.yml by the rules of the real agent, which is laxer than the documentation.

https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html and the
agent's parser (aws/aws-codedeploy-agent, application_specification.rb).
"""

import json
import math
import re
from dataclasses import dataclass, field
from typing import Any

from vendhost_cloud.agent import psych
from vendhost_cloud.agent.permissions import Permission, absent, parse_permission

BEHAVIOURS = ("DISALLOW", "OVERWRITE", "RETAIN")


class AppSpecError(Exception):
    """What the agent reports when it cannot use the application specification."""


@dataclass(frozen=True)
class Script:
    location: str
    timeout: int
    runas: str | None
    sudo: bool


@dataclass(frozen=True)
class AppSpec:
    hooks: dict[str, list[Script]] = field(default_factory=dict)
    files: list[tuple[Any, Any]] = field(default_factory=list)
    permissions: list[Permission] = field(default_factory=list)
    file_exists_behavior: str | None = None


def parse(content: bytes) -> AppSpec:
    """Read an application specification; AppSpecError says why it cannot be used."""
    try:
        document = psych.load(content)
    except psych.YamlError as error:
        raise AppSpecError(str(error)) from error
    if absent(document):
        raise AppSpecError(
            "The deployment failed because the application specification file was empty. Make sure your AppSpec file "
            "defines at minimum the 'version' and 'os' properties."
        )
    if isinstance(document, str):
        document = _found_in(document)
    if not isinstance(document, dict):
        raise AppSpecError(f"no implicit conversion of String into Integer: {document!r} is not a mapping")
    version = document.get("version")
    if isinstance(version, bool) or not isinstance(version, (int, float)) or version != 0:
        raise AppSpecError(
            "The deployment failed because an invalid version value "
            f"({_shown(version)}) was entered in the application specification file. "
            'Make sure your AppSpec file specifies "0.0" as the version, and then try again.'
        )
    system = document.get("os")
    # The agent's reader does not skip a byte order mark, and loses the first level of keys over it.
    if system != "linux" or content.startswith(b"\xef\xbb\xbf"):
        raise AppSpecError(
            "The deployment failed because the application specification file specifies an "
            f'unsupported operating system ({_shown(system)}). Specify either "linux" or '
            '"windows" in the os section of the AppSpec file, and then try again.'
        )
    behaviour = document.get("file_exists_behavior")
    if behaviour is not None and behaviour not in BEHAVIOURS:
        raise AppSpecError(
            f"The deployment failed because an invalid file_exists_behavior value ({_shown(behaviour)}) "
            "was entered in the "
            "application specification file. Make sure your AppSpec file specifies one of "
            "DISALLOW,OVERWRITE,RETAIN as the "
            "file_exists_behavior, and then try again."
        )
    return AppSpec(
        hooks=_hooks(document.get("hooks")),
        files=_files(document.get("files")),
        permissions=_permissions(document.get("permissions")),
        file_exists_behavior=behaviour,
    )


def _hooks(section: Any) -> dict[str, list[Script]]:
    if absent(section):
        return {}
    if not isinstance(section, dict):
        raise AppSpecError(f"undefined method `each_pair' for {section!r}: hooks is not a mapping")
    return {_shown(event): _scripts(event, scripts) for event, scripts in section.items() if not absent(scripts)}


def _scripts(event: Any, scripts: Any) -> list[Script]:
    if scripts == {}:
        return []
    if not isinstance(scripts, list) or not all(isinstance(item, dict) for item in scripts):
        raise AppSpecError(f"the hook {event} is not a list of scripts: {scripts!r}")
    return [_script(item) for item in scripts]


def _script(item: dict[str, Any]) -> Script:
    location = _shown(item.get("location")).strip(psych.SPACES)
    if not location:
        raise AppSpecError(
            "The deployment failed because the application specification file specifies a script "
            "with no location value. Specify the location in the hooks section of the AppSpec file, and then try again."
        )
    timeout = 3600 if absent(item.get("timeout")) else _to_i(item["timeout"])
    if timeout <= 0:
        raise AppSpecError(
            "The deployment failed because an invalid timeout value was provided for a script in "
            "the application specification file. Make corrections in the hooks section of the "
            "AppSpec file, and then try again."
        )
    runas = None if item.get("runas") is None else _shown(item["runas"]).strip(psych.SPACES)
    return Script(location, timeout, runas, not absent(item.get("sudo")))


def _files(section: Any) -> list[tuple[Any, Any]]:
    """Sources and destinations; numbers and the like fail at Install only."""
    files: list[tuple[Any, Any]] = []
    texts = section if isinstance(section, list) else []
    section = [_found_in(item) if isinstance(item, str) else item for item in texts] or section
    for item in _entries(section, "files"):
        source, destination = item.get("source"), item.get("destination")
        if source is None:
            raise AppSpecError(
                "The deployment failed because the application specification file specifies a destination file, but no "
                "source file. Update the files section of the AppSpec file, and then try again."
            )
        if destination is None:
            raise AppSpecError(
                "The deployment failed because the application specification file specifies only "
                f"a source file ({_shown(source)}). Add the name of the destination file to the files "
                "section of the AppSpec file, and then try again."
            )
        files.append((source, destination))
    return files


def _permissions(section: Any) -> list[Permission]:
    try:
        return [parse_permission(item) for item in _entries(section, "permissions")]
    except ValueError as error:
        raise AppSpecError(str(error)) from error


def _entries(section: Any, name: str) -> list[dict[str, Any]]:
    if absent(section) or section == {}:
        return []
    if not isinstance(section, list) or not all(isinstance(item, dict) for item in section):
        raise AppSpecError(f"{name} of the application specification is not a list of mappings: {section!r}")
    return section


def _found_in(text: str) -> dict[str, Any]:
    """A text has the keys that are in it, to Ruby."""
    return {key: key for key in ("version", "os", "source", "destination") if key in text}


def _to_i(value: Any) -> int:
    """Ruby's to_i: the leading digits, else 0."""
    if isinstance(value, (bool, list, dict)):
        raise AppSpecError(f"undefined method `to_i' for {value!r}")
    if isinstance(value, float) and not math.isfinite(value):
        raise AppSpecError(str(value))
    if isinstance(value, (int, float)):
        return int(value)
    leading = re.match(r"\s*[-+]?\d+", str(value))
    return int(leading.group()) if leading else 0


def _shown(value: Any) -> str:
    """Ruby's to_s, as far as it is the same text."""
    if value is None:
        return ""
    if isinstance(value, list):
        return f"[{', '.join(json.dumps(item) for item in value)}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(key)}=>{json.dumps(item)}" for key, item in value.items()) + "}"
    return str(value).lower() if isinstance(value, bool) else str(value)
