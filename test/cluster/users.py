"""What the tests of rights share: two namespaces, users with certain rights, the objects that they make, and what refuses them."""

import unittest

import cluster

RBAC = "/apis/rbac.authorization.k8s.io/v1"
SLUICE = "sluice.dev"
NO_AUTOMATIC = "may not set or change the label sluice.dev/automatic"  # what the apiserver says to all but the operator


def channel(name="shop", **spec):
    return {"apiVersion": "sluice.dev/v1alpha1", "kind": "ReleaseChannel", "metadata": {"name": name}, "spec": {
        "artifacts": [{"name": "web", "image": "registry.example.com/shop/web"}],
        "workloads": [{"kind": "Deployment", "name": "web", "containers": {"web": "web"}}], **spec}}


def promotion(name, channel_name="shop", **spec):
    return {"apiVersion": "sluice.dev/v1alpha1", "kind": "Promotion", "metadata": {"name": name},
            "spec": {"channel": channel_name, **(spec or {"release": "r-0a1b2c3d4e"})}}


def rule(verbs, resources, group=SLUICE, names=()):
    return {"apiGroups": [group], "resources": resources, "verbs": verbs, **({"resourceNames": list(names)} if names else {})}


class WhoMay(unittest.TestCase):
    """Two namespaces, and users with certain rights in the first."""

    @classmethod
    def setUpClass(cls):
        cluster.install()
        cls.admin = cluster.api()
        cls._here, cls._there = cluster.namespace("who-may"), cluster.namespace("who-else")
        cls.here, cls.there = cls._here.__enter__(), cls._there.__enter__()
        cls.admin.create(cluster.channels(cls.here), channel())
        cls.admin.create(cluster.channels(cls.there), channel())
        cls.users = {}

    @classmethod
    def tearDownClass(cls):
        for api in (*cls.users.values(), cls.admin):
            api.close()
        cls._here.__exit__(None, None, None)
        cls._there.__exit__(None, None, None)

    @classmethod
    def bind(cls, user, role, kind="ClusterRole", namespace=None):
        namespace = namespace or cls.here
        cls.admin.create(f"{RBAC}/namespaces/{namespace}/rolebindings", {
            "metadata": {"generateName": "test-"}, "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}]})

    @classmethod
    def user(cls, name, *rules, role=None):
        """A user of that name with these rules, or that ClusterRole, in the first namespace."""
        user = f"{name}@{cls.here}"
        if user not in cls.users:
            if rules:
                cls.admin.create(f"{RBAC}/namespaces/{cls.here}/roles", {"metadata": {"name": name}, "rules": list(rules)})
                cls.bind(user, name, kind="Role")
            if role:
                cls.bind(user, role)
            api = cluster.api(user)
            api.name = user
            cls.users[user] = api
            cluster.eventually(f"{user} has its rights", lambda: not (rules or role) or cls._has_rights(api))
        return cls.users[user]

    @classmethod
    def _has_rights(cls, api):
        review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectRulesReview", "spec": {"namespace": cls.here}}
        answer = api.create("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews", review)
        return any(SLUICE in one.get("apiGroups", []) or "configmaps" in one.get("resources", [])
                   for one in answer["status"]["resourceRules"])

    def assert_refused(self, *parts, code=403):
        return _Refused(self, parts, code)


class _Refused:
    def __init__(self, case, parts, code):
        self.case, self.parts, self.code = case, parts, code

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        if kind is None:
            self.case.fail("the apiserver allowed it")
        if not isinstance(error, cluster.ApiError):
            return False
        self.case.assertEqual(error.code, self.code, error.message)
        for part in self.parts:
            self.case.assertIn(part, error.message)
        return True
