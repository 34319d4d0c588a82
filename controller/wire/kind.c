#include "wire/kind.h"

#include <stddef.h>

#include "base/err.h"

#define OWN "sluice.dev/v1alpha1"
#define ADMISSION "admissionregistration.k8s.io/v1"
#define HAS_CHANNEL "sluice.dev/channel"
#define IS_MADE "app.kubernetes.io/managed-by=sluice"

static const struct kind_info kinds[KIND_COUNT] = {
	[KIND_CHANNEL] = { "ReleaseChannel", OWN, "/apis/" OWN, "releasechannels", NULL, NULL, true,
			   false, false },
	[KIND_PROMOTION] = { "Promotion", OWN, "/apis/" OWN, "promotions", NULL, NULL, true, false, false },
	[KIND_STOP] = { "ChannelStop", OWN, "/apis/" OWN, "channelstops", NULL, NULL, false, false,
			true },
	[KIND_DEPLOYMENT] = { "Deployment", "apps/v1", "/apis/apps/v1", "deployments", HAS_CHANNEL,
			      NULL, true, false, false },
	[KIND_STATEFULSET] = { "StatefulSet", "apps/v1", "/apis/apps/v1", "statefulsets", HAS_CHANNEL,
			       NULL, true, false, false },
	[KIND_DAEMONSET] = { "DaemonSet", "apps/v1", "/apis/apps/v1", "daemonsets", HAS_CHANNEL, NULL,
			     true, false, false },
	[KIND_CRONJOB] = { "CronJob", "batch/v1", "/apis/batch/v1", "cronjobs", HAS_CHANNEL, NULL,
			   true, false, false },
	/* By name, since RBAC can say a name and no label: so no other ConfigMap can be read. */
	[KIND_PINS] = { "ConfigMap", "v1", "/api/v1", "configmaps", NULL, "metadata.name=sluice-pins",
			true, false, false },
	[KIND_SCALER] = { "HorizontalPodAutoscaler", "autoscaling/v2", "/apis/autoscaling/v2",
			  "horizontalpodautoscalers", IS_MADE, NULL, true, false, false },
	[KIND_SERVICE] = { "Service", "v1", "/api/v1", "services", IS_MADE, NULL, true, false, false },
	[KIND_GATED_POD] = { "Pod", "v1", "/api/v1", "pods", "sluice.dev/no-release=true", NULL, true,
			     false, false },
	[KIND_FREE_NAMESPACE] = { "Namespace", "v1", "/api/v1", "namespaces", "sluice.dev/guard=off",
				  NULL, false, false, true },
	[KIND_GUARD_POLICY] = { "MutatingAdmissionPolicy", ADMISSION, "/apis/" ADMISSION,
				"mutatingadmissionpolicies", NULL, "metadata.name=sluice-pin-guard",
				false, true, true },
	[KIND_GUARD_BINDING] = { "MutatingAdmissionPolicyBinding", ADMISSION, "/apis/" ADMISSION,
				 "mutatingadmissionpolicybindings", NULL,
				 "metadata.name=sluice-pin-guard", false, true, true },
	[KIND_WHO_MAY_POLICY] = { "ValidatingAdmissionPolicy", ADMISSION, "/apis/" ADMISSION,
				  "validatingadmissionpolicies", NULL, "metadata.name=sluice-who-may",
				  false, true, true },
	[KIND_WHO_MAY_BINDING] = { "ValidatingAdmissionPolicyBinding", ADMISSION, "/apis/" ADMISSION,
				   "validatingadmissionpolicybindings", NULL,
				   "metadata.name=sluice-who-may", false, true, true },
};

const struct kind_info *kind_info(enum kind kind)
{
	CHECK((unsigned)kind < KIND_COUNT);
	return &kinds[kind];
}
