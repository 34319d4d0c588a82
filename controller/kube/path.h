/*
 * kube/path: request targets of the Kubernetes API,
 * "/apis/apps/v1/namespaces/shop/deployments/web?…".
 *
 * Every name and value is percent-encoded, whatever it holds, so that no object's name can reach
 * another resource. Errors of all functions: ERR_INPUT (longer than the buffer's limit, or a name
 * that is "", "." or ".."), ERR_NOMEM. May include: base, wire/kind.h.
 */
#ifndef SLUICE_KUBE_PATH_H
#define SLUICE_KUBE_PATH_H

#include "base/buf.h"
#include "base/err.h"
#include "wire/kind.h"

/* A buffer that every target fits into. */
#define PATH_INIT BUF_INIT(8192)

/* Writes the path of a resource: api is "/apis/apps/v1", plural "deployments". namespace NULL: of
 * all namespaces, or not namespaced. name NULL: the collection. subresource ("status") NULL: the
 * object. */
int path_write(struct buf *buf, const char *api, const char *plural, const char *namespace,
	       const char *name, const char *subresource, struct err *err)
	__attribute__((warn_unused_result));

/* As path_write(), for a kind of Sluice's table; namespace is left out for cluster-scoped kinds. */
int path_write_kind(struct buf *buf, enum kind kind, const char *namespace, const char *name,
		    const char *subresource, struct err *err) __attribute__((warn_unused_result));

/* Appends "?key=value" or "&key=value". value NULL or "": nothing. */
int path_query(struct buf *buf, const char *key, const char *value, struct err *err)
	__attribute__((warn_unused_result));

#endif
