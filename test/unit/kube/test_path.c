#include "kube/path.h"

#include "suite.h"

static const struct {
	const char *name;
	enum kind kind;
	const char *namespace;
	const char *object;
	const char *subresource;
	const char *want; /* NULL: refused */
} rows[] = {
	{ "all of a kind", KIND_DEPLOYMENT, NULL, NULL, NULL, "/apis/apps/v1/deployments" },
	{ "all in a namespace", KIND_DEPLOYMENT, "shop", NULL, NULL,
	  "/apis/apps/v1/namespaces/shop/deployments" },
	{ "one object", KIND_PINS, "shop", "sluice-pins", NULL,
	  "/api/v1/namespaces/shop/configmaps/sluice-pins" },
	{ "its status", KIND_CHANNEL, "shop", "web", "status",
	  "/apis/sluice.dev/v1alpha1/namespaces/shop/releasechannels/web/status" },
	{ "a cluster-scoped kind has no namespace", KIND_FREE_NAMESPACE, "shop", "shop", NULL,
	  "/api/v1/namespaces/shop" },
	{ "a name cannot reach another resource", KIND_PINS, "shop", "../secrets/x", NULL,
	  "/api/v1/namespaces/shop/configmaps/..%2Fsecrets%2Fx" },
	{ "nor add a query", KIND_PINS, "a?b=c&d#e", "x y", NULL,
	  "/api/v1/namespaces/a%3Fb%3Dc%26d%23e/configmaps/x%20y" },
	{ "bytes beyond ASCII are encoded", KIND_PINS, "sch\xc3\xb6n", "a", NULL,
	  "/api/v1/namespaces/sch%C3%B6n/configmaps/a" },
	{ "dots alone are refused", KIND_PINS, "shop", "..", NULL, NULL },
	{ "one dot is refused", KIND_PINS, ".", "a", NULL, NULL },
	{ "an empty name is refused", KIND_PINS, "shop", "", NULL, NULL },
};

START_TEST(writes_paths)
{
	auto_buf buf = PATH_INIT;
	struct err err = ERR_INIT;
	int r = path_write_kind(&buf, rows[_i].kind, rows[_i].namespace, rows[_i].object,
				rows[_i].subresource, &err);

	if (rows[_i].want == NULL) {
		expect_int(rows[_i].name, r, ERR_INPUT);
	} else {
		expect_int(rows[_i].name, r, 0);
		expect_str(rows[_i].name, buf_text(&buf), rows[_i].want);
	}
}
END_TEST

START_TEST(adds_queries)
{
	auto_buf buf = PATH_INIT;
	struct err err = ERR_INIT;

	ck_assert(path_write_kind(&buf, KIND_SERVICE, NULL, NULL, NULL, &err) == 0);
	ck_assert(path_query(&buf, "labelSelector", "a/b=c,d in (e)", &err) == 0);
	ck_assert(path_query(&buf, "continue", NULL, &err) == 0);
	ck_assert(path_query(&buf, "resourceVersion", "", &err) == 0);
	ck_assert(path_query(&buf, "watch", "1", &err) == 0);
	ck_assert_str_eq(buf_text(&buf), "/api/v1/services?labelSelector=a%2Fb%3Dc%2Cd%20in%20%28e%29&watch=1");
}
END_TEST

START_TEST(a_target_has_a_limit)
{
	auto_buf buf = BUF_INIT(20);
	struct err err = ERR_INIT;

	ck_assert_int_eq(path_write_kind(&buf, KIND_SERVICE, "a-long-namespace", "web", NULL, &err), ERR_INPUT);
}
END_TEST

static void add(TCase *tests)
{
	suite_add_rows(tests, writes_paths, rows);
	tcase_add_test(tests, adds_queries);
	tcase_add_test(tests, a_target_has_a_limit);
}

SUITE_MAIN("path", add)
