// SPDX-License-Identifier: Apache-2.0
//
// Exceptions that a signal handler throws: through the frame of the signal and
// the C library's call into the code that made it.  The unwinder finds its way
// by RIP alone.
#include <csignal>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <unistd.h>

static volatile int *nowhere;
static int guards;

struct Guard {
	~Guard()
	{
		guards++;
	}
};

static void on_signal(int sig)
{
	throw std::runtime_error("signal " + std::to_string(sig));
}

__attribute__((noinline)) static void fault(int depth)
{
	Guard guard;

	if (depth == 0)
		*nowhere = 1;
	else
		fault(depth - 1);
	guards += 1000;
}

// SIGPIPE comes in the middle of write(): nobody can read what it writes.
__attribute__((noinline)) static void write_nowhere()
{
	Guard guard;
	int fds[2];

	if (pipe(fds) == 0 && close(fds[0]) == 0)
		guards += write(fds[1], "x", 1) > 0 ? 1000 : 2000;
}

template <typename Function>
static void caught(const char *what, Function function)
{
	guards = 0;
	try {
		function();
		std::printf("%s: nothing thrown\n", what);
	} catch (const std::exception &e) {
		std::printf("%s: %s, %d guards\n", what, e.what(), guards);
	}
}

int main()
{
	struct sigaction sa = {};

	sa.sa_handler = on_signal;
	sa.sa_flags = SA_NODEFER;
	sigaction(SIGSEGV, &sa, nullptr);
	sigaction(SIGPIPE, &sa, nullptr);
	for (int i = 0; i < 3; i++) {
		caught("a fault ten calls deep", [] { fault(10); });
		caught("a broken pipe", write_nowhere);
	}
	return 0;
}
