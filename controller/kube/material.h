/*
 * kube/material: what TLS needs, in PEM: whom we believe, and the certificate that says who we are.
 *
 * Given as text, or in files that somebody renews under way (the kubelet, cert-manager, a person).
 * Files are looked at again every 5 minutes, and at once when there is a reason. What cannot be used
 * (half written, another key's certificate) leaves the old one in force and is looked at again after
 * 10 s. May include: base. Deliberately absent: connections.
 */
#ifndef SLUICE_KUBE_MATERIAL_H
#define SLUICE_KUBE_MATERIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct kubeconfig;

/* One text and where it comes from. */
struct material_part {
	char *file; /* NULL: fixed */
	char *text; /* NULL: there is none */
};

struct material {
	struct material_part ca;
	struct material_part cert;
	struct material_part key;
	int64_t due_ms;     /* monotonic: when files are looked at next */
	struct err trouble; /* why what the files hold now cannot be used */
};

/* Takes what config has and reads its files. ERR_INPUT names what cannot be used; the material is
 * then empty. */
int material_init(struct material *material, const struct kubeconfig *config, int64_t now_ms,
		  struct err *err) __attribute__((warn_unused_result));

enum material_news {
	MATERIAL_SAME,
	MATERIAL_NEW,
	MATERIAL_TROUBLE, /* material->trouble is another one than before */
};

/* Looks at the files, if it is time (now_ms, monotonic) or must be. */
enum material_news material_look(struct material *material, int64_t now_ms, bool must);

/* Wipes and frees it. A zeroed one is fine. */
void material_finish(struct material *material);

#endif
