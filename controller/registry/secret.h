/*
 * registry/secret: pull secrets, and the credentials that come out of them.
 *
 * A pull secret is the text of a Secret's .dockerconfigjson. One entry of it is taken for a repository:
 * that of exactly the same host (port included, no wildcards); an entry with a path serves only the
 * repositories below that path, and the longest such path wins. Errors never hold what the secret holds.
 *
 * May include: base, wire, registry/reference.h.
 */
#ifndef SLUICE_REGISTRY_SECRET_H
#define SLUICE_REGISTRY_SECRET_H

#include <stddef.h>

#include "base/err.h"
#include "base/sha256.h"

#define CREDENTIALS_LONGEST 16384 /* bytes of user name and password together */

/* A user name and a password, ready to be sent. A zeroed one is anonymous. */
struct credentials {
	char *basic;              /* base64 of "user:password"; NULL: anonymous */
	char id[SHA256_HEX_SIZE]; /* a hash of it: who may share an answer. "": anonymous */
};

#define CREDENTIALS_INIT ((struct credentials){ .basic = NULL })

/* Makes credentials of a user name and a password. ERR_INPUT when the name holds a colon or both are too
 * long, ERR_NOMEM. */
int credentials_init(struct credentials *credentials, const char *username, const char *password,
		     struct err *err) __attribute__((warn_unused_result));

/* A copy; source NULL is anonymous. ERR_NOMEM. */
int credentials_copy(struct credentials *credentials, const struct credentials *source,
		     struct err *err) __attribute__((warn_unused_result));

/* Wipes and frees; anonymous afterwards. A zeroed one is fine. */
void credentials_finish(struct credentials *credentials);

/* Takes from the text of a .dockerconfigjson the credentials for repository ("host[:port]/path").
 * ERR_INPUT with what is wrong: not JSON, no entry for that host, base64, a repository that is none. */
int secret_credentials(const char *json, size_t len, const char *repository,
		       struct credentials *ret_credentials, struct err *err)
	__attribute__((warn_unused_result));

#endif
