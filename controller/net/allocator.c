#include "net/allocator.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <uv.h>

#include "base/memory.h"

static void *give_again(void *memory, size_t size)
{
	return memory_resize(memory, size, 1);
}

/* As malloc() does: not zeroed. curl takes buffers of 64 KiB for each request. */
static void *give(size_t size)
{
	return give_again(NULL, size);
}

/* ---- OpenSSL: nothing is NULL, as its own functions have it ---- */

static void openssl_take(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	free(memory);
}

static void *openssl_give_again(void *memory, size_t size, const char *file, int line)
{
	if (size > 0)
		return give_again(memory, size);
	openssl_take(memory, file, line);
	return NULL;
}

static void *openssl_give(size_t size, const char *file, int line)
{
	return openssl_give_again(NULL, size, file, line);
}

int allocator_set_openssl(struct err *err)
{
	if (CRYPTO_set_mem_functions(openssl_give, openssl_give_again, openssl_take) != 1)
		return err_set(err, ERR_BUG, "OpenSSL has memory of its own already");
	return 0;
}

/* ---- libuv and libcurl ---- */

void allocator_set_uv(void)
{
	CHECK(uv_replace_allocator(give, give_again, memory_array, free) == 0);
}

bool allocator_init_curl(void)
{
	return curl_global_init_mem(CURL_GLOBAL_DEFAULT, give, free, give_again, memory_strdup, memory_array) == CURLE_OK;
}
