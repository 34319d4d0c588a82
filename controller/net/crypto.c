#include "net/crypto.h"

#include <openssl/crypto.h>
#include <stdlib.h>

#include "base/memory.h"

static void take_back(void *memory, const char *file, int line)
{
	(void)file;
	(void)line;
	free(memory);
}

/* Nothing is NULL, as OpenSSL's own functions have it. */
static void *give_again(void *memory, size_t size, const char *file, int line)
{
	if (size > 0)
		return memory_resize(memory, size, 1);
	take_back(memory, file, line);
	return NULL;
}

static void *give(size_t size, const char *file, int line)
{
	return give_again(NULL, size, file, line);
}

int crypto_set_memory(struct err *err)
{
	if (CRYPTO_set_mem_functions(give, give_again, take_back) != 1)
		return err_set(err, ERR_BUG, "OpenSSL has memory of its own already");
	return 0;
}
