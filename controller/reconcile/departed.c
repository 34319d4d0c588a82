#include "reconcile/departed.h"

#include <string.h>

#include "base/str.h"

void departed_see(struct departed *departed, const struct promotion *before, const struct promotion *after)
{
	const char *uid = before == NULL ? NULL : before->meta.uid;

	if (str_is_empty(uid) || strlen(uid) >= DEPARTED_UID_SIZE || (after != NULL && str_equal(after->meta.uid, uid)))
		return;
	memcpy(departed->uids[departed->next], uid, strlen(uid) + 1);
	departed->next = (departed->next + 1) % DEPARTED_COUNT;
}

bool departed_has(const struct departed *departed, const char *uid)
{
	for (size_t i = 0; i < DEPARTED_COUNT && !str_is_empty(uid); i++) {
		if (str_equal(departed->uids[i], uid))
			return true;
	}
	return false;
}
