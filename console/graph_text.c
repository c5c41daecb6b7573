#include "console/graph_text.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { PREFIXES = 5 };

/* One row per unit: what each step of the prefix multiplies by, and the labels, from none on. */
static const struct {
    double base;
    const char *labels[PREFIXES];
} units[] = {
    [UNIT_BITS] = {1000, {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"}},
    [UNIT_BYTES] = {1024, {"B", "KiB", "MiB", "GiB", "TiB"}                },
    [UNIT_LOAD] = {0,    {""}                                             },
    [UNIT_SHARE] = {0,    {"%"}                                            },
    [UNIT_COUNT] = {0,    {""}                                             },
};

/* Digits behind the point so that three are significant. */
static int decimals(double value)
{
    return fabs(value) < 9.995 ? 2 : fabs(value) < 99.95 ? 1 : 0;
}

struct graph_axis graph_axis_for(enum graph_unit unit, double max)
{
    double divisor = 1;
    int i = 0;
    /* 0.9995: what would be printed as "1000 kbit/s" is "1.00 Mbit/s" */
    while (units[unit].base > 0 && i + 1 < PREFIXES && max >= divisor * units[unit].base * 0.9995) {
        divisor *= units[unit].base;
        i++;
    }
    return (struct graph_axis){divisor, units[unit].labels[i]};
}

const char *graph_value(enum graph_unit unit, double value, char buf[GRAPH_VALUE_MAX])
{
    if (!isfinite(value)) {
        snprintf(buf, GRAPH_VALUE_MAX, "-");
        return buf;
    }
    struct graph_axis axis = graph_axis_for(unit, fabs(value));
    double shown = value / axis.divisor;
    /* whole things are shown whole, but a mean of them may not be */
    int digits = unit == UNIT_COUNT && fabs(shown - rint(shown)) < 0.005 ? 0 : decimals(shown);
    /* %.3g above 10^6: nothing legitimate is so large, and buf is small */
    if (fabs(shown) >= 1e6)
        snprintf(buf, GRAPH_VALUE_MAX, "%.3g %s", shown, axis.label);
    else
        snprintf(buf, GRAPH_VALUE_MAX, "%.*f%s%s", digits, shown, axis.label[0] != '\0' ? " " : "",
                 axis.label);
    return buf;
}

/* The code point at s (len bytes left) and its length through *used; false (and 1) for broken UTF-8. */
static bool decode(const unsigned char *s, size_t len, uint32_t *point, size_t *used)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t need = s[0] < 0x80             ? 1
                  : (s[0] & 0xe0) == 0xc0 ? 2
                  : (s[0] & 0xf0) == 0xe0 ? 3
                  : (s[0] & 0xf8) == 0xf0 ? 4
                                          : 0;

    *used = 1;
    if (need == 0 || need > len)
        return false;
    uint32_t c = need == 1 ? s[0] : (uint32_t)s[0] & (0x7fU >> need);
    for (size_t i = 1; i < need; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return false;
        c = c << 6 | (s[i] & 0x3fU);
    }
    if (c < least[need] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
        return false;
    *point = c;
    *used = need;
    return true;
}

static bool unfit(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff ||
           (c & 0xfffe) == 0xfffe;
}

void graph_clean(const char *in, size_t max_chars, char *out)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    const unsigned char *s = (const unsigned char *)in;
    size_t left = strlen(in), n = 0, last = 0;

    for (size_t chars = 0; left > 0; chars++) {
        uint32_t point = 0;
        size_t used;
        if (chars == max_chars) {
            memcpy(out + last, ellipsis, sizeof ellipsis - 1);
            n = last + sizeof ellipsis - 1;
            break;
        }
        last = n;
        if (decode(s, left, &point, &used) && !unfit(point)) {
            memcpy(out + n, s, used);
            n += used;
        } else {
            out[n++] = '?';
        }
        s += used;
        left -= used;
    }
    out[n] = '\0';
}
