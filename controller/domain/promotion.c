#include "domain/promotion.h"

const char *promotion_phase_name(enum promotion_phase phase)
{
	static const char *const names[] = { "",	   "Pending",	"Resolving", "Waiting", "RollingOut",
					     "Verifying", "Succeeded", "Failed",    "Aborted", "Superseded" };

	return names[phase];
}

bool promotion_phase_is_final(enum promotion_phase phase)
{
	return phase >= PHASE_SUCCEEDED;
}

bool promotion_is_finished(const struct promotion *promotion)
{
	return promotion_phase_is_final(promotion->status.phase);
}

bool promotion_has_started(const struct promotion *promotion)
{
	return promotion->status.phase == PHASE_ROLLING_OUT || promotion->status.phase == PHASE_VERIFYING;
}

const char *approval_decision_name(enum approval_decision decision)
{
	return decision == DECISION_APPROVE ? "Approve" : "Reject";
}
