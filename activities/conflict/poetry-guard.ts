/**
 * Poetry builds a package to learn what it needs when that is not written down: the build script of a package in the
 * branch would run. This takes the one function away by which it does. Python runs it at its start, from PYTHONPATH;
 * the file that it leaves tells that it has found the function.
 */
export const POETRY_GUARD = `import os
try:
    from poetry.inspection import info
    info.get_pep517_metadata
except (ImportError, AttributeError):
    pass
else:
    def _refuse(path):
        raise info.PackageInfoError(path, "its build script would have to run, which is not allowed here")
    info.get_pep517_metadata = _refuse
    with open(os.path.join(os.environ["LOCK_TOOLS"], "guarded"), "w"):
        pass
`;
