"""The cgroups of one cluster, on hosts with version 1, version 2 or both.

Every process of a cluster is in a cgroup below the cluster's own: our components because they are
started there, containers because the kubelet's cgroup root is there. So whatever became of the
process ids that were written down, `kill_all` finds every process.
"""

import os
import signal
import time

V2_CONTROLLERS = ("cpu", "cpuset", "memory", "pids", "io", "hugetlb")
COMPONENTS = "components"


def _mounts():
    """(kind, mount point, options) of every cgroup hierarchy that is mounted."""
    found = []
    with open("/proc/self/mounts") as file:
        for line in file:
            _, point, kind, options = line.split()[:4]
            if kind in ("cgroup", "cgroup2"):
                found.append((kind, point, options.split(",")))
    return found


def version():
    """1 where controllers live in version 1 hierarchies, 2 where all are unified, 0 for none."""
    kinds = {kind for kind, _, _ in _mounts()}
    if "cgroup" in kinds:
        return 1
    return 2 if "cgroup2" in kinds else 0


def _hierarchies():
    """The mount points that the cluster's cgroups are made in."""
    wanted = "cgroup2" if version() == 2 else "cgroup"
    return [point for kind, point, _ in _mounts() if kind == wanted]


def _tracking_hierarchy():
    """The one hierarchy in which our own components are kept together."""
    mounts = _mounts()
    if version() == 2:
        return _hierarchies()[0]
    for wanted in ("pids", "name=systemd", "freezer", "memory"):
        for kind, point, options in mounts:
            if kind == "cgroup" and wanted in options:
                return point
    return _hierarchies()[0]


def _enable_controllers(folder):
    for controller in V2_CONTROLLERS:
        try:
            with open(os.path.join(folder, "cgroup.subtree_control"), "w") as file:
                file.write("+" + controller)
        except OSError:
            pass  # not on this host, or not ours to give: the kubelet names what it misses


def create(cgroup):
    """Makes the cluster's cgroup, a path in the hierarchies, and below it the components' one."""
    for point in _hierarchies():
        folder = point
        for part in cgroup.strip("/").split("/"):
            if version() == 2:
                _enable_controllers(folder)
            folder = os.path.join(folder, part)
            os.makedirs(folder, exist_ok=True)
        if version() == 2:
            _enable_controllers(folder)
    os.makedirs(_tracking_hierarchy() + cgroup + "/" + COMPONENTS, exist_ok=True)


def procs_file(cgroup):
    """The file that a component writes its process id into to be counted to the cluster."""
    return _tracking_hierarchy() + cgroup + "/" + COMPONENTS + "/cgroup.procs"


def _folders(cgroup):
    """Every cgroup at and below the given one, children before their parents.

    In every hierarchy, wanted or not: runc makes cgroups in the unified one of a hybrid host too.
    """
    for _, point, _ in _mounts():
        for folder, _, _ in os.walk(point + cgroup, topdown=False):
            yield folder


def pids(cgroup):
    """All process ids in the cluster's cgroups."""
    found = set()
    for folder in _folders(cgroup):
        try:
            with open(os.path.join(folder, "cgroup.procs")) as file:
                found.update(int(line) for line in file if line.strip() != "0")
        except OSError:
            continue
    return found


def _thaw(cgroup):
    for folder in _folders(cgroup):
        for name, word in (("freezer.state", "THAWED"), ("cgroup.freeze", "0")):
            path = os.path.join(folder, name)
            if os.path.exists(path):
                try:
                    with open(path, "w") as file:
                        file.write(word)
                except OSError:
                    continue


def kill_all(cgroup, seconds=20):
    """Kills all processes of the cluster and waits for their end. Returns those that stayed."""
    end = time.monotonic() + seconds
    left = pids(cgroup)
    while left and time.monotonic() < end:
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        _thaw(cgroup)
        time.sleep(0.02)
        left = pids(cgroup)
    return left


def remove(cgroup, seconds=5):
    """Removes the cluster's empty cgroups, the shared parent with the last. Returns what stayed."""
    end = time.monotonic() + seconds
    while True:
        left = [folder for folder in _folders(cgroup) if not _rmdir(folder)]
        if not left or time.monotonic() > end:
            break
        time.sleep(0.05)
    for _, point, _ in _mounts():
        _rmdir(os.path.dirname(point + cgroup))
    return left


def exists(cgroup):
    return any(os.path.isdir(point + cgroup) for _, point, _ in _mounts())


def _rmdir(folder):
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True
