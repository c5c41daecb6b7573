#include "common/num.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

bool num_u64(const char *s, size_t len, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t v = 0;

    if (len == 0)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (s[i] < '0' || s[i] > '9')
            return false;
        if (__builtin_mul_overflow(v, (uint64_t)10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(s[i] - '0'), &v))
            return false;
    }
    if (v < min || v > max)
        return false;
    *out = v;
    return true;
}

bool num_i64(const char *s, size_t len, int64_t min, int64_t max, int64_t *out)
{
    bool neg = len > 0 && s[0] == '-';
    uint64_t mag;
    int64_t v;

    if (!num_u64(s + neg, len - neg, 0, (uint64_t)INT64_MAX + neg, &mag))
        return false;
    v = neg ? (int64_t)(0 - mag) : (int64_t)mag;
    if (v < min || v > max)
        return false;
    *out = v;
    return true;
}

/* Length of the run of digits at s. */
static size_t digits(const char *s, size_t len)
{
    size_t n = 0;

    while (n < len && s[n] >= '0' && s[n] <= '9')
        n++;
    return n;
}

/* Whether s is -?digits[.digits][e[+-]digits] and nothing else. */
static bool is_decimal(const char *s, size_t len)
{
    size_t i = len > 0 && s[0] == '-', n;

    if ((n = digits(s + i, len - i)) == 0)
        return false;
    i += n;
    if (i < len && s[i] == '.') {
        i++;
        if ((n = digits(s + i, len - i)) == 0)
            return false;
        i += n;
    }
    if (i < len && (s[i] == 'e' || s[i] == 'E')) {
        i++;
        if (i < len && (s[i] == '+' || s[i] == '-'))
            i++;
        if ((n = digits(s + i, len - i)) == 0)
            return false;
        i += n;
    }
    return i == len;
}

bool num_decimal(const char *s, size_t len, double *out)
{
    static locale_t c_locale; /* made once; a lost race leaks nothing but the loser's copy, which it frees */
    char buf[NUM_DECIMAL_MAX + 1];
    double v;

    if (len > NUM_DECIMAL_MAX || !is_decimal(s, len))
        return false;
    locale_t loc = __atomic_load_n(&c_locale, __ATOMIC_ACQUIRE);
    if (loc == (locale_t)0) {
        locale_t made = newlocale(LC_ALL_MASK, "C", (locale_t)0);
        if (made == (locale_t)0)
            return false;
        if (__atomic_compare_exchange_n(&c_locale, &loc, made, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
            loc = made;
        else
            freelocale(made);
    }
    memcpy(buf, s, len);
    buf[len] = '\0';
    int saved = errno;
    v = strtod_l(buf, NULL, loc);
    errno = saved;
    if (!isfinite(v))
        return false;
    *out = v;
    return true;
}

/* A number times the factor of its one-letter suffix, if it has one. */
static bool scaled(const char *s, size_t len, const char *suffixes, double step, uint64_t max, uint64_t *out)
{
    double v, factor = 1;

    if (len == 0)
        return false;
    char last = s[len - 1];
    if (last >= 'a' && last <= 'z')
        last = (char)(last - 'a' + 'A');
    const char *at = last != '\0' && last != 'E' ? strchr(suffixes, last) : NULL;
    if (at != NULL) {
        for (const char *p = suffixes; p <= at; p++)
            factor *= step;
        len--;
    } else if (num_u64(s, len, 0, max, out)) { /* exact where a double is not */
        return true;
    }
    if (!num_decimal(s, len, &v) || v < 0)
        return false;
    v = round(v * factor);
    if (v > (double)max || v >= 18446744073709551616.0)
        return false;
    *out = (uint64_t)v;
    return true;
}

bool num_rate(const char *s, size_t len, uint64_t max, uint64_t *out)
{
    return scaled(s, len, "KMGT", 1000, max, out);
}

bool num_size(const char *s, size_t len, uint64_t max, uint64_t *out)
{
    return scaled(s, len, "KMG", 1024, max, out);
}
