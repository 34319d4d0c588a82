#include "reconcile/retry.h"

struct retry retry_for(const struct err *err)
{
	switch (err->class) {
	case ERR_NONE:
		return (struct retry){ RETRY_NOT, 0 };
	case ERR_CONFLICT:
	case ERR_GONE:
		return (struct retry){ RETRY_SOON, 0 };
	case ERR_NOTFOUND: /* it was there when we looked: the watch will say what became of it */
	case ERR_NET:
	case ERR_NOMEM:
		return (struct retry){ RETRY_BACK_OFF, RETRY_NET_MS };
	case ERR_BUSY:
		return (struct retry){ RETRY_AFTER, err->retry_after_ms > 0 ? err->retry_after_ms
									    : RETRY_BUSY_MS };
	case ERR_DENIED: /* an apiserver that has just started refuses everything until it knows its
			    roles */
		return (struct retry){ RETRY_BACK_OFF, RETRY_DENIED_MS };
	case ERR_INPUT:
	case ERR_BUG:
		break;
	}
	return (struct retry){ RETRY_SLOWLY, RETRY_SLOWLY_MS };
}

const char *retry_name(enum retry_kind kind)
{
	static const char *const names[] = { "not", "soon", "back off", "after", "slowly" };

	return names[kind];
}
