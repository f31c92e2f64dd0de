"""Ask the advisory databases about every package that is installed beside this interpreter: `make audit`.

Exit status 1 for a known vulnerability, and when an answer cannot be read; 0 when nothing was found; 0 with a plain
word on standard error when no database could be reached, for then nothing is known either way.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

SERVICES = ("pypi", "osv")
LEAST_SHARE = 0.5  # of the packages that a database must know: a mirror without advisories knows none, and says so
OURS = ("visavis",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one database said."""

    service: str
    asked: int  # packages that it knew
    unknown: tuple[str, ...]
    found: tuple[str, ...]  # "package version: id, fixed in …"

    @property
    def reached(self) -> bool:
        """Whether it was a database of advisories at all."""
        return self.asked > LEAST_SHARE * (self.asked + len(self.unknown))


def read(service: str, text: str) -> Answer:
    """The answer in pip-audit's JSON; raises ValueError or KeyError when it is none."""
    packages = [package for package in json.loads(text)["dependencies"] if package["name"] not in OURS]
    return Answer(
        service=service,
        asked=sum("skip_reason" not in package for package in packages),
        unknown=tuple(package["name"] for package in packages if "skip_reason" in package),
        found=tuple(
            f"{package['name']} {package['version']}: {one['id']}, fixed in {', '.join(one['fix_versions']) or 'none'}"
            for package in packages
            for one in package.get("vulns", ())
        ),
    )


def ask(service: str) -> Answer | None:
    """None when it could not be reached."""
    command = [
        sys.executable, "-m", "pip_audit", "--local", "--skip-editable", "--progress-spinner", "off", "--timeout", "10",
        "--format", "json", "--desc", "off", "--vulnerability-service", service,
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - no shell, constant
    if not done.stdout.strip():
        if any(word in done.stderr.lower() for word in ("connection", "timed out", "resolve", "unreachable", "proxy")):
            return None
        raise ValueError(done.stderr.strip()[-500:])
    return read(service, done.stdout)


def verdict(answers: Sequence[Answer | None]) -> tuple[int, list[str]]:
    """Exit status and lines to print."""
    reached = [answer for answer in answers if answer is not None and answer.reached]
    if not reached:
        return 0, [
            "audit: no advisory database could be asked (neither PyPI's JSON API nor OSV), so nothing is known about",
            "       vulnerabilities of the installed packages. Run `make audit` where one of them can be reached.",
        ]
    lines = []
    for answer in reached:
        lines.append(
            f"audit: {answer.service}: {answer.asked} packages asked, {len(answer.found)} known vulnerabilities"
        )
        lines += [f"  {line}" for line in answer.found]
        if answer.unknown:
            lines.append(f"  not known there: {', '.join(answer.unknown)}")
    return int(any(answer.found for answer in reached)), lines


def main() -> int:
    """Ask one after the other until one answers."""
    answers: list[Answer | None] = []
    for service in SERVICES:
        answers.append(ask(service))
        if answers[-1] is not None and answers[-1].reached:
            break
    status, lines = verdict(answers)
    sys.stderr.write("\n".join(lines) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
