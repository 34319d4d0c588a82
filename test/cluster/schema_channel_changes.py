"""The changes of a ReleaseChannel by which test_schema_channel.py tries its fields, each a function of the object."""

from schema_refusals import both, put


def signatures(count=1, name="release-keys", key="k{}.pub", **more):
    keys = [{"configMapRef": {"name": name, "key": key.format(i)}} for i in range(count)]
    return put("spec.gates.signatures", {"keys": keys, **more})


def image(text):
    return put("spec.artifacts.0.image", text)


def interval(text):
    return put("spec.intake", {"interval": text, "tags": {"artifact": "web", "tag": "main"}})


def tags(**fields):
    return put("spec.intake", {"tags": {"artifact": "web", **fields}})


def artifacts(count):
    return put("spec.artifacts", [{"name": "web", "image": "registry.example.com/web"}]
               + [{"name": f"a{i}", "image": "registry.example.com/a"} for i in range(1, count)])


def workloads(count):
    return put("spec.workloads", [{"kind": "Deployment", "name": f"w{i}", "containers": {"web": "web"}}
                                  for i in range(count)])


def containers(count):
    return put("spec.workloads.0.containers", {f"c{i}": "web" for i in range(count)})


def upstream(count, **more):
    return put("spec.upstream", {"channels": [{"namespace": f"ns{i}", "name": "shop"} for i in range(count)], **more})


def soak(text):
    return both(upstream(1), put("spec.gates.soak", text))


def window(**fields):
    """A window, with fields changed, or left out when None."""
    one = {"name": "year-end", "kind": "Deny", "start": "2026-12-18T00:00", "duration": "408h", "timeZone": "Europe/Berlin", **fields}
    return put("spec.gates.windows", [{key: value for key, value in one.items() if value is not None}])


def windows(count):
    return put("spec.gates.windows", [{"name": f"{i:02d}" + "w" * 61, "kind": "Allow", "rrule": "FREQ=YEARLY;BYMONTH=" + ",".join(["12"] * 78),
                                       "start": "2026-12-18T00:00:00", "duration": "408h", "timeZone": "a/" * 31 + "bb"}
                                      for i in range(count)])


def measured(**fields):
    return put("spec.verification", {"metrics": [{"name": "ok", "prometheus": {"query": "up"}, "success": {"min": 1}, **fields}]})


def asked(**fields):
    return measured(prometheus={"query": "up", **fields})


def approvals(**fields):
    return put("spec.gates.approvals", fields)


def scaler(**fields):
    return put("spec.autoscaling", [{"workload": "web", "maxReplicas": 4, **fields}])


def service(ports=None, **fields):
    ports = [{"name": "http", "port": 80}] if ports is None else ports
    return put("spec.routing", {"service": {"name": "web", "workload": "web", "ports": ports, **fields}})


def port(**fields):
    return service([{"name": "http", "port": 80, **fields}])


def kind(name):
    return put("spec.workloads.0.kind", name)


def every_limit(body):
    """The largest channel there can be, in one."""
    both(artifacts(16), workloads(32), windows(16))(body)
    spec = body["spec"]
    for i, one in enumerate(spec["artifacts"]):
        one["image"] = "registry.example.com/" + "a" * 200
        one["pullSecretRef"] = {"name": "s" * 253}
        if i:
            one["name"] = f"{i:02d}" + "a" * 61
    for i, one in enumerate(spec["workloads"]):
        one["name"] = f"{i:02d}" + "w" * 175
        one["containers"] = {f"{j:02d}" + "c" * 61: spec["artifacts"][j]["name"] for j in range(16)}
    spec["upstream"] = {"channels": [{"namespace": f"{i:02d}" + "n" * 61, "name": "c" * 63} for i in range(16)]}
    spec["autoscaling"] = [{"workload": one["name"], "minReplicas": 1, "maxReplicas": 10000,
                            "metrics": [{"type": "Resource"}] * 16} for one in spec["workloads"]]
    spec["routing"] = {"service": {"name": "s" * 63, "workload": spec["workloads"][0]["name"],
                                   "ports": [{"name": f"p{i}", "port": 80 + i} for i in range(16)]}}
