"""Make the base layer ahead of time: `python -m vendhost_cloud.machines.prepare`.

The launcher runs it, so that the first instance of a fresh machine boots as fast as any other.
"""

from vendhost_cloud.machines import CannotRun, make_base, register


def main() -> None:
    register()
    try:
        make_base(lambda line: print(line, flush=True))
    except CannotRun as reason:
        # Everything else works without instances, and RunInstances returns the same reason.
        print(f"no instances here: {reason}", flush=True)


if __name__ == "__main__":
    main()
