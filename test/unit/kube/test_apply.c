#include "kube/apply.h"

#include <stdio.h>

#include "bench.h"
#include "objects.h"

/* ---- apply ---- */

struct applied {
	bool is_over;
	char version[64];
	char manager[64];
	struct err err;
};

static void on_applied(void *user, struct record *record, const char *manager, const struct err *err)
{
	struct applied *applied = user;

	applied->is_over = true;
	applied->err = *err;
	(void)snprintf(applied->manager, sizeof(applied->manager), "%s", manager);
	(void)snprintf(applied->version, sizeof(applied->version), "%s",
		       record == NULL ? "" : record->meta->resource_version);
}

#define MAP(version)                                                                                  \
	"{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"namespace\":\"shop\","         \
	"\"name\":\"sluice-pins\",\"uid\":\"u\",\"resourceVersion\":\"" version "\"},\"data\":{}}"

#define APPLY_TARGET "/api/v1/namespaces/shop/configmaps/sluice-pins?fieldManager=sluice&fieldValidation=Strict"

START_TEST(an_apply_is_in_the_store_before_it_is_told)
{
	static const struct fake_step script[] = {
		{ .method = "PATCH", .target = APPLY_TARGET "&force=true", .body = "{}", .status = 200,
		  .headers = "Content-Type: application/apply-patch+yaml\n", .reply = MAP("7") },
	};
	struct bench bench = bench_open(script, 1, (struct kubeconfig){ .token = "t" });
	struct store *store = store_create();
	struct changes changes = { .text = "" };
	struct applied applied = { .is_over = false };
	struct err err = ERR_INIT;

	store_on_change(store, changes_note, &changes);
	ck_assert(apply_send(bench.client, store,
			     &(struct apply){ .kind = KIND_PINS, .namespace = "shop", .name = "sluice-pins",
					      .json = "{}", .json_len = 2, .is_forced = true },
			     on_applied, &applied, &err) == 0);
	ck_assert(fake_run_until(bench.loop, &applied.is_over, 5000));
	ck_assert_str_eq(applied.err.text, "");
	ck_assert_str_eq(applied.version, "7");
	ck_assert_str_eq(changes.text, "+sluice-pins@7");
	store_destroy(store);
	bench_close(&bench, "apply");
}
END_TEST

START_TEST(an_apply_without_force_reports_who_is_in_the_way)
{
	static const struct fake_step script[] = {
		{ .method = "PATCH", .target = APPLY_TARGET "&force=false", .body = "{}", .status = 409,
		  .reply = CONFLICT },
	};
	struct bench bench = bench_open(script, 1, (struct kubeconfig){ .token = "t" });
	struct applied applied = { .is_over = false };
	struct err err = ERR_INIT;

	ck_assert(apply_send(bench.client, NULL,
			     &(struct apply){ .kind = KIND_PINS, .namespace = "shop", .name = "sluice-pins",
					      .json = "{}", .json_len = 2 },
			     on_applied, &applied, &err) == 0);
	ck_assert(fake_run_until(bench.loop, &applied.is_over, 5000));
	ck_assert_int_eq(applied.err.class, ERR_CONFLICT);
	ck_assert_str_eq(applied.manager, "kubectl-set");
	bench_close(&bench, "conflict");
}
END_TEST

START_TEST(a_deletion_names_the_very_object)
{
	static const struct fake_step script[] = {
		{ .method = "DELETE", .target = "/api/v1/namespaces/shop/configmaps/x",
		  .body = "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\",\"propagationPolicy\":\"Background\","
			  "\"preconditions\":{\"uid\":\"u-1\",\"resourceVersion\":\"9\"}}",
		  .status = 200, .reply = "{\"kind\":\"Status\",\"status\":\"Success\"}" },
		{ .method = "DELETE", .target = "/api/v1/namespaces/shop/configmaps/x",
		  .body = "{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\",\"propagationPolicy\":\"Background\","
			  "\"preconditions\":{\"uid\":\"u-1\"}}",
		  .status = 409, .reply = REFUSAL("409", "Conflict", "the UID is another", "") },
	};
	struct bench bench = bench_open(script, 2, (struct kubeconfig){ .token = "t" });
	struct applied applied = { .is_over = false };
	struct deletion deletion = { KIND_PINS, "shop", "x", "u-1", "9" };
	struct store *store = store_create();
	struct record *record = object_record("shop", "x", "u-1", "9");
	struct err err = ERR_INIT;

	(void)store_put(store, record);
	ck_assert(apply_delete(bench.client, store, &deletion, on_applied, &applied, &err) == 0);
	ck_assert(fake_run_until(bench.loop, &applied.is_over, 5000));
	ck_assert_str_eq(applied.err.text, "");
	ck_assert_uint_eq(store_count(store, KIND_PINS), 0);
	applied = (struct applied){ .is_over = false };
	deletion.resource_version = NULL;
	ck_assert(apply_delete(bench.client, store, &deletion, on_applied, &applied, &err) == 0);
	ck_assert(fake_run_until(bench.loop, &applied.is_over, 5000));
	ck_assert_int_eq(applied.err.class, ERR_CONFLICT);
	record_unref(record);
	store_destroy(store);
	bench_close(&bench, "delete");
}
END_TEST

