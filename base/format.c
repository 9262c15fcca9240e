/* SPDX-License-Identifier: Apache-2.0 */
/*
 * format.c - each conversion is parsed into a struct spec, then printed.
 */
#include "base/format.h"

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

/* Where the text goes; @len keeps counting when the buffer is full. */
struct out {
	char *buf;
	size_t size;
	size_t len;
};

/* One conversion, as written between the % and the letter. */
struct spec {
	bool left;
	bool zero;
	int width;
	int precision; /* -1: none given */
	int longs;     /* -2 hh, -1 h, 0 int, 1 and more: 64 bits */
	char letter;
};

/* Enough for 64 bits in octal and a sign. */
enum { DIGITS_MAX = 24 };

static void put_char(struct out *o, char c)
{
	if (o->len < o->size)
		o->buf[o->len] = c;
	o->len++;
}

static void put_chars(struct out *o, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		put_char(o, s[i]);
}

static void put_fill(struct out *o, char c, int n)
{
	while (n-- > 0)
		put_char(o, c);
}

/* @prefix (a sign, 0x) stays left of zero padding and right of blanks. */
static void put_field(struct out *o, const struct spec *s, const char *prefix,
                      int prefix_len, const char *text, int text_len)
{
	int fill = s->width - prefix_len - text_len;

	if (!s->left && !s->zero)
		put_fill(o, ' ', fill);
	put_chars(o, prefix, (size_t)prefix_len);
	if (!s->left && s->zero)
		put_fill(o, '0', fill);
	put_chars(o, text, (size_t)text_len);
	if (s->left)
		put_fill(o, ' ', fill);
}

static void put_number(struct out *o, const struct spec *s, const char *prefix,
                       int prefix_len, uint64_t v, unsigned int radix)
{
	const char *digits =
		s->letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
	char text[DIGITS_MAX];
	int i = DIGITS_MAX;

	do {
		text[--i] = digits[v % radix];
		v /= radix;
	} while (v);
	put_field(o, s, prefix, prefix_len, text + i, DIGITS_MAX - i);
}

static void put_signed(struct out *o, const struct spec *s, int64_t v)
{
	/* Negating as unsigned is defined for INT64_MIN too. */
	if (v < 0)
		put_number(o, s, "-", 1, 0 - (uint64_t)v, 10);
	else
		put_number(o, s, "", 0, (uint64_t)v, 10);
}

static void put_string(struct out *o, struct spec *s, const char *text)
{
	int n = 0;

	if (!text)
		text = "(null)";
	while ((s->precision < 0 || n < s->precision) && text[n])
		n++;
	s->zero = false;
	put_field(o, s, "", 0, text, n);
}

/* A decimal number in the format; a silly one stops growing at INT_MAX/10. */
static int parse_number(const char **fmt)
{
	int n = 0;

	for (; **fmt >= '0' && **fmt <= '9'; (*fmt)++) {
		if (n < INT_MAX / 10 - 1)
			n = n * 10 + (**fmt - '0');
	}
	return n;
}

static void parse_flags(const char **fmt, struct spec *s)
{
	for (;; (*fmt)++) {
		if (**fmt == '-')
			s->left = true;
		else if (**fmt == '0')
			s->zero = true;
		else
			return;
	}
}

static void parse_length(const char **fmt, struct spec *s)
{
	for (;; (*fmt)++) {
		switch (**fmt) {
		case 'h':
			s->longs--;
			break;
		case 'l':
		case 'z':
		case 't':
		case 'j':
			s->longs++;
			break;
		default:
			return;
		}
	}
}

/* va_list travels in a struct so that helpers can take it by pointer. */
struct args {
	va_list list;
};

static int64_t next_signed(struct args *a, const struct spec *s)
{
	int v;

	if (s->longs > 0)
		return va_arg(a->list, int64_t);
	v = va_arg(a->list, int);
	if (s->longs == -1)
		return (short)v;
	return s->longs < -1 ? (signed char)v : v;
}

static uint64_t next_unsigned(struct args *a, const struct spec *s)
{
	unsigned int v;

	if (s->longs > 0)
		return va_arg(a->list, uint64_t);
	v = va_arg(a->list, unsigned int);
	if (s->longs == -1)
		return (unsigned short)v;
	return s->longs < -1 ? (unsigned char)v : v;
}

static void parse_spec(const char **fmt, struct spec *s, struct args *a)
{
	*s = (struct spec){ .precision = -1 };
	parse_flags(fmt, s);
	if (**fmt == '*') {
		(*fmt)++;
		s->width = va_arg(a->list, int);
		if (s->width < 0) {
			s->left = true;
			s->width = s->width == INT_MIN ? 0 : -s->width;
		}
	} else {
		s->width = parse_number(fmt);
	}
	if (**fmt == '.') {
		(*fmt)++;
		if (**fmt == '*') {
			(*fmt)++;
			s->precision = va_arg(a->list, int);
		} else {
			s->precision = parse_number(fmt);
		}
	}
	parse_length(fmt, s);
	s->letter = **fmt;
}

/* Print one conversion; false where its letter is not known. */
static bool put_conversion(struct out *o, struct spec *s, struct args *a)
{
	char c;

	switch (s->letter) {
	case 'd':
	case 'i':
		put_signed(o, s, next_signed(a, s));
		return true;
	case 'u':
		put_number(o, s, "", 0, next_unsigned(a, s), 10);
		return true;
	case 'x':
	case 'X':
		put_number(o, s, "", 0, next_unsigned(a, s), 16);
		return true;
	case 'o':
		put_number(o, s, "", 0, next_unsigned(a, s), 8);
		return true;
	case 'p':
		put_number(o, s, "0x", 2, (uintptr_t)va_arg(a->list, void *),
		           16);
		return true;
	case 's':
		put_string(o, s, va_arg(a->list, const char *));
		return true;
	case 'c':
		c = (char)va_arg(a->list, int);
		s->zero = false;
		put_field(o, s, "", 0, &c, 1);
		return true;
	case '%':
		put_char(o, '%');
		return true;
	default:
		return false;
	}
}

int str_vformat(char *buf, size_t size, const char *fmt, va_list args)
{
	struct out o = { .buf = buf, .size = size };
	struct args a;
	struct spec s;

	va_copy(a.list, args);
	while (*fmt) {
		const char *start = fmt;

		if (*fmt != '%') {
			put_char(&o, *fmt++);
			continue;
		}
		fmt++;
		parse_spec(&fmt, &s, &a);
		if (!put_conversion(&o, &s, &a)) {
			while (*start)
				put_char(&o, *start++);
			break;
		}
		fmt++;
	}
	va_end(a.list);

	if (size)
		buf[MIN(o.len, size - 1)] = '\0';
	return (int)MIN(o.len, (size_t)INT_MAX);
}

int str_format(char *buf, size_t size, const char *fmt, ...)
{
	va_list args;
	int len;

	va_start(args, fmt);
	len = str_vformat(buf, size, fmt, args);
	va_end(args);
	return len;
}
