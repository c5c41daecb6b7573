#include "console/graph_text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "console/text.h"

enum { PREFIXES = 5 };

/* One row per unit: what the first label stands for, what each step multiplies by (0: there is but one), and the
 * labels, as far as there are any. */
static const struct {
    double least, base;
    const char *labels[PREFIXES];
} units[] = {
    [UNIT_BITS] = {1, 1000, {"bit/s", "kbit/s", "Mbit/s", "Gbit/s", "Tbit/s"}},
    [UNIT_BYTES] = {1, 1024, {"B", "KiB", "MiB", "GiB", "TiB"}                },
    [UNIT_LOAD] = {1, 0, {""}                                             },
    [UNIT_SHARE] = {1, 0, {"%"}                                           },
    [UNIT_COUNT] = {1, 0, {""}                                             },
    [UNIT_SECONDS] = {1e-6, 1000, {"us", "ms", "s"}                            },
};

/* Digits behind the point so that three are significant. */
static int decimals(double value)
{
    return fabs(value) < 9.995 ? 2 : fabs(value) < 99.95 ? 1 : 0;
}

struct graph_axis graph_axis_for(enum graph_unit unit, double max)
{
    double divisor = units[unit].least;
    int i = 0;
    /* 0.9995: what would be printed as "1000 kbit/s" is "1.00 Mbit/s" */
    while (units[unit].base > 0 && i + 1 < PREFIXES && units[unit].labels[i + 1] != NULL &&
           max >= divisor * units[unit].base * 0.9995) {
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

void graph_clean(const char *in, size_t max_chars, char *out)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    size_t chars = 0, last = 0;

    text_clean(out, GRAPH_CLEAN_SIZE(max_chars), in, strlen(in), true);
    for (size_t i = 0; out[i] != '\0'; i++) {
        if (((unsigned char)out[i] & 0xc0) == 0x80)
            continue;
        if (chars++ == max_chars) {
            memcpy(out + last, ellipsis, sizeof ellipsis);
            return;
        }
        last = i; /* where the ellipsis goes should this be the last that fits */
    }
}