START_TEST(reads_one_object)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/api/v1/namespaces/shop/configmaps/sluice-pins", .status = 200,
		  .reply = MAP("7") },
		{ .method = "GET", .target = "/api/v1/namespaces/shop/configmaps/sluice-pins", .status = 200,
		  .reply = "<html>" },
	};
	struct bench bench = bench_open(script, 2, (struct kubeconfig){ .token = "t" });
	struct applied applied = { .is_over = false };
	struct err err = ERR_INIT;

	ck_assert(apply_get(bench.client, KIND_PINS, "shop", "sluice-pins", on_applied, &applied, &err) == 0);
	ck_assert(fake_run_until(bench.loop, &applied.is_over, 5000));
	ck_assert_str_eq(applied.version, "7");
	applied = (struct applied){ .is_over = false };
	ck_assert(apply_get(bench.client, KIND_PINS, "shop", "sluice-pins", on_applied, &applied, &err) == 0);
	ck_assert(fake_run_until(bench.loop, &applied.is_over, 5000));
	ck_assert_int_eq(applied.err.class, ERR_NET);
	ck_assert_str_eq(applied.version, "");
	bench_close(&bench, "get");
}
END_TEST

START_TEST(an_object_in_quarantine_is_not_read_by_its_name_either)
{
	static const struct fake_step script[] = {
		{ .method = "GET", .target = "/apis/apps/v1/namespaces/shop/deployments/web", .status = 200,
		  .reply = "{\"metadata\":{\"namespace\":\"shop\",\"name\":\"web\",\"uid\":\"u\",\"resourceVersion\":\"7\"},\"spec\":{}}" },
	};
	static _Alignas(8) char memory[CRASH_PAGE_SIZE];
	struct bench bench = bench_open(script, 1, (struct kubeconfig){ .token = "t" });
	struct crash_subject subject = { CRASH_READING, "Deployment", "shop", "web", "u", "resourceVersion 7" };
	struct applied applied = { .is_over = false };
	struct err err = ERR_INIT;
	struct crash_page page;
	struct crash_entry *last;

	for (int i = 0; i <= CRASH_LIMIT; i++) {
		(void)crash_page_open(&page, memory, "1.0", 0, &last);
		if (i < CRASH_LIMIT)
			(void)crash_page_enter(&page, &subject);
	}
	client_note_reads(bench.client, &page);
	ck_assert(apply_get(bench.client, KIND_DEPLOYMENT, "shop", "web", on_applied, &applied, &err) == 0);
	ck_assert(fake_run_until(bench.loop, &applied.is_over, 5000));
	ck_assert_int_eq(applied.err.class, ERR_DENIED);
	ck_assert_ptr_nonnull(strstr(applied.err.text, "the operator crashed when it read this object"));
	ck_assert_str_eq(applied.version, "");
	ck_assert_ptr_nonnull(crash_page_next_met(&page, NULL));
	bench_close(&bench, "quarantine");
}
END_TEST

static void add(TCase *tests)
{
	tcase_add_test(tests, an_apply_is_in_the_store_before_it_is_told);
	tcase_add_test(tests, an_apply_without_force_reports_who_is_in_the_way);
	tcase_add_test(tests, a_deletion_names_the_very_object);
	tcase_add_test(tests, reads_one_object);
	tcase_add_test(tests, an_object_in_quarantine_is_not_read_by_its_name_either);
}

SUITE_MAIN("apply", add)
