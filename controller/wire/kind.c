#include "wire/kind.h"

#include <stddef.h>

#include "base/err.h"

#define OWN "sluice.dev/v1alpha1"
#define ADMISSION "admissionregistration.k8s.io/v1"
#define HAS_CHANNEL "sluice.dev/channel"
#define IS_MADE "app.kubernetes.io/managed-by=sluice"

static const struct kind_info kinds[KIND_COUNT] = {
	[KIND_CHANNEL] = { "ReleaseChannel", OWN, "/apis/" OWN, "releasechannels", NULL, NULL, .is_namespaced = true },
	[KIND_PROMOTION] = { "Promotion", OWN, "/apis/" OWN, "promotions", NULL, NULL, .is_namespaced = true },
	[KIND_STOP] = { "ChannelStop", OWN, "/apis/" OWN, "channelstops", NULL, NULL, .is_small = true },
	[KIND_DEPLOYMENT] = { "Deployment", "apps/v1", "/apis/apps/v1", "deployments", HAS_CHANNEL,
			      NULL, .is_namespaced = true },
	[KIND_STATEFULSET] = { "StatefulSet", "apps/v1", "/apis/apps/v1", "statefulsets", HAS_CHANNEL,
			       NULL, .is_namespaced = true },
	[KIND_DAEMONSET] = { "DaemonSet", "apps/v1", "/apis/apps/v1", "daemonsets", HAS_CHANNEL, NULL, .is_namespaced = true },
	[KIND_CRONJOB] = { "CronJob", "batch/v1", "/apis/batch/v1", "cronjobs", HAS_CHANNEL, NULL, .is_namespaced = true },
	/* By name, since RBAC can say a name and no label: so no other ConfigMap can be read. */
	[KIND_PINS] = { "ConfigMap", "v1", "/api/v1", "configmaps", NULL, "metadata.name=sluice-pins", .is_namespaced = true },
	[KIND_SCALER] = { "HorizontalPodAutoscaler", "autoscaling/v2", "/apis/autoscaling/v2",
			  "horizontalpodautoscalers", IS_MADE, NULL, .is_namespaced = true },
	[KIND_SERVICE] = { "Service", "v1", "/api/v1", "services", IS_MADE, NULL, .is_namespaced = true },
	[KIND_GATED_POD] = { "Pod", "v1", "/api/v1", "pods", "sluice.dev/no-release=true", NULL, .is_namespaced = true },
	[KIND_FREE_NAMESPACE] = { "Namespace", "v1", "/api/v1", "namespaces", "sluice.dev/guard=off",
				  NULL, .is_small = true },
	[KIND_GUARD_POLICY] = { "MutatingAdmissionPolicy", ADMISSION, "/apis/" ADMISSION,
				"mutatingadmissionpolicies", NULL, "metadata.name=sluice-pin-guard", .is_optional = true, .is_small = true },
	[KIND_GUARD_BINDING] = { "MutatingAdmissionPolicyBinding", ADMISSION, "/apis/" ADMISSION,
				 "mutatingadmissionpolicybindings", NULL,
				 "metadata.name=sluice-pin-guard", .is_optional = true, .is_small = true },
	[KIND_WHO_MAY_POLICY] = { "ValidatingAdmissionPolicy", ADMISSION, "/apis/" ADMISSION,
				  "validatingadmissionpolicies", NULL, "metadata.name=sluice-who-may", .is_optional = true, .is_small = true },
	[KIND_WHO_MAY_BINDING] = { "ValidatingAdmissionPolicyBinding", ADMISSION, "/apis/" ADMISSION,
				   "validatingadmissionpolicybindings", NULL,
				   "metadata.name=sluice-who-may", .is_optional = true, .is_small = true },
};

const struct kind_info *kind_info(enum kind kind)
{
	CHECK((unsigned)kind < KIND_COUNT);
	return &kinds[kind];
}
