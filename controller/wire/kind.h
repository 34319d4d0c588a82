/*
 * wire/kind: the kinds of objects that Sluice reads, one row each.
 *
 * A kind's row says where the apiserver serves it and which part of it Sluice watches, so that memory
 * follows what Sluice manages and not the size of the cluster. Watching one more kind is one row here
 * and one decoder. May include: base.
 */
#ifndef SLUICE_WIRE_KIND_H
#define SLUICE_WIRE_KIND_H

#include <stdbool.h>

enum kind {
	KIND_CHANNEL,      /* ReleaseChannel */
	KIND_PROMOTION,    /* Promotion */
	KIND_STOP,         /* ChannelStop */
	KIND_DEPLOYMENT,   /* workloads, with the label sluice.dev/channel */
	KIND_STATEFULSET,
	KIND_DAEMONSET,
	KIND_CRONJOB,
	KIND_PINS,         /* ConfigMap sluice-pins, by its name */
	KIND_SCALER,       /* HorizontalPodAutoscaler made by Sluice */
	KIND_SERVICE,      /* Service made by Sluice */
	KIND_GATED_POD,    /* Pod that waits for a first release, by label */
	KIND_FREE_NAMESPACE, /* Namespace whose guard an admin has switched off, by label */
	KIND_GUARD_POLICY,  /* MutatingAdmissionPolicy sluice-pin-guard */
	KIND_GUARD_BINDING, /* MutatingAdmissionPolicyBinding sluice-pin-guard */
	KIND_WHO_MAY_POLICY,  /* ValidatingAdmissionPolicy sluice-who-may */
	KIND_WHO_MAY_BINDING, /* ValidatingAdmissionPolicyBinding sluice-who-may */
	KIND_COUNT
};

struct kind_info {
	const char *name;           /* "Deployment" */
	const char *api_version;    /* "apps/v1" */
	const char *path;           /* "/apis/apps/v1" */
	const char *plural;         /* "deployments" */
	const char *label_selector; /* NULL: none; unescaped */
	const char *field_selector; /* NULL: none; unescaped */
	bool is_namespaced;
	bool is_optional;           /* the server may lack it: then there are none (404 is no error) */
	bool is_small;              /* few objects, however large the cluster: a list costs nothing */
};

/* The row of a kind. */
const struct kind_info *kind_info(enum kind kind);

#endif
