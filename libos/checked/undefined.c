/* SPDX-License-Identifier: Apache-2.0 */
/*
 * undefined.c - what compiled code calls when it meets undefined behaviour.
 *
 * The names, and that the description of each begins with a place, are gcc's
 * (libsanitizer, ubsan_handlers.h).
 */
#include "libos/checked/checked.h"

struct place {
	const char *file;
	uint32_t line, column;
};

__noreturn static void report(const struct place *at, const char *what)
{
	checked_fail("undefined: %s (%s:%u:%u)", what, at->file, at->line,
	             at->column);
}

#define DEFINE_HANDLER(name, what)                                             \
	__noreturn void __ubsan_handle_##name(const struct place *at);         \
	void __ubsan_handle_##name(const struct place *at)                     \
	{                                                                      \
		report(at, what);                                              \
	}

DEFINE_HANDLER(add_overflow_abort, "an addition overflows")
DEFINE_HANDLER(sub_overflow_abort, "a subtraction overflows")
DEFINE_HANDLER(mul_overflow_abort, "a multiplication overflows")
DEFINE_HANDLER(negate_overflow_abort, "a negation overflows")
DEFINE_HANDLER(divrem_overflow_abort,
               "a division by zero, or one that overflows")
DEFINE_HANDLER(shift_out_of_bounds_abort, "a shift by too much")
DEFINE_HANDLER(out_of_bounds_abort, "an index out of bounds")
DEFINE_HANDLER(pointer_overflow_abort, "a pointer wraps")
DEFINE_HANDLER(type_mismatch_v1_abort, "a null or too short object")
DEFINE_HANDLER(load_invalid_value_abort, "a bool or enum without such a value")
DEFINE_HANDLER(vla_bound_not_positive_abort, "an array of no elements")
DEFINE_HANDLER(nonnull_arg_abort, "a null argument")
DEFINE_HANDLER(invalid_builtin_abort, "counting the zeros of zero")
DEFINE_HANDLER(builtin_unreachable, "the unreachable was reached")
DEFINE_HANDLER(missing_return, "a function ends without its result")

__noreturn void __ubsan_handle_nonnull_return_v1_abort(const void *type,
                                                       const struct place *at);
void __ubsan_handle_nonnull_return_v1_abort(const void *type __unused,
                                            const struct place *at)
{
	report(at, "a null result");
}
