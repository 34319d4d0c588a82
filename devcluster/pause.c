/* The process that holds a pod's namespaces open: it waits for children and for its end. */
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static void leave(int signal_number)
{
	(void)signal_number;
	_exit(0);
}

static void reap(int signal_number)
{
	(void)signal_number;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

int main(void)
{
	struct sigaction on_end = {.sa_handler = leave}, on_child = {.sa_handler = reap};

	if (sigaction(SIGTERM, &on_end, NULL) || sigaction(SIGINT, &on_end, NULL) ||
	    sigaction(SIGCHLD, &on_child, NULL))
		return 1;
	for (;;)
		pause();
}
