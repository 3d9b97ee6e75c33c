"""appspec.yml by the rules of the real agent, which is laxer than the documentation.

https://docs.aws.amazon.com/codedeploy/latest/userguide/reference-appspec-file.html and the
agent's parser (aws/aws-codedeploy-agent, application_specification.rb).
"""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

from vendhost_cloud.agent.permissions import Permission, parse_permission

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
    files: list[tuple[str, str]] = field(default_factory=list)
    permissions: list[Permission] = field(default_factory=list)
    file_exists_behavior: str | None = None


def parse(text: str) -> AppSpec:
    """Read an application specification; AppSpecError says why it cannot be used."""
    try:
        # The agent reads the first document only and takes YAML 1.1 (bare 0644 is an octal).
        document = next(iter(yaml.load_all(text, Loader=_Loader)), None)
    except yaml.YAMLError as error:
        raise AppSpecError(f"the application specification is not valid YAML: {error}") from error
    if not isinstance(document, dict):
        raise AppSpecError("the application specification is not a mapping")
    version = document.get("version")
    if isinstance(version, bool) or not isinstance(version, (int, float)) or version != 0:
        raise AppSpecError(
            "The deployment failed because an invalid version value "
            f"({_shown(version)}) was entered in the application specification file. "
            'Make sure your AppSpec file specifies "0.0" as the version, and then try again.'
        )
    system = document.get("os")
    if system != "linux":
        raise AppSpecError(
            "The deployment failed because the application specification file specifies an "
            f'unsupported operating system ({_shown(system)}). Specify either "linux" or '
            '"windows" in the os section of the AppSpec file, and then try again.'
        )
    behaviour = document.get("file_exists_behavior")
    if behaviour is not None and behaviour not in BEHAVIOURS:
        raise AppSpecError(
            "The deployment failed because an invalid option was specified for "
            f"fileExistsBehavior: {behaviour}. Valid options include OVERWRITE, RETAIN, and "
            "DISALLOW."
        )
    return AppSpec(
        hooks=_hooks(document.get("hooks")),
        files=_files(document.get("files")),
        permissions=_permissions(document.get("permissions")),
        file_exists_behavior=behaviour,
    )


class _Loader(yaml.SafeLoader):
    """Aliases are an error in the agent's loader."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.YAMLError(f"unknown alias: {event.anchor}")
        return super().compose_node(parent, index)


def _hooks(section: Any) -> dict[str, list[Script]]:
    if section in (None, ""):
        return {}
    if not isinstance(section, dict):
        raise AppSpecError("the hooks section of the application specification is not a mapping")
    return {str(event): _scripts(event, scripts) for event, scripts in section.items()}


def _scripts(event: Any, scripts: Any) -> list[Script]:
    if scripts is None:
        return []
    if not isinstance(scripts, list) or not all(isinstance(item, dict) for item in scripts):
        raise AppSpecError(f"the hook {event} is not a list of scripts")
    return [_script(event, item) for item in scripts]


def _script(event: Any, item: dict[str, Any]) -> Script:
    location = "" if item.get("location") is None else str(item["location"]).strip()
    if not location:
        raise AppSpecError(
            "The deployment failed because the application specification file specifies a script "
            f"with no location value in the hook {event}. Specify the location in the hooks "
            "section of the AppSpec file, and then try again."
        )
    timeout = 3600 if item.get("timeout") is None else _to_i(item["timeout"])
    if timeout <= 0:
        raise AppSpecError(
            "The deployment failed because an invalid timeout value was provided for a script in "
            "the application specification file. Make corrections in the hooks section of the "
            "AppSpec file, and then try again."
        )
    runas = None if item.get("runas") is None else str(item["runas"]).strip()
    return Script(location, timeout, runas, bool(item.get("sudo")))


def _files(section: Any) -> list[tuple[str, str]]:
    if section in (None, ""):
        return []
    if not isinstance(section, list) or not all(isinstance(item, dict) for item in section):
        raise AppSpecError("the files section of the application specification is not a list")
    files: list[tuple[str, str]] = []
    for item in section:
        source, destination = item.get("source"), item.get("destination")
        if source is None:
            raise AppSpecError(
                "The deployment failed because the application specification file specifies a "
                f"destination file ({_shown(destination)}), but no source file. Update the files "
                "section of the AppSpec file, and then try again."
            )
        if destination is None:
            raise AppSpecError(
                "The deployment failed because the application specification file specifies only "
                f"a source file ({source}). Add the name of the destination file to the files "
                "section of the AppSpec file, and then try again."
            )
        files.append((str(source), str(destination)))
    return files


def _permissions(section: Any) -> list[Permission]:
    if section in (None, ""):
        return []
    if not isinstance(section, list) or not all(isinstance(item, dict) for item in section):
        raise AppSpecError("the permissions section of the application specification is not a list")
    try:
        return [parse_permission(item) for item in section]
    except ValueError as error:
        raise AppSpecError(str(error)) from error


def _to_i(value: Any) -> int:
    """Ruby's to_i: the leading digits, else 0."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value)
    leading = re.match(r"\s*-?\d+", str(value))
    return int(leading.group()) if leading else 0


def _shown(value: Any) -> str:
    return "" if value is None else str(value)
