/*
 * The end of a call, as the tests of kube/client note it.
 * May include: Check, kube/client.h.
 */
#ifndef SLUICE_TEST_KUBE_ENDED_H
#define SLUICE_TEST_KUBE_ENDED_H

#include <stdio.h>

#include "kube/client.h"

struct ended {
	bool is_over;
	int calls;
	int status;
	char body[512];
	char manager[128];
	char warning[128];
	struct err err;
};

/* For client_send() and its like; user: a struct ended. */
static inline void on_end(void *user, const struct client_answer *answer, const struct err *err)
{
	struct ended *ended = user;

	ended->is_over = true;
	ended->calls++;
	ended->status = answer->status;
	ended->err = *err;
	(void)snprintf(ended->body, sizeof(ended->body), "%s", answer->body);
	(void)snprintf(ended->manager, sizeof(ended->manager), "%s", answer->manager);
	(void)snprintf(ended->warning, sizeof(ended->warning), "%s", answer->warning);
}

#endif
