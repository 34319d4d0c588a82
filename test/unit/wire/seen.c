#include "seen.h"

#include <stdio.h>

bool seen_take(void *user, const struct event *event, const struct err *err)
{
	struct seen *seen = user;

	ck_assert((event == NULL) == err_is_set(err));
	if (event == NULL) {
		seen->err = *err;
		seen->errs++;
		return true;
	}
	seen->event = *event;
	seen->event.record = NULL;
	seen->events++;
	(void)snprintf(seen->object, sizeof(seen->object), "-");
	if (event->record == NULL)
		return true;
	(void)snprintf(seen->object, sizeof(seen->object), "%s/%s", event->record->meta->namespace, event->record->meta->name);
	(void)snprintf(seen->names + strlen(seen->names), sizeof(seen->names) - strlen(seen->names), "%s,",
		       event->record->meta->name);
	return true;
}
