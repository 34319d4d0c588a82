/* The table of kinds. */
#include <stdio.h>

#include "suite.h"
#include "wire/kind.h"

static const struct {
	const char *name;
	enum kind kind;
	const char *info; /* kind, apiVersion, path/plural, selectors, and what else is true */
} rows[] = {
	{ "channels: all", KIND_CHANNEL,
	  "ReleaseChannel sluice.dev/v1alpha1 /apis/sluice.dev/v1alpha1/releasechannels - - namespaced" },
	{ "promotions: all", KIND_PROMOTION,
	  "Promotion sluice.dev/v1alpha1 /apis/sluice.dev/v1alpha1/promotions - - namespaced" },
	{ "stops: all", KIND_STOP,
	  "ChannelStop sluice.dev/v1alpha1 /apis/sluice.dev/v1alpha1/channelstops - -" },
	{ "Deployments of channels", KIND_DEPLOYMENT,
	  "Deployment apps/v1 /apis/apps/v1/deployments sluice.dev/channel - namespaced" },
	{ "StatefulSets of channels", KIND_STATEFULSET,
	  "StatefulSet apps/v1 /apis/apps/v1/statefulsets sluice.dev/channel - namespaced" },
	{ "DaemonSets of channels", KIND_DAEMONSET,
	  "DaemonSet apps/v1 /apis/apps/v1/daemonsets sluice.dev/channel - namespaced" },
	{ "CronJobs of channels", KIND_CRONJOB,
	  "CronJob batch/v1 /apis/batch/v1/cronjobs sluice.dev/channel - namespaced" },
	{ "pins by name, which RBAC can say", KIND_PINS,
	  "ConfigMap v1 /api/v1/configmaps - metadata.name=sluice-pins namespaced" },
	{ "HPAs that Sluice made", KIND_SCALER,
	  "HorizontalPodAutoscaler autoscaling/v2 /apis/autoscaling/v2/horizontalpodautoscalers "
	  "app.kubernetes.io/managed-by=sluice - namespaced" },
	{ "Services that Sluice made", KIND_SERVICE,
	  "Service v1 /api/v1/services app.kubernetes.io/managed-by=sluice - namespaced" },
	{ "pods that wait", KIND_GATED_POD, "Pod v1 /api/v1/pods sluice.dev/no-release=true - namespaced" },
	{ "namespaces without the guard", KIND_FREE_NAMESPACE,
	  "Namespace v1 /api/v1/namespaces sluice.dev/guard=off -" },
	{ "the pin guard's policy, where there is such a kind", KIND_GUARD_POLICY,
	  "MutatingAdmissionPolicy admissionregistration.k8s.io/v1 /apis/admissionregistration.k8s.io/v1/"
	  "mutatingadmissionpolicies - metadata.name=sluice-pin-guard optional" },
	{ "the pin guard's binding, where there is such a kind", KIND_GUARD_BINDING,
	  "MutatingAdmissionPolicyBinding admissionregistration.k8s.io/v1 "
	  "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings - "
	  "metadata.name=sluice-pin-guard optional" },
	{ "the policy on who may", KIND_WHO_MAY_POLICY,
	  "ValidatingAdmissionPolicy admissionregistration.k8s.io/v1 /apis/admissionregistration.k8s.io/v1/"
	  "validatingadmissionpolicies - metadata.name=sluice-who-may optional" },
	{ "its binding", KIND_WHO_MAY_BINDING,
	  "ValidatingAdmissionPolicyBinding admissionregistration.k8s.io/v1 "
	  "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings - "
	  "metadata.name=sluice-who-may optional" },
};

START_TEST(names_what_is_watched)
{
	const struct kind_info *info = kind_info(rows[_i].kind);
	char text[512];

	(void)snprintf(text, sizeof(text), "%s %s %s/%s %s %s%s%s", info->name, info->api_version,
		       info->path, info->plural, info->label_selector == NULL ? "-" : info->label_selector,
		       info->field_selector == NULL ? "-" : info->field_selector,
		       info->is_namespaced ? " namespaced" : "", info->is_optional ? " optional" : "");
	expect_str(rows[_i].name, text, rows[_i].info);
}
END_TEST

START_TEST(has_a_row_for_every_kind)
{
	ck_assert_uint_eq(sizeof(rows) / sizeof(rows[0]), KIND_COUNT);
	for (int i = 0; i < KIND_COUNT; i++)
		ck_assert_int_eq(rows[i].kind, i);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, names_what_is_watched, rows);
	tcase_add_test(tests, has_a_row_for_every_kind);
}

SUITE_MAIN("wire: kind", add)
