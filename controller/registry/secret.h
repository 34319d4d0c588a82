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

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/sha256.h"

struct reference;

#define CREDENTIALS_LONGEST 16384 /* bytes of user name and password together */

/* A user name and a password, ready to be sent, with those for the registry's mirrors. A zeroed one is
 * anonymous. */
struct credentials {
	char *basic;                 /* base64 of "user:password"; NULL: anonymous */
	char id[SHA256_HEX_SIZE];    /* a hash of all of it: who may share an answer. "": anonymous */
	struct credentials *mirrors; /* in the order in which mirrors are asked; NULL: anonymous there */
	size_t mirror_count;
};

#define CREDENTIALS_INIT ((struct credentials){ .basic = NULL })

/* Makes credentials of a user name and a password. ERR_INPUT when the name holds a colon or both are too
 * long, ERR_NOMEM. */
int credentials_init(struct credentials *credentials, const char *username, const char *password,
		     struct err *err) __attribute__((warn_unused_result));

/* A copy; source NULL is anonymous. ERR_NOMEM. */
int credentials_copy(struct credentials *credentials, const struct credentials *source,
		     struct err *err) __attribute__((warn_unused_result));

/* Puts a copy of own, the credentials for the index-th of count mirrors, into credentials, whose id changes.
 * ERR_NOMEM. */
int credentials_add(struct credentials *credentials, size_t index, size_t count,
		    const struct credentials *own, struct err *err) __attribute__((warn_unused_result));

/* Wipes and frees; anonymous afterwards. A zeroed one is fine. */
void credentials_finish(struct credentials *credentials);

/* Takes from the text of a .dockerconfigjson the credentials for reference. Without an entry for that host
 * *ret_found is false and ret_credentials anonymous. ERR_INPUT with what is wrong. */
int secret_find(const char *json, size_t len, const struct reference *reference,
		struct credentials *ret_credentials, bool *ret_found, struct err *err)
	__attribute__((warn_unused_result));

/* Says that there is no entry for the reference's host: ERR_INPUT. */
int secret_missing(const struct reference *reference, struct err *err);

/* The same for repository ("host[:port]/path"), which needs an entry. ERR_INPUT with what is wrong: not
 * JSON, no entry for that host, base64, a repository that is none. */
int secret_credentials(const char *json, size_t len, const char *repository,
		       struct credentials *ret_credentials, struct err *err)
	__attribute__((warn_unused_result));

#endif
