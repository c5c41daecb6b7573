#include "console/text.h"

#include <langinfo.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

/* One character of s: its length, 0 where the bytes are no UTF-8 (overlong, surrogate, beyond U+10FFFF, cut).
 */
static size_t decode(const unsigned char *s, size_t len, uint32_t *out)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xc2 ? 0 : s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : s[0] < 0xf5 ? 4 : 0;
    if (n == 0 || n > len)
        return 0;
    uint32_t c = n == 1 ? s[0] : s[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | (s[i] & 0x3fu);
    }
    if (c < least[n] || (c >= 0xd800 && c <= 0xdfff) || c > 0x10ffff)
        return 0;
    *out = c;
    return n;
}

static bool harmless(uint32_t c)
{
    return c >= 0x20 && !(c >= 0x7f && c <= 0x9f) && !(c >= 0x200b && c <= 0x200f) &&
           !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff;
}

size_t text_clean(char *dst, size_t size, const char *src, size_t len, bool utf8)
{
    const unsigned char *s = (const unsigned char *)src;
    size_t out = 0;
    for (size_t i = 0; i < len;) {
        uint32_t c = 0;
        size_t n = decode(s + i, len - i, &c);
        bool keep = n > 0 && harmless(c) && (utf8 || c < 0x80);
        size_t room = keep ? n : 1;
        if (out + room >= size)
            break;
        if (keep)
            memcpy(dst + out, src + i, n);
        else
            dst[out] = c == '\n' || c == '\t' || c == '\r' ? ' ' : '?';
        out += room;
        i += n > 0 ? n : 1;
    }
    dst[out] = '\0';
    return out;
}

bool text_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

/* Columns of one character; what the C library does not know takes one. */
static size_t columns(uint32_t c)
{
    int w = wcwidth((wchar_t)c);
    return w < 0 ? 1 : (size_t)w;
}

size_t text_width(const char *s)
{
    size_t len = strlen(s), width = 0;
    for (size_t i = 0; i < len;) {
        uint32_t c = 0;
        size_t n = decode((const unsigned char *)s + i, len - i, &c);
        width += n > 0 ? columns(c) : 1;
        i += n > 0 ? n : 1;
    }
    return width;
}

size_t text_fit(const char *s, size_t width)
{
    size_t len = strlen(s), i = 0, used = 0;
    while (i < len) {
        uint32_t c = 0;
        size_t n = decode((const unsigned char *)s + i, len - i, &c), w = n > 0 ? columns(c) : 1;
        if (used + w > width)
            break;
        used += w;
        i += n > 0 ? n : 1;
    }
    return i;
}
