#include "reconcile/retry.h"

#include "suite.h"

static const struct {
	const char *name;
	struct err err;
	enum retry_kind kind;
	int64_t at_least_ms;
} rows[] = {
	{ "no failure, no retry", { .class = ERR_NONE }, RETRY_NOT, 0 },
	{ "a conflict means that the world moved on", { .class = ERR_CONFLICT }, RETRY_SOON, 0 },
	{ "an expired version means the same", { .class = ERR_GONE }, RETRY_SOON, 0 },
	{ "what is gone will be told by the watch",
	  { .class = ERR_NOTFOUND },
	  RETRY_BACK_OFF,
	  RETRY_NET_MS },
	{ "no answer: back off", { .class = ERR_NET }, RETRY_BACK_OFF, RETRY_NET_MS },
	{ "no memory: back off", { .class = ERR_NOMEM }, RETRY_BACK_OFF, RETRY_NET_MS },
	{ "busy: when the server says",
	  { .class = ERR_BUSY, .retry_after_ms = 7000 },
	  RETRY_AFTER,
	  7000 },
	{ "busy without a moment: a second", { .class = ERR_BUSY }, RETRY_AFTER, RETRY_BUSY_MS },
	{ "what somebody must edit is tried slowly",
	  { .class = ERR_INPUT },
	  RETRY_SLOWLY,
	  RETRY_SLOWLY_MS },
	{ "what RBAC refuses may be allowed soon",
	  { .class = ERR_DENIED },
	  RETRY_BACK_OFF,
	  RETRY_DENIED_MS },
	{ "a mistake of ours does not spin", { .class = ERR_BUG }, RETRY_SLOWLY, RETRY_SLOWLY_MS },
	{ "a class of the future does not spin",
	  { .class = (enum err_class) - 99 },
	  RETRY_SLOWLY,
	  RETRY_SLOWLY_MS },
};

START_TEST(decides_by_class)
{
	struct retry retry = retry_for(&rows[_i].err);

	expect_int(rows[_i].name, retry.kind, rows[_i].kind);
	expect_int(rows[_i].name, retry.at_least_ms, rows[_i].at_least_ms);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, decides_by_class, rows);
}

SUITE_MAIN("retry", add)
