/* SNMPv3's USM, one user, HMAC-SHA1-96 and AES-128-CFB (RFC 3414, RFC 3826), for many engines. Test code. */
#ifndef SCM_ANSWERS_USM_H
#define SCM_ANSWERS_USM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { USM_KEY = 20, USM_MAC = 12, USM_SALT = 8, ENGINE_LEN = 12 };

void usm_user(const char *name, const char *auth, const char *priv);
const char *usm_name(void);
void usm_engine(unsigned agent, uint8_t out[ENGINE_LEN]);
void usm_mac(unsigned agent, const uint8_t *message, size_t len, uint8_t out[USM_MAC]);
void usm_crypt(unsigned agent, bool encrypt, uint32_t boots, uint32_t time, const uint8_t salt[USM_SALT],
               const uint8_t *in, size_t len, uint8_t *out);

#endif
