"""Collects the checks of a module, runs them and reports each on one line."""

import faulthandler
import time
import traceback

# The client's `next` and streams wait for ever by default: a check that hangs must say where, and end the run.
CHECK_LIMIT_SECONDS = 90


def check(function):
    """Marks a function of one argument, the gateway, as a check; its docstring is the line that is printed."""
    function.is_check = True
    return function


def same(actual, expected, about="value"):
    """Fails unless both are equal, and says what each was."""
    if actual != expected:
        raise AssertionError(f"{about} is {actual!r}, expected {expected!r}")


def holds(condition, complaint):
    """Fails with `complaint` unless the condition holds."""
    if not condition:
        raise AssertionError(complaint)


def raises(exception, call):
    """The exception of this very class that `call()` raises."""
    try:
        result = call()
    except Exception as error:
        if type(error) is exception:
            return error
        raise AssertionError(f"raised {type(error).__name__}: {error}; expected {exception.__name__}") from error
    raise AssertionError(f"returned {result!r}; expected {exception.__name__}")


def run(modules, gateway, only) -> int:
    """Runs the checks and returns the exit code."""
    started = time.monotonic()
    try:
        gateway.wait_for_data()
    except Exception as error:
        print(f"FAIL the gateway has data: {describe(error)}\n0 passed, 1 failed")
        return 1
    passed, failed = 0, []
    for module in modules:
        group = module.__name__.rpartition(".")[2]
        for function in [value for value in vars(module).values() if getattr(value, "is_check", False)]:
            line = f"{group}: {' '.join(function.__doc__.split())}"
            if only not in line:
                continue
            faulthandler.dump_traceback_later(CHECK_LIMIT_SECONDS, exit=True)
            try:
                function(gateway)
            except Exception as error:
                failed.append(line)
                print(f"FAIL {line}\n     {describe(error)}", flush=True)
            else:
                passed += 1
                print(f"ok   {line}", flush=True)
            finally:
                faulthandler.cancel_dump_traceback_later()
    print(f"{passed} passed, {len(failed)} failed in {time.monotonic() - started:.0f} s", flush=True)
    return 1 if failed or not passed else 0


def describe(error) -> str:
    """The message of an error and the line of the check that it comes from."""
    here = [frame for frame in traceback.extract_tb(error.__traceback__) if "/checks/" in frame.filename]
    frame = next((frame for frame in reversed(here) if not frame.filename.endswith("suite.py")), None)
    place = f" ({frame.filename.rpartition('/')[2]}:{frame.lineno})" if frame else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())[:600]}{place}"
