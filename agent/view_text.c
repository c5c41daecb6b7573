/* Text on its way to SNMP: clean UTF-8, and the order of names. Pure. */
#include "agent/view.h"

#include <string.h>

int name_cmp(const char *a, const char *b)
{
    size_t na = strlen(a), nb = strlen(b);

    return na != nb ? (na < nb ? -1 : 1) : memcmp(a, b, na);
}

/* Bytes of the UTF-8 character at s, 0 if it is none (overlong, surrogate, cut or beyond U+10FFFF). */
static size_t utf8_len(const unsigned char *s, size_t len)
{
    size_t n = s[0] < 0x80 ? 1 : s[0] >= 0xc2 && s[0] < 0xe0 ? 2 : s[0] >= 0xe0 && s[0] < 0xf0 ? 3 : 4;

    if (n == 1)
        return 1;
    if (s[0] < 0xc2 || s[0] > 0xf4 || n > len)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf0 && s[1] < 0x90) ||
        (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

bool view_text_ok(const char *s, size_t len)
{
    const unsigned char *u = (const unsigned char *)s;

    for (size_t i = 0, n; i < len; i += n)
        if (u[i] < ' ' || u[i] == 0x7f || (n = utf8_len(u + i, len - i)) == 0)
            return false;
    return true;
}

void view_text(char *dst, size_t size, const char *src, size_t len)
{
    const unsigned char *u = (const unsigned char *)src;
    size_t out = 0;

    for (size_t i = 0, n; i < len; i += n) {
        n = utf8_len(u + i, len - i);
        if (out + (n ? n : 1) >= size)
            break;
        if (n == 0 || u[i] < ' ' || u[i] == 0x7f) {
            dst[out++] = n ? ' ' : '?';
            n = 1;
            continue;
        }
        memcpy(dst + out, src + i, n);
        out += n;
    }
    dst[out] = '\0';
}
