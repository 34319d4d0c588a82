/*
 * kube/kubeconfig_field: which fields a cluster and a user of a kubeconfig may have, and what becomes of
 * them. Only kubeconfig.c reads it. May include: libc, kube/kubeconfig.h.
 */
#ifndef SLUICE_KUBE_KUBECONFIG_FIELD_H
#define SLUICE_KUBE_KUBECONFIG_FIELD_H

#include <stddef.h>

enum field_form {
	FORM_IGNORED,     /* says nothing that matters here */
	FORM_UNSUPPORTED, /* asks for something that we do not do */
	FORM_TEXT,
	FORM_BOOL,
	FORM_TEXTS,
	FORM_PATH, /* made absolute */
	FORM_PEM_FILE,
	FORM_PEM_DATA,
};

/* One row; the last one of a table has no name. */
struct field {
	const char *name;
	enum field_form form;
	size_t offset; /* in struct kubeconfig */
};

/* The fields of a cluster and of a user. */
const struct field *kubeconfig_cluster_fields(void);
const struct field *kubeconfig_user_fields(void);

#endif
